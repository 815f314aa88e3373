#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each example in the help of each command works as it stands."""

import os
import shlex
import signal
import subprocess
import tempfile
import unittest

from mesh import BUILD, LIMIT_S, SAMPLES, Mesh, eventually

ENDLESS = {"run", "serve", "sub", "watch", "tap"}


class Examples(Mesh):
    def setUp(self):
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.environment["XDG_CONFIG_HOME"] = folder
        self.folder = os.path.join(folder, "samples")
        os.makedirs(self.folder)
        for name in ("echo.so", "calculator.so"):
            os.symlink(SAMPLES / name, os.path.join(self.folder, name))
        os.symlink(BUILD / "plugins", os.path.join(folder, "plugins"))
        with open(os.path.join(self.folder, "text.toml"), "w", encoding="ascii") as file:
            file.write('["Text.upper"]\nexec = "tr a-z A-Z"\n')
        self.start("malla", "run", SAMPLES / "echo.so", SAMPLES / "calculator.so", "--name", "samples")
        self.answer("Echo.text", "hello")
        self.answer("Calculator.square", 3)

    def examples(self, command):
        code, out, _ = self.malla(command, "--help")
        self.assertEqual(code, 0)
        self.assertIn("Examples:\n", out, command)
        # The endpoint of an example would be that of every test.
        found = out.split("Examples:\n")[1].replace("tcp://127.0.0.1:6255", self.endpoint)
        return [line.strip() for line in found.splitlines() if line.startswith("  ")]

    def shell(self, line, **options):
        return self.start("bash", "-o", "pipefail", "-c", line, cwd=self.folder, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, start_new_session=True, **options)

    def test_those_that_end(self):
        for command in self.commands():
            if command in ENDLESS:
                continue
            for line in self.examples(command):
                with self.subTest(line):
                    process = self.shell(line)
                    out, err = process.communicate(timeout=LIMIT_S)
                    self.assertEqual((process.returncode, err), (0, b""), out)

    def test_those_that_host(self):
        for command in ("run", "serve"):
            for line in self.examples(command):
                with self.subTest(line):
                    word = next(word for word in shlex.split(line)[2:] if not word.startswith("-"))
                    name = word.removeprefix("./").removesuffix(".so").split(".")[0].capitalize()
                    before = self.instances(name)
                    process = self.shell("exec " + line)
                    eventually(lambda name=name, before=before: self.instances(name) == before + 1)
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(process.wait(LIMIT_S), 0)

    def instances(self, name):
        return len(self.malla("info", name, "--format", "json")[1].splitlines())

    def test_those_that_listen(self):
        for command in ("sub", "watch", "tap"):
            for line in self.examples(command):
                with self.subTest(line):
                    process = self.shell(line)
                    eventually(lambda process=process: self.heard(process))
                    if process.poll() is None:
                        os.killpg(process.pid, signal.SIGINT)
                    process.communicate(timeout=LIMIT_S)

    def heard(self, process):
        """Whether it has written something, or has ended well."""
        self.assertEqual(self.malla("pub", "orders.created", "1")[0], 0)
        self.answer("Echo.text", "hello")
        os.set_blocking(process.stdout.fileno(), False)
        return process.stdout.read() or process.poll() == 0


if __name__ == "__main__":
    unittest.main()
