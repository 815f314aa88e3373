#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether a program ends well and prints exactly what a file says.

    prints_expected.py FILE PROGRAM [ARGUMENT...]
"""

import difflib
import pathlib
import subprocess
import sys


def main():
    expected, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    done = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    lines = expected.read_text().splitlines()
    different = list(difflib.unified_diff(lines, done.stdout.splitlines(), str(expected), program, lineterm=""))
    print("\n".join(different) or f"{program} prints what it should, and ends with {done.returncode}")
    return bool(different) or done.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
