#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py fails when a program compiles, says something else, expects nothing, or is broken beyond its mistake."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

RUN = pathlib.Path(__file__).resolve().parent / "run.py"
MISTAKE = "#ifndef FIXED\nstatic_assert(sizeof(int) == 0, \"a mistake on purpose\");\n#endif\nint main() {}\n"


class Run(unittest.TestCase):
    def verdict(self, text):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "program.cpp"
            program.write_text(text)
            done = subprocess.run([sys.executable, RUN, "--compiler", "g++", program], capture_output=True, text=True,
                                  check=False)
            return done.returncode, done.stdout

    def test_it_passes_what_fails_as_expected(self):
        self.assertEqual(self.verdict("// EXPECT: a mistake on purpose\n" + MISTAKE)[0], 0)

    def test_it_fails_otherwise(self):
        for text, said in (("// EXPECT: another one\n" + MISTAKE, "does not say: another one"),
                           (MISTAKE, "has no line"),
                           ("// EXPECT: a mistake on purpose\nint main() {}\n", "compiles"),
                           ("// EXPECT: a mistake on purpose\n" + MISTAKE + "int x = nothing;\n", "with -DFIXED")):
            code, out = self.verdict(text)
            self.assertEqual(code, 1, text)
            self.assertIn(said, out)


if __name__ == "__main__":
    unittest.main()
