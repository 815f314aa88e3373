#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of a call through a chain and of the same written by hand.

Chains of 0, 3 and 6 links that observe, continue, change, wrap and answer. The count is the
difference of 1,000 and 101,000 calls under callgrind, so that starting the program does not count.
Ends with 1 when a chain needs more than LIMIT instructions a call beyond the code by hand.
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
SOURCES = ["chain_call_main.cpp", "chain_call.cpp", "chain_call_by_hand.cpp"]


def instructions(program, kind, links, calls):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, kind, str(links),
                           str(calls)], stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def per_call(program, kind, links):
    return (instructions(program, kind, links, 101_000) - instructions(program, kind, links, 1_000)) / 100_000


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--include", required=True, type=pathlib.Path, help="the folder that has malla/")
    parser.add_argument("--limit", type=float, required=True)
    args = parser.parse_args()
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/chain_call"
        subprocess.run([args.compiler, "-std=c++20", "-O2", f"-I{args.include}", "-o", program,
                        *(str(HERE / source) for source in SOURCES),
                        str(args.include / "malla/base/status.cpp")], check=True)
        for links in (0, 3, 6):
            hand, chain = (per_call(program, kind, links) for kind in ("hand", "chain"))
            worst = max(worst, round(chain - hand, 1)) # starting differs by some of all instructions
            print(f"{args.compiler}: {links} links: by hand {hand:.1f}, chain {chain:.1f} instructions, "
                  f"{chain - hand:+.1f} (limit {args.limit:g})")
    return worst > args.limit


if __name__ == "__main__":
    sys.exit(main())
