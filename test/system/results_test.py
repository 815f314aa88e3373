#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Callbacks with many results, by `malla call`: values as they come, early ends, lost processes, memory."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

from mesh import LIMIT_S, SAMPLES, Mesh, eventually, peak_kib


class Streams(Mesh):
    """A service that counts."""

    def setUp(self):
        super().setUp()
        self.server = self.start("malla", "run", SAMPLES / "echo.so")
        self.answer("Echo.text", "hello")

    def load(self):
        """How many calls of the service go on."""
        return json.loads(self.malla("info", "Echo", "--format", "json")[1].splitlines()[0])["load"]

    def idle(self):
        return eventually(lambda: self.load() == 0)

    def endless(self, **options):
        """A stream that is far from its end when its first lines are here."""
        stream = self.start("malla", "call", "Echo.numbers", 1, 1_000_000_000, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, **options)
        self.assertEqual([stream.stdout.readline() for _ in range(1_000)], [f"{n}\n" for n in range(1, 1_001)])
        return stream


class Results(Streams):
    def test_each_value_is_a_line(self):
        self.assertEqual(self.malla("call", "Echo.numbers", 1, 3), (0, "1\n2\n3\n", ""))
        self.assertEqual(self.malla("call", "Echo.numbers", 1, 0), (0, "", ""))
        last = 2 ** 63 - 1
        self.assertEqual(self.malla("call", "Echo.numbers", last - 1, last), (0, f"{last - 1}\n{last}\n", ""))
        numbers = "".join(f"{n}\n" for n in range(1, 20_001))
        self.assertEqual(self.malla("call", "Echo.numbers", 1, 20_000), (0, numbers, ""))

    def test_an_interrupted_one_counts_exactly_what_is_written(self):
        with tempfile.NamedTemporaryFile() as values:
            stream = self.start("malla", "call", "Echo.numbers", "-", "--format", "json", stdin=subprocess.PIPE,
                                stdout=values, stderr=subprocess.PIPE, text=True)
            stream.stdin.write("[1,3]\n[1,1000000000]\n")
            stream.stdin.flush()
            eventually(lambda: os.path.getsize(values.name) > 10_000)
            stream.send_signal(signal.SIGINT)
            said = json.loads(stream.stderr.read())
            self.assertEqual(stream.wait(LIMIT_S), 130)
            written = pathlib.Path(values.name).read_bytes().count(b"\n")
        self.assertEqual(said, {"first_line_not_answered": 2, "answered_behind": 0, "values_of_unanswered": written - 3,
                                "may_have_run": 1})

    def test_describe_says_that_it_is_a_stream(self):
        described = ("describe", "Echo.numbers", "--format", "json")
        out = eventually(lambda: self.malla(*described)[1])  # nothing before the service is there
        self.assertIs(json.loads(out.splitlines()[0])["stream"], True)

    def test_each_line_of_the_input_has_its_stream(self):
        numbers = ("call", "Echo.numbers", "-")
        self.assertEqual(self.malla(*numbers, stdin="[1,3]\n[7,6]\n[5,6]\n"), (0, "1\n2\n3\n5\n6\n", ""))
        many = [f"[{first},{first + 999}]\n" for first in range(1, 300_000, 1_000)]
        code, out, err = self.malla(*numbers, "-j", 16, stdin="".join(many))
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, "".join(f"{n}\n" for n in range(1, 300_001)))
        code, out, err = self.malla(*numbers, "-j", 16, "--unordered", stdin="".join(many))
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(sorted(map(int, out.split())), list(range(1, 300_001)))
        code, out, err = self.malla(*numbers, "--keep-going", stdin="[1,2]\n[1]\n[3,4]\n")
        self.assertEqual((code, out), (2, "1\n2\n3\n4\n"))
        self.assertIn('"line":2', err)

    def test_an_interrupt_stops_the_streams_of_lines_and_names_the_first(self):
        lines = self.start("malla", "call", "Echo.numbers", "-", "-j", 4, stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        lines.stdin.write("[1,2]\n[3,1000000000]\n[5,1000000000]\n")
        lines.stdin.flush()
        self.assertEqual([lines.stdout.readline() for _ in range(1_000)], [f"{n}\n" for n in range(1, 1_001)])
        lines.send_signal(signal.SIGINT)
        self.assertEqual(lines.wait(LIMIT_S), 130)
        self.assertIn("line 2 is the first that was not answered", lines.stderr.read())
        lines.stdin.close()
        self.idle()

    def test_a_reader_that_goes_away_stops_the_handler(self):
        script = "malla call Echo.numbers 1 1000000000 | head -3; echo ${PIPESTATUS[*]}"
        done = subprocess.run(["bash", "-c", script], env=self.environment, capture_output=True, text=True,
                              timeout=LIMIT_S, check=False)
        self.assertEqual((done.stdout, done.stderr), ("1\n2\n3\n141 0\n", ""))
        self.idle()

    def test_an_interrupt_stops_the_handler_and_ends_with_130(self):
        stream = self.endless()
        stream.send_signal(signal.SIGINT)
        self.assertEqual(stream.wait(LIMIT_S), 130)
        self.idle()

    def test_an_interrupt_is_noticed_however_quickly_values_come(self):
        with tempfile.NamedTemporaryFile() as values:
            stream = self.start("malla", "call", "Echo.numbers", 1, 1_000_000_000, stdout=values)
            eventually(lambda: os.path.getsize(values.name) > 100_000)
            stream.send_signal(signal.SIGINT)
            self.assertEqual(stream.wait(LIMIT_S), 130)
            written = pathlib.Path(values.name).read_text(encoding="ascii")
        self.assertTrue(written.endswith("\n"))
        self.idle()

    def test_a_caller_that_is_killed_stops_the_handler(self):
        stream = self.endless()
        self.assertEqual(self.load(), 1)
        stream.kill()
        self.idle()

    def test_a_server_that_is_killed_leaves_it_unknown_after_the_values_that_came(self):
        stream = self.endless()
        self.server.kill()
        values = [int(line) for line in stream.stdout]
        self.assertEqual(values, list(range(1_001, 1_001 + len(values))))
        self.assertEqual(stream.wait(LIMIT_S), 7)
        self.assertIn("peer_lost", stream.stderr.read())


class Memory(Streams):
    def test_a_slow_reader_costs_neither_side_memory(self):
        stream = self.endless()
        for _ in range(5_000):
            stream.stdout.readline()
        before = peak_kib(self.server), peak_kib(stream)
        for _ in range(100_000):  # slower than the service makes them
            stream.stdout.readline()
        grown = peak_kib(self.server) - before[0], peak_kib(stream) - before[1]
        self.assertLessEqual(max(grown), 2048, grown)
        stream.kill()


if __name__ == "__main__":
    unittest.main()
