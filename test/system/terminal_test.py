#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command as a person uses it: on terminals, narrow and wide, under pipes, and interrupted."""

import json
import re
import signal
import subprocess
import tempfile
import time
import unittest

from mesh import LIMIT_S, SAMPLES, Mesh, eventually
from terminals import Screen, on_terminal

# Those that end by themselves, as they are given to a shell.
ENDING = {
    "call": ["call Echo.text hello", "call Calculator.calculate add 2 3", "call --all Echo.whoami"],
    "ls": ["ls"],
    "nodes": ["nodes"],
    "info": ["info Echo"],
    "describe": ["describe Echo", "describe Calculator.calculate"],
    "plugins": ["plugins Echo"],
    "config": ["config Echo set greeting.language=en", "config Echo"],
    "explain": ["explain Echo.text"],
    "pause": ["pause Echo"],
    "resume": ["resume Echo"],
    "drain": ["drain Echo --wait"],
    "stop": ["stop Echo"],
    "ready": ["resume Echo", "ready Echo"],
    "pub": ["pub some.topic 1"],
    "ping": ["ping --count 2 --every 10ms"],
    "bench": ["bench Echo.text hello --count 10"],
    "trace": ["trace Echo.text hello"],
    "doctor": ["doctor"],
    "context": ["context add blue --cluster blue", "context ls", "context use blue", "context rm blue"],
    "completion": ["completion bash"],
    "keygen": ["keygen"],
    "version": ["version"],
}
# And those that go on until they are interrupted, with the exit code that they end with then.
GOING_ON = {
    "call": ("call Echo.sleep 600000 --timeout 10m", 130),
    "call -": ("call Echo.text -", 130),
    "run": (f"run {SAMPLES / 'calculator.so'}", 0),
    "serve": ("serve Text.copy --exec cat", 0),
    "sub": ("sub '*'", 130),
    "watch": ("watch", 130),
    "tap": ("tap Echo", 130),
    "top": ("top --format json", 130),
    "ping": ("ping --count 1000000", 130),
    "bench": ("bench Echo.text hello --duration 10m", 130),
    "explain": ("explain Echo.text --time --for 10m", 130),
}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# Texts of their own, which are not made to fit.
AS_THEY_ARE = ("call", "completion", "keygen", "version", "trace", "doctor", "bench")


class Person(Mesh):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.environment["XDG_CONFIG_HOME"] = folder.name
        self.start("malla", "run", SAMPLES / "echo.so", SAMPLES / "calculator.so", "--name", "näme-of-a-node")
        self.answer("Echo.text", "hello")
        self.answer("Calculator.square", 3)

    @staticmethod
    def each():
        return ((name, ["sh", "-c", "malla " + line]) for name, lines in ENDING.items() for line in lines)


