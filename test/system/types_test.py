#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Callers with types, and services that have none: those of other languages read JSON only."""

import pathlib
import subprocess
import unittest

from failures import TESTS
from mesh import BUILD, LIMIT_S, Mesh

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"
PYTHON = ("/usr/bin/python3", "-B", SAMPLES / "python_client" / "host.py", "Text")
JAVASCRIPT = ("node", BUILD / "js_client" / "main.mjs", "--serve", "Text")


class Typed(Mesh):
    def setUp(self):
        super().setUp()
        self.environment.update(NODE_NO_WARNINGS="1")

    def call(self, *words):
        return subprocess.run([TESTS / "test_typed_caller", *words], env=self.environment, capture_output=True,
                              text=True, timeout=LIMIT_S, check=False)

    def answers(self, host):
        self.start(*host, stdout=subprocess.DEVNULL)
        done = self.call("größe", "b")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "1 GRÖSSE\n2 B\n", ""))

    def test_call_a_service_in_python(self):
        self.answers(PYTHON)

    def test_call_a_service_in_javascript(self):
        self.answers(JAVASCRIPT)

    def test_call_a_command(self):
        self.start("malla", "serve", "Text.upper", "--exec", "tr a-z A-Z", stderr=subprocess.DEVNULL)
        done = self.call("b")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("Request OP unknown: echo", done.stderr)  # upper was answered


if __name__ == "__main__":
    unittest.main()
