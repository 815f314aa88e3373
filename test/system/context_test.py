#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Contexts, what shells complete, and manual pages."""

import json
import pathlib
import pty
import os
import re
import select
import subprocess
import tempfile
import time
import unittest

from mesh import BUILD, LIMIT_S, SAMPLES, Mesh, within


class Configured(Mesh):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.environment["XDG_CONFIG_HOME"] = str(self.folder)

    def done(self, *words):
        self.assertEqual(self.malla(*words), (0, "", ""), words)

    def refused(self, *words):
        code, out, err = self.malla(*words)
        self.assertEqual((code, out), (2, ""), words)
        return err


class Contexts(Configured):
    def rows(self):
        code, out, err = self.malla("context", "ls", "--format", "json")
        self.assertEqual((code, err), (0, ""))
        return {row["name"]: row for row in map(json.loads, out.splitlines())}

    def test_one_that_was_chosen_is_used_by_every_command(self):
        del self.environment["MALLA_LOOPBACK"]
        self.done("context", "add", "here", "--loopback", self.endpoint)
        self.start("malla", "run", SAMPLES / "echo.so", "--loopback", self.endpoint)
        self.answer("Echo.text", "hello", "--context", "here")
        self.done("context", "use", "here")
        self.assertEqual(self.answer("Echo.text", "hello"), "hello")
        self.assertTrue(self.rows()["here"]["used"])
        self.done("context", "rm", "here")
        self.assertTrue(self.rows()["default"]["used"])
        self.assertEqual(list(self.rows()), ["default"])

    def test_keeps_every_option_and_whole_paths(self):
        secret = self.folder / "secret"
        self.assertEqual(self.malla("keygen", "--secret", secret)[0], 0)
        code = subprocess.run(["malla", "context", "add", "far", "--broker", "tcp://10.0.0.1:6255", "--broker",
                               "tcp://10.0.0.2:6255", "--cluster", 'a"b', "--secret-file", "secret", "--timeout", "3s"],
                              env=self.environment, cwd=self.folder, check=False).returncode
        self.assertEqual(code, 0)
        row = self.rows()["far"]
        self.assertEqual(row["broker"], "tcp://10.0.0.1:6255,tcp://10.0.0.2:6255")
        self.assertEqual((row["cluster"], row["secret-file"]), ('a"b', str(secret)))
        self.assertIn('timeout = "3s"', (self.folder / "malla/contexts/far.toml").read_text())

    def test_says_what_is_wrong(self):
        self.assertIn("malla context add x --broker ENDPOINT", self.refused("context", "add", "x"))
        self.done("context", "add", "plant", "--cluster", "blue")
        self.assertIn("malla context rm plant", self.refused("context", "add", "plant", "--cluster", "red"))
        self.assertIn("did you mean 'plant'?", self.refused("context", "use", "Plan"))
        self.assertIn("is no name of a context", self.refused("context", "add", "../x", "--cluster", "red"))
        self.assertIn("no duration", self.refused("context", "add", "y", "--timeout", "soon"))
        self.assertIn("write tcp://HOST:PORT", self.refused("context", "add", "y", "--broker", "10.0.0.5"))
        self.assertIn("Unknown context", self.refused("context", "rm", "zzz"))
        self.assertIn("write ls, add NAME", self.refused("context", "show"))

    def test_one_that_is_broken_is_shown_and_can_be_removed(self):
        self.done("context", "add", "x", "--cluster", "blue")
        self.done("context", "use", "x")
        (self.folder / "malla/contexts/x.toml").write_text("clutser = 1\n")
        self.assertIn("unknown setting 'clutser'", self.refused("ls"))
        for wrong in ("broker = 5", "broker = []", "broker = [5]", "[broker]", "cluster = 5", "insecure = 'yes'"):
            (self.folder / "malla/contexts/x.toml").write_text(wrong + "\n")
            self.assertIn(" wants ", self.refused("ls"), wrong)
        (self.folder / "malla/contexts/x.toml").write_text("clutser = 1\n")
        self.assertIn("unknown setting 'clutser'", self.rows()["x"]["error"])
        self.done("context", "rm", "x")
        self.assertEqual(self.malla("ls", "--timeout", "300ms")[0], 0)

    def test_one_that_cannot_be_written_is_an_error(self):
        self.environment["XDG_CONFIG_HOME"] = "/proc/nowhere"
        self.assertIn("cannot be written", self.refused("context", "add", "x", "--cluster", "blue"))


