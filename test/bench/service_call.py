#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions that a local service call takes beyond its chain call, its lock included.

    service_call.py PROGRAM        PROGRAM is bench_service_call

Also those of its parts, and of a service whose chain was changed while it ran.
"""

import sys

from callgrind import per_round

# What is called, the chain inside it, and how many instructions more it takes at most. While a chain is another than
# the one that was compiled, its service promises no number: those limits are there to notice that it takes more.
ROWS = [
    ("test", "chain", 3),
    ("pin", "chain", 12),
    ("serial as_compiled", "chain", 20),
    ("serial changed_back", "chain", 20),
    ("serial changed", "live_chain", 48),
    ("concurrent as_compiled", "chain", 20),
    ("concurrent changed_back", "chain", 20),
    ("concurrent changed", "live_chain", 52),
]


def main():
    program = sys.argv[1]
    chains = {mode: per_round(program, mode) for mode in ("chain", "live_chain")}
    for mode, count in chains.items():
        print(f"{mode:24} {count:5.1f} instructions")
    exceeded = False
    for mode, chain, limit in ROWS:
        count = per_round(program, mode)
        more = round(count - chains[chain], 1)  # starting differs by some of all instructions
        exceeded |= more > limit
        print(f"{mode:24} {count:5.1f} instructions, {more:+.1f} beyond {chain} (limit {limit})")
    return exceeded


if __name__ == "__main__":
    sys.exit(main())
