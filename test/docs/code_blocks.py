#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each ```cpp block of README.md, docs/ and samples/ stands word for word in the file that the comment above it names."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"(?:<!-- (?P<file>\S+) -->\n)?```cpp\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def unindented(text):
    """Its lines without the white space at their ends, as one text."""
    return "\n".join(line.strip() for line in text.strip().splitlines())


def problems(page):
    text = page.read_text()
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start("code")) + 1
        where = f"{page.relative_to(ROOT)}:{line}"
        if not block["file"]:
            yield f"{where}: no comment <!-- FILE --> above the block says where the code is compiled"
        elif unindented(block["code"]) not in unindented((ROOT / block["file"]).read_text()):
            yield f"{where}: not the code of {block['file']}"


def main():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")),
             *sorted((ROOT / "samples").glob("*/README.md"))]
    found = [problem for page in pages for problem in problems(page)]
    print("\n".join(found) or f"{len(pages)} pages show compiled code only")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
