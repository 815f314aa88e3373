#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Programs that must not compile: each says what to do, and compiles once that is done.

    run.py [--compiler NAME]... [PROGRAM.cpp...]      by default all programs here, with g++ and clang++

A program has lines `// EXPECT: TEXT`. Compiled as it is, it fails, and each TEXT stands within one line of what the
compiler says; compiled with -DFIXED it compiles, so that no other mistake can pass for the expected one.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CLANG = next((name for name in ("clang++-19", "clang++") if shutil.which(name)), "clang++")


def compile_program(compiler, program, *flags):
    limit = "-ftemplate-backtrace-limit=0"
    done = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", f"-I{ROOT / 'libmalla'}", limit,
                           *flags, program], stderr=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stderr


def problems(compiler, program):
    expected = [line.split("EXPECT:", 1)[1].strip() for line in program.read_text().splitlines() if "// EXPECT:" in line]
    where = f"{program.name} with {compiler}"
    if not expected:
        yield f"{where}: has no line `// EXPECT: ...`"
    code, said = compile_program(compiler, program)
    if code == 0:
        yield f"{where}: compiles"
    lines = said.splitlines()
    for text in expected:
        if not any(text in line for line in lines):
            yield f"{where}: the compiler does not say: {text}\n{said[:3000]}"
    code, said = compile_program(compiler, program, "-DFIXED")
    if code != 0:
        yield f"{where}: does not compile with -DFIXED:\n{said[:3000]}"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--compiler", action="append")
    arguments.add_argument("programs", nargs="*", type=pathlib.Path)
    given = arguments.parse_args()
    programs = given.programs or sorted(HERE.glob("*.cpp"))
    found = [problem for program in programs for compiler in given.compiler or ["g++", CLANG]
             for problem in problems(compiler, program)]
    print("\n".join(found) or f"{len(programs)} programs fail as they should")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
