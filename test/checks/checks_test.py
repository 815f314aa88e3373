#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that each check fails when it should: on a small tree with one planted mistake."""
import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

CHECKS = Path(__file__).resolve().parent
ROOT = CHECKS.parent.parent
LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"


class Planted(unittest.TestCase):
    def setUp(self):
        self.tree = Path(tempfile.mkdtemp(prefix="malla-checks-"))
        self.addCleanup(shutil.rmtree, self.tree)
        self.write("libmalla/CMakeLists.txt", (ROOT / "libmalla/CMakeLists.txt").read_text())
        self.write("plugins/CMakeLists.txt", "malla_plugin(timing)\nmalla_plugin(beacon DEPENDS discovery transport)\n")
        for name in (".clang-format", ".clang-tidy"):
            shutil.copy(ROOT / name, self.tree / name)
        self.source("libmalla/malla/base/value.cpp", "")
        self.source("test/use/base.cpp", "int main() {}\n")

    def write(self, name, text):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def source(self, name, text):
        self.write(name, LICENCE + text)

    def run_check(self, check, *arguments):
        done = subprocess.run([CHECKS / check, *map(str, arguments)], capture_output=True, text=True, cwd=self.tree)
        return done.returncode, done.stdout + done.stderr

    def assert_passes(self, check, *arguments):
        code, output = self.run_check(check, *arguments)
        self.assertEqual(code, 0, output)

    def assert_fails(self, expected, check, *arguments):
        code, output = self.run_check(check, *arguments)
        self.assertNotEqual(code, 0, f"{check} passed: {output}")
        self.assertIn(expected, output)

    def compile_commands(self, *names):
        entries = [{"directory": str(self.tree), "file": name, "command": f"clang++-19 -std=c++20 -c {name}"}
                   for name in names]
        self.write("build/compile_commands.json", json.dumps(entries))


class Layers(Planted):
    def include(self, path, line, passes=False):
        self.source(path, f"#include {line}\n")
        for folder in (self.tree / "libmalla/malla").iterdir():
            self.source(f"test/use/{folder.name}.cpp", "int main() {}\n")
        if passes:
            self.assert_passes("layers.py", self.tree)
        else:
            self.assert_fails(f"{path}:2: ", "layers.py", self.tree)

    def test_a_layer_may_use_a_lower_one(self):
        self.include("libmalla/malla/transport/a.hpp", '"malla/wire/a.hpp"', passes=True)

    def test_a_layer_may_not_use_a_higher_one(self):
        self.include("libmalla/malla/wire/a.hpp", '"malla/transport/a.hpp"')

    def test_a_layer_may_not_use_one_beside_it(self):
        self.include("libmalla/malla/codec/a.cpp", "<malla/chain/a.hpp>")

    def test_a_layer_is_included_by_its_full_path(self):
        self.include("libmalla/malla/wire/a.cpp", '"a.hpp"')

    def test_the_broker_may_not_use_node(self):
        self.include("broker/a.cpp", '"malla/node/a.hpp"')

    def test_a_plugin_may_use_what_it_declares(self):
        self.include("plugins/beacon/a.cpp", '"malla/discovery/a.hpp"', passes=True)

    def test_a_plugin_may_not_use_what_it_does_not_declare(self):
        self.include("plugins/timing/a.cpp", '"malla/discovery/a.hpp"')

    def test_zmq_is_for_transport_sources(self):
        self.include("libmalla/malla/transport/a.cpp", "<zmq.hpp>", passes=True)
        self.include("libmalla/malla/transport/a.hpp", "<zmq.hpp>")

    def test_zmq_is_not_for_node(self):
        self.include("libmalla/malla/node/a.cpp", "<zmq.h>")

    def test_nlohmann_is_not_for_headers(self):
        self.include("libmalla/malla/base/a.hpp", "<nlohmann/json_fwd.hpp>")

    def test_cereal_is_for_codec_headers(self):
        self.include("libmalla/malla/codec/a.hpp", "<cereal/cereal.hpp>", passes=True)
        self.include("libmalla/malla/service/a.hpp", "<cereal/cereal.hpp>")

    def test_the_core_does_not_know_spdlog(self):
        self.include("libmalla/malla/node/a.cpp", "<spdlog/spdlog.h>")

    def test_the_core_does_not_know_cli11(self):
        self.include("libmalla/malla/node/a.cpp", "<CLI/CLI.hpp>")

    def test_a_chain_has_no_threads(self):
        self.include("libmalla/malla/chain/a.hpp", "<mutex>")

    def test_a_folder_that_is_no_layer_is_found(self):
        self.source("libmalla/malla/extra/a.cpp", "")
        self.assert_fails("extra:1: is no layer", "layers.py", self.tree)

    def test_a_layer_that_no_program_uses_alone_is_found(self):
        (self.tree / "test/use/base.cpp").unlink()
        self.assert_fails("test/use/base.cpp:1: is missing", "layers.py", self.tree)


