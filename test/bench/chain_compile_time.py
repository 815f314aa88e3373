#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compiles a service of PLUGINS x CALLBACKS, and the same written by hand, and compares the times.

Every plugin takes part in every callback; half of the links continue or answer, the others change
the arguments or observe. Both give malla's result type. Prints the user CPU seconds of both (the least of ROUNDS) and their ratio.
While that is above LIMIT it takes more rounds, 4 x ROUNDS at most, as others on the machine can only make both slower;
ends with 1 when it is still above LIMIT then.
"""
import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

KINDS = ("flow", "change", "observe", "flow")


def kind_of(plugin, callback):
    return KINDS[(plugin + callback) % len(KINDS)]


def malla_link(p, c):
    head = f"malla::{'Cont' if kind_of(p, c) == 'observe' else f'Flow<Cb{c}>'} on(Cb{c}, int op, double a, double b) {{ "
    body = {
        "flow": f"if (op != {p}) return malla::cont; return a * {c + 1} + b;",
        "change": f"if (op == {p}) return malla::cont_with(op + 1, a + {c}, b); return malla::cont;",
        "observe": "seen += a * b + op; return malla::cont;",
    }[kind_of(p, c)]
    return f"    {head}{body} }}\n"


def malla_text(plugins, callbacks):
    out = ['#include "malla/chain/chain.hpp"\n']
    for c in range(callbacks):
        out.append(f'struct Cb{c} : malla::Callback<"cb{c}(op, a, b)", double(int, double, double)> {{}};\n')
    names = ", ".join(f"Cb{c}" for c in range(callbacks))
    for p in range(plugins):
        out.append(f"struct P{p} : malla::Plugin {{\n    using Callbacks = malla::Callbacks<{names}>;\n    double seen = 0;\n")
        if p:
            out.append(f"    using Depends = malla::Depends<P{p // 2}>;\n")
        out.extend(malla_link(p, c) for c in range(callbacks))
        out.append("};\n")
    out.append(f'struct Contract : malla::Api<"Wide", {names}> {{}};\n')
    listed = ", ".join(f"P{p}" for p in range(plugins))
    out.append(f"struct Wide : malla::Service<Contract> {{ using Plugins = malla::Plugins<{listed}>; }};\n")
    for c in range(callbacks):
        out.append(f"malla::Result<double> call{c}(malla::Chain<Wide>& chain, int op, double a, double b) {{ "
                   f"return chain.call<Cb{c}>(op, a, b); }}\n")
    return "".join(out)


def hand_link(p, c):
    head, body = {
        "flow": ("bool", f"if (op != {p}) return false; result = a * {c + 1} + b; return true;"),
        "change": ("void", f"if (op == {p}) {{ ++op; a += {c}; }}"),
        "observe": ("void", "seen += a * b + op;"),
    }[kind_of(p, c)]
    arguments = {
        "flow": "int op, double a, double b, double& result",
        "change": "int& op, double& a, double&",
        "observe": "int op, double a, double b",
    }[kind_of(p, c)]
    return f"    {head} cb{c}({arguments}) {{ {body} }}\n"


def hand_text(plugins, callbacks):
    out = [RESULT]
    for p in range(plugins):
        out.append(f"struct P{p} {{\n    double seen = 0;\n")
        out.extend(hand_link(p, c) for c in range(callbacks))
        out.append("};\n")
    out.append("struct Wide {\n" + "".join(f"    P{p} p{p};\n" for p in range(plugins)) + "};\n")
    for c in range(callbacks):
        out.append(f"Result call{c}(Wide& wide, int op, double a, double b) {{\n    double result;\n")
        for p in range(plugins):
            out.append(f"    if (wide.p{p}.cb{c}(op, a, b, result)) return Result(result);\n"
                       if kind_of(p, c) == "flow" else f"    wide.p{p}.cb{c}(op, a, b);\n")
        out.append(f'    return not_implemented("cb{c}");\n}}\n')
    return "".join(out)


RESULT = """#include "malla/base/result.hpp"
using Result = malla::Result<double>;
Result not_implemented(const char* callback);
"""


def seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(command, check=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--flags", default="-O2")
    parser.add_argument("--include", required=True, help="the folder that has malla/")
    parser.add_argument("--plugins", type=int, default=32)
    parser.add_argument("--callbacks", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=3.0)
    parser.add_argument("--keep", help="a folder to leave the generated sources in")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(args.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        texts = {"malla": malla_text(args.plugins, args.callbacks),
                 "hand": hand_text(args.plugins, args.callbacks)}
        best = {}
        for name, text in texts.items():
            (folder / f"{name}.cpp").write_text(text)
        for taken in range(4 * args.rounds):
            if taken >= args.rounds and best["malla"] <= args.limit * best["hand"]:
                break
            for name in texts:
                took = seconds([args.compiler, "-std=c++20", *args.flags.split(), f"-I{args.include}", "-c",
                                "-o", os.devnull, str(folder / f"{name}.cpp")])
                best[name] = min(best.get(name, took), took)
    ratio = best["malla"] / best["hand"]
    print(f"{args.compiler} {args.flags}: {args.plugins} plugins x {args.callbacks} callbacks: "
          f"malla {best['malla']:.2f} s, by hand {best['hand']:.2f} s, ratio {ratio:.2f} (limit {args.limit})")
    return ratio > args.limit


if __name__ == "__main__":
    sys.exit(main())
