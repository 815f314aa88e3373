#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether CMakeLists.txt names each class of system tests: one that it does not name is never run."""

import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent


def named():
    """For each list of tests the words that stand beside it."""
    words = {}
    text = (FOLDER / "CMakeLists.txt").read_text(encoding="utf-8")
    variables = {name: values for name, values in re.findall(r"set\((\w+) ([^)]*)\)", text)}
    for call in re.findall(r"malla_system_test\(([^)]*)\)", text):
        call = re.sub(r"\$\{(\w+)\}", lambda variable: variables.get(variable[1], ""), call)
        name, *classes = call.split()
        words.setdefault(name, set()).update(classes)
    return words


def written():
    """Each list of tests with each of its classes that has a test."""
    for file in sorted(FOLDER.glob("*_test.py")):
        text = file.read_text(encoding="utf-8")
        for name, body in re.findall(r"^class (\w+)\(.*\):\n((?:(?!^class ).*\n)*)", text, re.M):
            if re.search(r"^    def test_", body, re.M):
                yield file.stem.removesuffix("_test"), name


known = named()
missing = [f"{tests}: {name}" for tests, name in written() if name not in known.get(tests, ())]
if missing:
    sys.exit("test/system/CMakeLists.txt does not name " + ", ".join(missing))