class Targets(Planted):
    def test_a_test_in_no_target_is_found(self):
        self.source("test/base/left_out_test.cpp", "")
        self.compile_commands("libmalla/malla/base/value.cpp", "test/use/base.cpp")
        self.assert_fails("test/base/left_out_test.cpp:1: is in no target", "targets.py",
                          self.tree / "build/compile_commands.json", self.tree)

    def test_a_tree_that_is_compiled_whole_passes(self):
        self.compile_commands("libmalla/malla/base/value.cpp", "test/use/base.cpp")
        self.assert_passes("targets.py", self.tree / "build/compile_commands.json", self.tree)


class Format(Planted):
    def test_a_formatted_tree_passes(self):
        self.source("libmalla/malla/base/a.cpp", "int* a();\n")
        self.assert_passes("format.sh", self.tree)

    def test_a_badly_formatted_file_is_found(self):
        self.source("libmalla/malla/base/a.cpp", "int *a( );\n")
        self.assert_fails("a.cpp:2:", "format.sh", self.tree)

    def test_a_file_without_licence_is_found(self):
        self.write("libmalla/malla/base/a.cpp", "int* a();\n")
        self.assert_fails("a.cpp:1:", "format.sh", self.tree)


class Tidy(Planted):
    def tidy(self, text):
        self.source("libmalla/malla/base/a.cpp", text)
        self.compile_commands("libmalla/malla/base/a.cpp")
        return self.tree / "build", self.tree

    def test_a_finding_fails(self):
        self.assert_fails("bugprone-", "tidy.py", *self.tidy("int a(int x) {\n    if (x = 1) return 2;\n    return 3;\n}\n"))

    def test_a_finding_in_any_of_many_sources_fails(self):
        names = [f"libmalla/malla/base/source_{i:02}.cpp" for i in range(20)]
        for i, name in enumerate(names):
            self.source(name, f"int f{i}(int x) {{ return x + 1; }}\n")
        self.compile_commands(*names)
        self.assert_passes("tidy.py", self.tree / "build", self.tree)
        self.source(names[13], "int* f13() { return 0; }\n")
        self.assert_fails("source_13.cpp:2:", "tidy.py", self.tree / "build", self.tree)

    def test_a_source_that_does_not_compile_fails(self):
        self.assert_fails("error", "tidy.py", *self.tidy("int a() { return b; }\n"))

    def test_a_clean_source_passes(self):
        self.assert_passes("tidy.py", *self.tidy("int a(int x) { return x + 1; }\n"))


class Shell(Planted):
    def test_a_careless_script_is_found(self):
        self.write("samples/a.sh", "#!/usr/bin/env bash\nrm -r $1\n")
        self.assert_fails("SC2086", "shell.sh", self.tree)

    def test_a_careful_script_passes(self):
        self.write("samples/a.sh", '#!/usr/bin/env bash\nrm -r "$1"\n')
        self.assert_passes("shell.sh", self.tree)


class Run(Planted):
    def setUp(self):
        super().setUp()
        for name in ("test/run.sh", "cmake/setup.sh"):
            self.write(name, (ROOT / name).read_text())
            (self.tree / name).chmod(0o755)
        shutil.copytree(CHECKS, self.tree / "test/checks", ignore=shutil.ignore_patterns("__pycache__"))
        self.write("test/checks/checks_test.py", "#!/bin/sh\n")  # this file would run itself

    def run_stage(self, stage):
        done = subprocess.run([self.tree / "test/run.sh", stage], capture_output=True, text=True)
        return done.returncode, done.stdout.splitlines()[-1:], done.stderr

    def test_a_run_counts_what_passed(self):
        self.assertEqual(self.run_stage("checks")[:2], (0, ["4 passed, 0 failed"]))

    def test_a_run_with_a_failed_check_fails(self):
        self.source("libmalla/malla/base/a.cpp", "int *a( );\n")
        self.assertEqual(self.run_stage("checks")[:2], (1, ["3 passed, 1 failed"]))

    def test_a_run_that_cannot_build_fails(self):
        code, last, _ = self.run_stage("release")
        self.assertEqual(code, 1)
        self.assertRegex(last[0], "^0 passed, [1-9][0-9]* failed$")

    def test_a_stage_that_does_not_exist_is_refused(self):
        code, _, errors = self.run_stage("nightly")
        self.assertEqual(code, 2)
        self.assertIn("test/run.sh STAGE", errors)


if __name__ == "__main__":
    unittest.main()
