#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each test that docs/parity.md names exists, and each of its rows says what became of a behaviour of the original."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "parity.md"
ROW = re.compile(r"^\| (?P<section>\d+)\.(?P<line>\d+) \| (?P<what>[^|]+) \| (?P<where>[^|]+) \|$")
OTHERWISE = ("deliberately different: ", "not yet")
MOST_DIFFERENT = 0.1


def sources(folder, pattern):
    return "\n".join(path.read_text() for path in sorted((ROOT / "test" / folder).glob(pattern)))


def has_test(name):
    """Whether the sources have the test that ctest shows as `name`, or as a part of it."""
    folder, _, rest = name.partition(".")
    if folder == "compile_fail":
        return (ROOT / "test" / folder / f"{rest}.cpp").is_file()
    parts = rest.split(".")
    if folder == "system" and len(parts) == 3:
        text = sources(folder, f"{parts[0]}_test.py")
        body = re.search(rf"^class {parts[1]}\b.*?(?=^class |\Z)", text, re.MULTILINE | re.DOTALL)
        return bool(body) and f"    def {parts[2]}(self)" in body[0]
    if len(parts) == 2:
        return bool(re.search(rf"\bTEST(_F|_P)?\(\s*{parts[0]},\s*{parts[1]}\)|\bTYPED_TEST\({parts[0]},\s*{parts[1]}\)",
                              sources(folder, "*.cpp")))
    return f"NAME {name}\n" in re.sub(r"[ )]", "\n", sources(folder, "CMakeLists.txt")).replace("NAME\n", "NAME ")


def problems(text):
    rows = [(number, ROW.match(line)) for number, line in enumerate(text.splitlines(), 1) if re.match(r"\| \d", line)]
    section, line, different = 0, 0, 0
    for number, row in rows:
        where = f"{PAGE.name}:{number}"
        if not row:
            yield f"{where}: not `| SECTION.LINE | what | tests |`"
            continue
        line = line + 1 if int(row["section"]) == section else 1
        section = int(row["section"])
        if int(row["line"]) != line:
            yield f"{where}: {section}.{line} is missing"
            line = int(row["line"])
        different += row["where"].startswith("deliberately")
        names = re.findall(r"`([a-z_]+\.[^`]+)`", row["where"])
        if not names and not row["where"].startswith(OTHERWISE):
            yield f"{where}: names no test, and does not begin with {' or '.join(map(repr, OTHERWISE))}"
        yield from (f"{where}: no test {name}" for name in names if not has_test(name))
    if not rows:
        yield f"{PAGE.name}: no rows"
    if different > MOST_DIFFERENT * len(rows):
        yield f"{PAGE.name}: {different} of {len(rows)} behaviours are deliberately different: too many"


def main():
    found = list(problems(PAGE.read_text()))
    print("\n".join(found) or "the tests that docs/parity.md names exist")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
