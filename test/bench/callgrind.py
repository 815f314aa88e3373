# SPDX-License-Identifier: Apache-2.0
"""How many instructions one of many rounds of a program takes."""

import re
import subprocess


def instructions(program, mode, rounds):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, *mode.split(),
                           str(rounds)], stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


def per_round(program, mode):
    """The difference of 1,000 and 101,000 rounds, so that starting the program does not count."""
    return (instructions(program, mode, 101_000) - instructions(program, mode, 1_000)) / 100_000