class Completing(Configured):
    def setUp(self):
        super().setUp()
        self.start("malla", "run", SAMPLES / "echo.so", "--name", "bird")
        self.answer("Echo.text", "hello")

    def complete(self, *words):
        code, out, err = self.malla("__complete", *words)
        self.assertEqual((code, err), (0, ""), words)
        return out.split()


class Completion(Completing):
    def setUp(self):
        super().setUp()
        self.environment["MALLA_COMPLETION_TIMEOUT"] = "20s"  # how fast it is is judged elsewhere

    def test_commands_and_options(self):
        self.assertEqual(self.complete("dr"), ["drain"])
        self.assertIn("--keep-going", self.complete("call", "--k"))
        self.assertIn("--broker", self.complete("call", "--"))
        self.assertEqual(self.complete("call", "--he"), ["--help"])
        self.assertEqual(self.complete("ls", "--format", ""), ["auto", "json", "text", "raw"])
        self.assertEqual(self.complete("run", "ec"), [":files"])
        self.assertEqual(self.complete("completion", "z"), ["zsh"])

    def test_what_is_there_now(self):
        self.assertIn("Echo.text", self.complete("call", "Ec"))
        self.assertEqual(self.complete("info", ""), ["Echo"])
        self.assertEqual(self.complete("call", "--on", ""), ["bird"])
        self.assertEqual(self.complete("ping", "b"), ["bird"])
        self.assertEqual(self.complete("plugins", "Echo", "remove", ""), [])
        self.assertEqual(self.malla("plugins", "Echo", "add", BUILD / "plugins/timing.so")[0], 0)
        self.assertRegex(self.complete("plugins", "Echo", "remove", "")[0], "Timing|timing")
        self.assertEqual(self.complete("tap", "Echo", "te"), ["text"])
        self.assertEqual(self.complete("plugins", "Echo", "r"), ["remove"])
        self.assertEqual(self.complete("config", "Echo", "g"), ["get"])

    def test_in_the_mesh_that_the_line_names(self):
        words = ["--loopback", self.endpoint, "info", ""]
        del self.environment["MALLA_LOOPBACK"]
        self.assertEqual(self.complete(*words), ["Echo"])
        self.assertEqual(self.complete(f"--loopback={self.endpoint}", "info", ""), ["Echo"])

    def test_contexts(self):
        self.done("context", "add", "blue", "--cluster", "blue")
        self.assertEqual(self.complete("context", "use", ""), ["blue", "default"])
        self.assertEqual(self.complete("context", "rm", ""), ["blue"])
        self.assertEqual(self.complete("--context", "b"), ["blue"])

    def test_nothing_where_nobody_is(self):
        self.environment["MALLA_LOOPBACK"] = "tcp://127.0.0.1:1"
        self.assertEqual(self.complete("info", ""), [])
        self.assertEqual(self.complete("nonsense", "x", ""), [])
        self.assertEqual(self.complete("info", "--loopback", "no endpoint", ""), [])

    def test_waits_for_a_mesh_that_is_far_away_as_long_as_it_is_told(self):
        self.environment["MALLA_COMPLETION_TIMEOUT"] = "700ms"
        nowhere = ["--loopback", "tcp://127.0.0.1:1", "--broker", "tcp://127.0.0.1:1"]
        self.assertGreaterEqual(self.seconds(["malla", "__complete", "info", *nowhere, ""]), 0.7)
        self.environment["MALLA_COMPLETION_TIMEOUT"] = "soon"  # no duration: it is as if nothing were said
        within(20, lambda: self.complete("info", "") == ["Echo"])

    def shell(self, *command, typed, expected):
        """Types into a shell on a terminal until it has written what is expected."""
        pid, terminal = pty.fork()
        if pid == 0:
            environment = dict(self.environment, TERM="xterm", HOME=str(self.folder), PS1="$ ", COLUMNS="200")
            os.chdir(self.folder)
            os.execvpe(command[0], command, environment)
        try:
            return self.talk(terminal, typed, expected)
        finally:
            os.close(terminal)
            os.waitpid(pid, 0)

    def talk(self, terminal, typed, expected):
        seen = b""
        end = time.monotonic() + LIMIT_S
        for line in [*typed, None]:
            wanted = b"ready-" if line is not None else expected
            while not re.search(wanted, seen):
                self.assertLess(time.monotonic(), end, seen.decode(errors="replace"))
                if select.select([terminal], [], [], 0.1)[0]:
                    seen += os.read(terminal, 65536)
            if line is not None:
                seen = b""
                os.write(terminal, line.encode())
        return seen.decode(errors="replace")

    # A prompt that is not in what is typed says that the shell reads.

    def test_bash(self):
        (self.folder / "rc").write_text("PS1='rea''dy-1 '\nsource <(malla completion bash)\n")
        self.shell("bash", "--noprofile", "--rcfile", str(self.folder / "rc"), "-i",
                   typed=["malla call Echo.te\tit-works\r"], expected=rb"[\r\n]it-works")

    def test_bash_completes_the_name_of_a_file_where_nothing_else_is_meant(self):
        (self.folder / "rc").write_text("PS1='rea''dy-1 '\nsource <(malla completion bash)\n")
        (self.folder / "today").touch()
        self.shell("bash", "--noprofile", "--rcfile", str(self.folder / "rc"), "-i",
                   typed=["malla call Echo.text it-works > to\t; cat today\r"],
                   expected=rb"[\r\n]it-works")

    def test_zsh(self):
        (self.folder / ".zshrc").write_text("PS1='ready-1 '\nsource <(malla completion zsh)\n")
        self.environment["ZDOTDIR"] = str(self.folder)
        self.shell("zsh", "-d", "-i", typed=["malla call Echo.te\tit-works\r"], expected=rb"[\r\n]it-works")

    def test_fish(self):
        script = "function fish_prompt; echo 'ready-1 '; end; malla completion fish | source"
        done = subprocess.run(["fish", "--no-config", "-c", script + "; complete -C 'malla call Echo.te'"],
                              env=dict(self.environment, HOME=str(self.folder)), capture_output=True, text=True,
                              timeout=LIMIT_S, check=False)
        self.assertEqual(done.stdout.split(), ["Echo.text"], done.stderr)

    def test_an_unknown_shell_is_refused(self):
        self.assertIn("one of bash, zsh, fish", self.refused("completion", "tcsh"))