class Terminals(Person):
    def test_every_command_is_tried_here(self):
        self.assertEqual(set(self.commands()) - set(ENDING) - set(GOING_ON), set())

    def tries_each_at(self, width):
        coloured = False
        for name, command in self.each():
            code, text, error = on_terminal(self, *command, width=width)
            self.assertEqual((code, error), (0, ""), (command, text))
            coloured = coloured or "\x1b" in text
            plain = COLOUR.sub("", text)
            self.assertTrue(plain.replace("\n", "").replace("\t", "").isprintable(), repr(plain))
            if name not in AS_THEY_ARE:
                self.assertLessEqual(max(map(len, plain.split("\n"))), width, plain)
        self.assertTrue(coloured)

    def test_a_narrow_one(self):
        self.tries_each_at(40)

    def test_a_wide_one(self):
        self.tries_each_at(200)

    def test_no_colour_where_none_is_wanted(self):
        for _, command in self.each():
            self.assertNotIn("\x1b", on_terminal(self, *command, both=True, NO_COLOR="1")[1])
        self.assertNotIn("\x1b", on_terminal(self, "malla", "ls", TERM="dumb")[1])
        self.assertIn("\x1b", on_terminal(self, "malla", "ls", NO_COLOR="")[1])

    def test_people_are_told_that_there_is_nothing_to_list(self):
        for name, what in (("ls", "service"), ("nodes", "node")):
            code, text, error = on_terminal(self, "malla", name, "--cluster", "elsewhere")
            self.assertEqual((code, text), (0, ""))
            self.assertRegex(error, rf"^there is no {what}; `malla doctor`")
            self.assertEqual(on_terminal(self, "malla", name, "-q", "--cluster", "elsewhere"), (0, "", ""))
            self.assertEqual(self.malla(name, "--cluster", "elsewhere"), (0, "", ""))
        self.assertEqual(on_terminal(self, "malla", "config", "Calculator"), (0, "", "nothing is configured\n"))
        screen = Screen(self, "malla", "top", "--cluster", "elsewhere")
        screen.wait_for(lambda: screen.line("there is no service"))
        screen.type("q")
        self.assertEqual(screen.exit_code(), 0)

    def test_a_pipe_gets_lines_of_json_without_colour(self):
        for name, command in self.each():
            done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=LIMIT_S,
                                  check=True)
            self.assertNotIn("\x1b", done.stdout + done.stderr)
            if name in ("ls", "nodes", "info", "plugins", "config", "explain", "ping", "bench", "trace", "doctor"):
                for line in done.stdout.splitlines():
                    json.loads(line)

    def test_how_far_a_stream_has_come_is_seen_while_its_output_goes_elsewhere(self):
        with tempfile.NamedTemporaryFile("w") as lines:
            lines.write("5\n" * 1_600)  # at least two seconds
            lines.flush()
            stream = f"malla call Echo.sleep - -j 4 < {lines.name} > /dev/null"
            code, text, _ = on_terminal(self, "sh", "-c", stream, both=True)
            self.assertEqual(code, 0)
            shown = text.split("\r\x1b[K")
            self.assertRegex(shown[-1], r"^1600 lines, \d+/s\n$")
            self.assertRegex(shown[1], r"^\d+ lines, \d+/s, \d+[smh] left$")
            for line in on_terminal(self, "sh", "-c", stream, both=True, width=20)[1].split("\r\x1b[K"):
                self.assertLess(len(line.rstrip("\n")), 20)
            self.assertEqual(on_terminal(self, "sh", "-c", stream.replace("call", "-q call"), both=True)[1], "")


class Interrupted(Person):
    def interrupted(self, line, after_s, expected):
        process = self.start("sh", "-c", "exec malla " + line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
        time.sleep(after_s)  # any moment is one to be interrupted at
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        process.wait(LIMIT_S)
        self.assertLess(time.monotonic() - began, 10)
        err = process.stderr.read()
        # Before the program has begun, the signal itself ends it, or the shell that was to become it.
        self.assertIn(process.returncode, (expected, -signal.SIGINT, 130), (line, after_s, err))
        self.assertNotIn(b"terminate called", err)

    def test_each_command_at_any_moment(self):
        for line, code in GOING_ON.values():
            for after_s in (0, 0.003, 0.01, 0.03, 0.1, 0.3):
                with self.subTest(line, after_s=after_s):
                    self.interrupted(line, after_s, code)

    def test_those_that_end_by_themselves_too(self):
        changing = ["pause", "resume", "drain", "stop"]  # the last ones, as others would fail behind them
        others = set(ENDING) - {*changing, "context", "ready"}  # whose lines need those before them
        for after_ms, name in enumerate([*sorted(others), *changing]):
            for line in ENDING[name]:
                with self.subTest(line, after_ms=after_ms):
                    self.interrupted(line, after_ms / 1000, 0)

    def test_the_services_are_as_before(self):
        before = self.malla("plugins", "Echo")[1]
        for line, code in GOING_ON.values():
            self.interrupted(line, 0.1, code)
        eventually(lambda: self.malla("plugins", "Echo")[1] == before)
        self.assertEqual(self.answer("Echo.text", "hello"), "hello")


if __name__ == "__main__":
    unittest.main()
