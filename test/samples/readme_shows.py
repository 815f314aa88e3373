#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether the page of a numbered sample shows what it prints: its console blocks, under its numbered headings.

    readme_shows.py README.md expected.txt
"""

import difflib
import pathlib
import re
import sys

SHOWN = re.compile(r"^## (?P<heading>\d+\. [^\n]*)$|^```console\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL)


def main():
    page, expected = map(pathlib.Path, sys.argv[1:])
    shown = [line for part in SHOWN.finditer(page.read_text()) for line in (part["heading"] or part["block"]).splitlines()]
    printed = [line for line in expected.read_text().splitlines() if line]
    different = list(difflib.unified_diff(printed, shown, str(expected), str(page), lineterm=""))
    print("\n".join(different) or f"{page} shows what is printed")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
