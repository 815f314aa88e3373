#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each test that docs/reliability.md names exists, and none of its rows goes without a test or a reason."""

import re
import sys

from parity_rows import ROOT, has_test

PAGE = ROOT / "docs" / "reliability.md"
PITFALLS = 52
WITHOUT = ("by design: ", "not yet: ")


def problems(text):
    number = 0
    for place, line in enumerate(text.splitlines(), 1):
        where = f"{PAGE.name}:{place}"
        names = re.findall(r"`([a-z_]+\.[A-Z]\w+\.\w+|system\.[^`]+)`", line)
        yield from (f"{where}: no test {name}" for name in names if not has_test(name))
        row = re.match(r"\| (\d+) \| [^|]+ \| ([^|]+) \| ([^|]*)\|$", line)
        if row:
            number += 1
            if int(row[1]) != number:
                yield f"{where}: {number} is missing"
                number = int(row[1])
            if not names and not row[2].startswith(WITHOUT):
                yield f"{where}: names no test, and does not begin with {' or '.join(map(repr, WITHOUT))}"
        elif re.match(r"\| \d+ \|", line):
            yield f"{where}: not `| NUMBER | what | what is done | tests |`"
    if number != PITFALLS:
        yield f"{PAGE.name}: {number} of {PITFALLS} rows"


def main():
    found = list(problems(PAGE.read_text()))
    print("\n".join(found) or "the tests that docs/reliability.md names exist")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
