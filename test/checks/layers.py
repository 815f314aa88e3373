#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every #include keeps to the layers.

    test/checks/layers.py [ROOT]

Which layer may use which is read from the malla_layer() and malla_plugin() calls of the build, so
there is no second table. Third-party headers have theirs below. Prints FILE:LINE: what is wrong.
"""
import re
import sys
from pathlib import Path

# Header (a pattern from its start) -> files that may include it (patterns of the path).
THIRD_PARTY = {
    r"nlohmann/": [r"libmalla/malla/(base|codec)/\w+\.cpp$"],
    r"cereal/": [r"libmalla/malla/codec/", r"samples/", r"plugins/"],
    r"zmq(_addon)?\.hp?p?|sodium": [r"libmalla/malla/transport/\w+\.cpp$"],
    r"(CLI/|spdlog/)": [r"(broker|cli|plugins)/"],
    r"fmt/": [r"(broker|cli|plugins)/"],
    r"toml\+\+/": [r"(broker|cli)/\w+\.cpp$"],
    r"httplib\.h": [r"plugins/(etcd|httpd)/"],
    r"ares\.h": [r"plugins/dns/"],
    r"(gtest|gmock|benchmark)/": [],
    # A chain knows nothing of threads, so that it costs nothing without them.
    r"(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token)$":
        [r"libmalla/malla/(?!chain/)", r"(broker|cli|plugins|samples)/"],
}
FOLDERS = ["libmalla", "broker", "cli", "plugins", "samples"]
ABOVE_THE_LAYERS = {"broker": "discovery", "cli": "node", "samples": "node"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)')


def calls(path, function):
    """The (name, DEPENDS) of each call of a CMake function."""
    text = re.sub(r"#.*", "", path.read_text()) if path.exists() else ""
    for name, rest in re.findall(rf"{function}\(\s*(\w+)([^)]*)\)", text):
        depends = re.search(r"DEPENDS((?:\s+[a-z_]+)+)", rest)
        yield name, set(depends.group(1).split()) if depends else set()


def allowed_layers(root):
    """Folder -> the layers that its files may include."""
    layers = dict(calls(root / "libmalla/CMakeLists.txt", "malla_layer"))
    allowed = {f"libmalla/malla/{name}": depends | {name} for name, depends in layers.items()}
    for folder, highest in ABOVE_THE_LAYERS.items():
        allowed[folder] = layers.get(highest, set()) | {highest}
    for name, depends in calls(root / "plugins/CMakeLists.txt", "malla_plugin"):
        allowed[f"plugins/{name}"] = layers.get("service", set()) | {"service"} | depends
    return layers, allowed


def folder_of(path, allowed):
    return next((folder for folder in allowed if path.startswith(folder + "/")), None)


def check_include(path, quote, header, layers, allowed):
    """What is wrong with one #include, or nothing."""
    inside = re.fullmatch(r"malla/(\w+)/[\w./]+", header)
    if inside and inside.group(1) in layers:
        may = allowed.get(folder_of(path, allowed), set(layers))
        if inside.group(1) not in may:
            return f"may not include {header}: {inside.group(1)} is not below it (it may use {', '.join(sorted(may))})"
        return None
    if path.startswith("libmalla/") and quote == '"':
        return f'write #include "malla/LAYER/FILE.hpp", not "{header}"'
    for pattern, places in THIRD_PARTY.items():
        if re.match(pattern, header) and not any(re.match(place, path) for place in places):
            return f"may not include <{header}>"
    return None


def check_tree(root):
    layers, allowed = allowed_layers(root)
    if not layers:
        yield "libmalla/CMakeLists.txt:1: has no malla_layer()"
    for folder in sorted(p for p in (root / "libmalla/malla").glob("*") if any(p.glob("*.?pp"))):
        if folder.name not in layers:
            yield f"libmalla/malla/{folder.name}:1: is no layer: libmalla/CMakeLists.txt does not name it"
        if not (root / f"test/use/{folder.name}.cpp").exists():
            yield f"test/use/{folder.name}.cpp:1: is missing: a program that links this layer alone"
    for path in sorted(p for top in FOLDERS for p in (root / top).rglob("*") if p.suffix in (".hpp", ".cpp")):
        name = path.relative_to(root).as_posix()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            problem = found and check_include(name, found.group(1), found.group(2), layers, allowed)
            if problem:
                yield f"{name}:{number}: {problem}"


if __name__ == "__main__":
    problems = list(check_tree(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
    print("\n".join(problems), end="\n" if problems else "")
    sys.exit(1 if problems else 0)
