#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions that a local service call takes beyond its chain call: at most LIMIT, its lock included.

    service_call.py PROGRAM        PROGRAM is bench_service_call

The difference of 1,000 and 101,000 calls under callgrind, so that starting the program does not count.
"""

import re
import subprocess
import sys

LIMIT = 20


def instructions(program, mode, calls):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, mode, str(calls)],
                          stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def per_call(program, mode):
    return (instructions(program, mode, 101_000) - instructions(program, mode, 1_000)) / 100_000


def main():
    chain = per_call(sys.argv[1], "chain")
    print(f"chain call {chain:.1f} instructions")
    worst = 0
    for mode in ("serial", "concurrent"):
        more = per_call(sys.argv[1], mode) - chain
        worst = max(worst, more)
        print(f"{mode} service call {more:+.1f} (limit {LIMIT})")
    return worst > LIMIT


if __name__ == "__main__":
    sys.exit(main())
