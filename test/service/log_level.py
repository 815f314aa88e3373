#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Log calls below the least level of their file leave nothing in its object code.

    log_level.py INCLUDE COMPILER...       INCLUDE is the folder that has malla/

Compiles log_level.cpp with each compiler and several levels, and looks for the texts, for the call of the
function that builds one, and at the size of a function that only has such calls. What is gone with one level
must be there with a lower one, or the search itself would be at fault.
"""
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).with_name("log_level.cpp")
INFO = {"marker_lazy", "marker_plain", "marker_key", "marker_function"}
WARNING = {"marker_warning"}

# Flags, level, and the markers that are expected then. Without optimisation a compiler keeps what is passed
# by value, but neither builds a text nor calls what would.
CASES = [
    ("-O2", None, INFO | WARNING),
    ("-O2", "info", INFO | WARNING),
    ("-O2", "6", WARNING),
    ("-O2", "max", set()),
    ("-O0", "warning", INFO - {"marker_lazy", "marker_function"} | WARNING),
]


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def compiled(compiler, include, flags, level, folder):
    """The object file."""
    out = f"{folder}/log_level.o"
    defines = [f"-DMALLA_LOG_MIN_LEVEL={level}"] if level else []
    run(compiler, "-std=c++20", flags, f"-I{include}", "-DMALLA_LOG_LEVEL_OBJECT", *defines, "-c", SOURCE, "-o", out)
    return out


def markers(object_file):
    """Those in its texts, its symbols and its code."""
    found = pathlib.Path(object_file).read_bytes() + run("nm", "-C", object_file).encode()
    code = run("objdump", "-d", "--no-show-raw-insn", object_file)
    # A short text may be written as numbers, eight letters at a time, as they stand in memory.
    for name in INFO | WARNING:
        number = int.from_bytes(name.encode()[:8], "little")
        if f"{number:x}" in code:
            found += name.encode()
    return {name for name in INFO | WARNING if name.encode() in found}


def size(object_file, function):
    """Of a function, in bytes."""
    for line in run("nm", "-CS", "--defined-only", object_file).splitlines():
        if f" {function}(int)" in line:
            return int(line.split()[1], 16)
    raise LookupError(function)


def problems(compiler, include, folder):
    for flags, level, expected in CASES:
        object_file = compiled(compiler, include, flags, level, folder)
        found = markers(object_file)
        if found != expected:
            yield f"{compiler} {flags}, level {level}: has {sorted(found)}, expected {sorted(expected)}"
        quiet, empty = size(object_file, "quiet_function"), size(object_file, "empty_function")
        if flags == "-O2" and (quiet == empty) != (level in ("6", "max")):
            yield f"{compiler} {flags}, level {level}: {quiet} bytes of code, an empty function has {empty}"


def main():
    include, *compilers = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        found = [problem for compiler in compilers for problem in problems(compiler, include, folder)]
    print("\n".join(found) or f"{len(CASES)} levels with each of {', '.join(compilers)}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
