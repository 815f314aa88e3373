#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the ```console blocks of README.md and docs/ as a person would type them, and compares what they print.

A command that ends with & goes on until the block ends. `[exit status N]` is shown where it is not 0.
"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMIT_S = 30
sys.path.insert(0, str(ROOT / "test" / "system"))
os.environ["MALLA_BUILD"] = sys.argv[1]
from mesh import free_endpoint  # pylint: disable=wrong-import-position


def steps(block):
    """(command, expected output) pairs."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


def run(command, environment):
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S, check=False)
    lines = [line for line in done.stdout.splitlines() if not line.startswith("waiting for ")]  # on a busy machine
    return lines + ([f"[exit status {done.returncode}]"] if done.returncode else [])


def problems(where, block, build):
    running = []
    with tempfile.TemporaryDirectory() as home:
        environment = dict(os.environ, PATH=f"{build / 'bin'}:{os.environ['PATH']}", MALLA_LOOPBACK=free_endpoint(),
                           XDG_CONFIG_HOME=home)
        yield from problems_of(where, block, build, environment, running)


def problems_of(where, block, build, environment, running):
    try:
        for command, expected in steps(block):
            command = command.replace("build/release", str(build))
            if command.endswith(" &"):
                running.append(subprocess.Popen(["bash", "-c", "exec " + command[:-2]], cwd=ROOT, env=environment,
                                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
                continue
            printed = run(command, environment)
            if printed != expected:
                yield f"{where}: $ {command}\n  expected {expected}\n  printed  {printed}"
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            if process.wait(LIMIT_S) != 0:
                yield f"{where}: a background command ended with {process.returncode}"


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = page.read_text()
        for block in re.finditer(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, block.start()) + 1
            found += problems(f"{page.relative_to(ROOT)}:{line}", block[1], build)
    print("\n".join(found) or "every console block prints what it shows")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
