#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs clang-tidy 19 over the sources of the library, the programs and the plugins.

    test/checks/tidy.py BUILD_FOLDER [ROOT]   BUILD_FOLDER has compile_commands.json

Most of the time goes into the headers, so sources that are compiled alike are checked together, some at a time, as if
they were one. Two of them that give one name to different things in their unnamed namespaces do not compile then; that
such a name is shadowed by another source is no finding.
"""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDERS = ("libmalla", "broker", "cli", "plugins")
AT_A_TIME = 8
NOISE = re.compile(r"^\[ *\d+/\d+\]|^\d+ warnings? (generated|treated as error)")


def sources_by_command(build, root):
    """The sources once each, by folder and by the command that compiles them without their names."""
    groups, seen = {}, set()
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = Path(entry["directory"], entry["file"]).resolve()
        if source in seen or not any(source.is_relative_to(root / folder) for folder in FOLDERS):
            continue
        seen.add(source)
        words = shlex.split(entry["command"])
        words = [word for i, word in enumerate(words) if word not in ("-o", "-c") and words[i - 1] not in ("-o", "-c")]
        words = words[1:] if "ccache" in words[0] else words
        groups.setdefault((entry["directory"], source.parent, (*words, "-Wno-shadow")), []).append(source)
    return groups


def write_together(groups, folder):
    """Files that include some sources each, and the commands that compile them."""
    commands = []
    for (directory, _, words), sources in groups.items():
        for first in range(0, len(sources), AT_A_TIME):
            file = folder / f"together_{len(commands)}.cpp"
            file.write_text("".join(f'#include "{source}" // NOLINT(bugprone-suspicious-include)\n'
                                    for source in sorted(sources)[first:first + AT_A_TIME]))
            commands.append({"directory": directory, "file": str(file), "arguments": [*words, "-c", str(file)]})
    (folder / "compile_commands.json").write_text(json.dumps(commands))


def main():
    build = Path(sys.argv[1]).resolve()
    root = Path(sys.argv[2] if len(sys.argv) > 2 else ".").resolve()
    with tempfile.TemporaryDirectory() as folder:
        write_together(sources_by_command(build, root), Path(folder))
        done = subprocess.run(["run-clang-tidy-19", "-p", folder, "-j", str(os.cpu_count()), "-quiet",
                               f"-config-file={root}/.clang-tidy"], capture_output=True, text=True)
    if done.returncode != 0:
        print(*(line for line in (done.stdout + done.stderr).splitlines() if line and not NOISE.match(line)), sep="\n")
    sys.exit(1 if done.returncode else 0)


main()
