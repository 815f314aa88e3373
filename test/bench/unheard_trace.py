#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of a span with labels, and of a log line, that nobody hears of; neither may allocate.

    unheard_trace.py PROGRAM        PROGRAM is bench_unheard_trace
"""

import sys

from callgrind import per_round

LIMITS = {"span": 180, "log": 60}


def main():
    program = sys.argv[1]
    nothing = per_round(program, "nothing")
    exceeded = False
    for mode, limit in LIMITS.items():
        count = per_round(program, mode) - nothing
        exceeded |= count > limit
        print(f"{mode:5} {count:6.1f} instructions (limit {limit})")
    return exceeded


if __name__ == "__main__":
    sys.exit(main())
