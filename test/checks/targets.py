#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every source is compiled by some target, so that no test is left out unseen.

    test/checks/targets.py COMPILE_COMMANDS [ROOT]
"""
import json
import sys
from pathlib import Path

FOLDERS = ["libmalla", "broker", "cli", "plugins", "samples", "test"]
# Compiled by their own runs: to see them fail, against an installed tree, with a fuzzer.
APART = ["test/compile_fail/", "test/install/", "test/fuzz/"]

database, root = Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else ".").resolve()
compiled = {Path(entry["directory"], entry["file"]).resolve() for entry in json.loads(database.read_text())}
left_out = 0
for path in sorted(p for folder in FOLDERS for p in (root / folder).rglob("*.cpp")):
    name = path.relative_to(root).as_posix()
    if path not in compiled and not name.startswith(tuple(APART)):
        print(f"{name}:1: is in no target")
        left_out += 1
sys.exit(1 if left_out else 0)