class Rate(Completing):
    def test_completes_within_100_ms(self):
        self.assertLess(min(self.timed("call", "Ec") for _ in range(10)), 0.1)

    def timed(self, *words):
        begin = time.monotonic()
        candidates = self.complete(*words)
        return time.monotonic() - begin if "Echo.text" in candidates else float("inf")


class Manual(Mesh):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_each_command_has_a_page_that_can_be_formatted(self):
        self.assertEqual(self.malla("__manual", self.folder), (0, "", ""))
        names = ["malla.1", *(f"malla-{command}.1" for command in self.commands())]
        self.assertEqual(sorted(names), sorted(page.name for page in self.folder.iterdir()))
        for page in (*self.folder.iterdir(), BUILD / "broker" / "malla-broker.1"):
            done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-cbou", page], capture_output=True, text=True,
                                  check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), page)
            self.assertRegex(done.stdout, "(?m)^EXIT STATUS$" if page.parent == self.folder else "Exit status:")

    def test_a_page_says_what_the_help_says(self):
        self.assertEqual(self.malla("__manual", self.folder), (0, "", ""))
        page = (self.folder / "malla-call.1").read_text()
        self.assertIn("\\-\\-keep\\-going", page)
        self.assertIn("report a failed line on standard error and go on", page)
        self.assertIn("malla call Calculator.calculate add 2 3", page)

    def test_a_page_that_cannot_be_written_is_an_error(self):
        code, _, err = self.malla("__manual", "/nonexistent")
        self.assertEqual(code, 2)
        self.assertIn("/nonexistent/malla.1 cannot be written", err)


if __name__ == "__main__":
    unittest.main()
