#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of a call through a chain and of the same written by hand.

Chains of 0, 3 and 6 links that observe, continue, change, wrap and answer.
Ends with 1 when a chain needs more than LIMIT instructions a call beyond the code by hand.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

from callgrind import per_round

HERE = pathlib.Path(__file__).parent
SOURCES = ["chain_call_main.cpp", "chain_call.cpp", "chain_call_by_hand.cpp"]


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
            hand, chain = (per_round(program, f"{kind} {links}") for kind in ("hand", "chain"))
            worst = max(worst, round(chain - hand, 1)) # starting differs by some of all instructions
            print(f"{args.compiler}: {links} links: by hand {hand:.1f}, chain {chain:.1f} instructions, "
                  f"{chain - hand:+.1f} (limit {args.limit:g})")
    return worst > args.limit


if __name__ == "__main__":
    sys.exit(main())
