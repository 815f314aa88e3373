#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `malla top` draws on a terminal, and what it leaves behind there."""

import json
import os
import re
import signal
import subprocess
import termios
import unittest

from mesh import SAMPLES, Mesh, eventually
from terminals import Screen

UP, DOWN, ENTER = "\x1b[A", "\x1b[B", "\r"


class Top(Mesh):
    def setUp(self):
        super().setUp()
        self.start("malla", "run", SAMPLES / "echo.so", SAMPLES / "calculator.so", "--name", "samples")
        self.answer("Echo.text", "hello")
        self.answer("Calculator.square", 3)

    def top(self, **options):
        screen = Screen(self, "malla", "top", "--every", "100ms", **options)
        screen.wait_for(lambda: screen.line("Echo") and screen.line("node samples"))
        return screen

    def load(self):
        return self.start("malla", "bench", "Echo.text", "hello", "--duration", "10m", stdout=subprocess.DEVNULL)

    def test_services_instances_and_nodes_are_shown_with_their_rates_and_latencies(self):
        self.load()
        screen = self.top(width=200)
        def row(begin):
            words = screen.line(begin).removeprefix(begin).split()
            return len(words) > 5 and float(words[2].rstrip("kM")) > 0 and words
        for begin in ("Echo", "  samples", "node samples"):
            words = screen.wait_for(lambda begin=begin: row(begin)) if begin != "  samples" else ["running"]
            self.assertEqual(words[0], "running")
        screen.wait_for(lambda: re.search("[▁▂▃▄▅▆▇█]{3}", screen.line("Echo")))
        title = r"malla top: 2 services, 1 nodes, [1-9][0-9]* calls/s, 0 errors/s"
        screen.wait_for(lambda: re.search(title, screen.lines()[0]))

    def test_errors_are_shown_and_what_has_most_comes_first_when_sorted_by_them(self):
        self.start("malla", "serve", "Worst.one", "--exec", "exit 1")
        calls = self.start("sh", "-c", "yes | malla call Worst.one - --keep-going", stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(os.killpg, calls.pid, signal.SIGKILL)
        screen = self.top(width=80)
        screen.wait_for(lambda: re.search(r"running .* [1-9][0-9.]* *[1-9][0-9.]* ", screen.line("Worst")))
        self.assertTrue(screen.lines()[2].startswith("Calculator"))
        screen.type("ss")
        screen.wait_for(lambda: screen.line("sort: errors/s"))
        screen.wait_for(lambda: screen.lines()[2].startswith("Worst"))
        screen.type("sss")
        screen.wait_for(lambda: screen.line("sort: name") and screen.lines()[2].startswith("Calculator"))

    def test_the_selected_service_is_paused_and_resumed(self):
        screen = self.top()
        screen.type(DOWN + DOWN)
        screen.wait_for(lambda: any(line.startswith("\x1b[7mEcho") for line in screen.frame()))
        screen.type("p")
        screen.wait_for(lambda: "paused" in screen.line("Echo"))
        self.assertIn('"paused"', self.malla("info", "Echo")[1])
        self.assertIn('"running"', self.malla("info", "Calculator")[1])
        screen.wait_for(lambda: "Echo is paused" in screen.lines()[-1])
        screen.type("p")
        screen.wait_for(lambda: "running" in screen.line("Echo"))
        self.assertEqual(self.answer("Echo.text", "hello"), "hello")

    def test_a_filter_leaves_what_it_names(self):
        screen = self.top()
        screen.type("/EcX\x7f")
        screen.wait_for(lambda: screen.line("filter: Ec_") and not screen.line("Calculator"))
        screen.type("h" + ENTER)
        screen.wait_for(lambda: "filter: Ech" in screen.line("sort: name"))
        self.assertTrue(screen.line("Echo"))
        screen.type("/\x1b")
        screen.wait_for(lambda: screen.line("Calculator"))

    def test_enter_shows_the_chain_and_a_question_mark_the_keys(self):
        screen = self.top()
        screen.type(DOWN + DOWN + ENTER)
        screen.wait_for(lambda: screen.line("chain of Echo on samples"))
        self.assertFalse(screen.line("Calculator"))
        screen.type(ENTER)
        screen.wait_for(lambda: screen.line("Calculator"))
        screen.type("?")
        screen.wait_for(lambda: screen.line("arrows select"))
        screen.type("q")
        self.assertEqual(screen.exit_code(), 0)
        self.assertTrue(screen.is_as_before())

    def test_it_fits_when_the_terminal_changes_its_size(self):
        screen = self.top(width=200)
        self.assertIn("LATENCY", screen.line("SERVICE"))
        screen.resize(40, 8)
        screen.wait_for(lambda: len(screen.lines()) == 8)
        self.assertNotIn("LATENCY", screen.line("SERVICE"))
        self.assertLessEqual(max(map(len, screen.lines())), 40)

    def test_a_signal_ends_it_and_the_terminal_is_as_before(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number):
                screen = self.top()
                screen.process.send_signal(number)
                self.assertEqual(screen.exit_code(), 130)
                self.assertTrue(screen.is_as_before())

    def test_control_c_ends_it(self):
        screen = self.top()
        screen.type("\x03")
        self.assertEqual(screen.exit_code(), 130)
        self.assertTrue(screen.is_as_before())

    def test_while_it_is_stopped_the_terminal_is_as_before(self):
        screen = Screen(self, "bash", "-c", "set -m; malla top --every 100ms; echo STOPPED; read line; fg; echo OVER $?")
        screen.wait_for(lambda: screen.line("Echo"))
        screen.type("\x1a")
        screen.wait_for(lambda: b"STOPPED" in screen.read())
        self.assertEqual(termios.tcgetattr(screen.end), screen.before)
        self.assertIn(b"\x1b[?1049l", screen.read())
        screen.drawn = b""
        screen.type("\n")
        screen.wait_for(lambda: screen.line("Echo"))
        self.assertIn(b"\x1b[?1049h", screen.read())
        screen.type("q")
        screen.wait_for(lambda: b"OVER 0" in screen.read())
        self.assertEqual(screen.exit_code(), 0)
        self.assertEqual(termios.tcgetattr(screen.end), screen.before)

    def test_colours_and_letters_are_those_that_are_wanted(self):
        self.load()
        plain = self.top(width=200, NO_COLOR="1", LANG="C")
        plain.wait_for(lambda: re.search("[@#*+]{3}", plain.line("Echo")))
        self.assertTrue(plain.read().isascii())
        self.assertNotIn(b"\x1b[32m", plain.read())
        coloured = self.top()
        coloured.wait_for(lambda: any("\x1b[32mrunning" in line for line in coloured.frame()))

    def test_it_writes_json_where_there_is_no_terminal(self):
        self.load()
        def rows():
            code, out, err = self.malla("top", "--every", "100ms", "--count", 2)
            self.assertEqual((code, err), (0, ""))
            return [json.loads(line) for line in out.splitlines()]
        found = eventually(lambda: [row for row in rows() if row["service"] == "Echo" and row["rate"]])
        self.assertEqual(len(rows()), 4) # of two services, twice
        self.assertEqual((found[0]["node"], found[0]["status"], found[0]["errors"]), ("samples", "running", 0))
        self.assertGreater(found[0]["p99_us"], 0)
        screen = Screen(self, "malla", "top", "--format", "json", "--count", "1")
        self.assertEqual(screen.exit_code(), 0)
        self.assertNotIn(b"\x1b", screen.read())


if __name__ == "__main__":
    unittest.main()
