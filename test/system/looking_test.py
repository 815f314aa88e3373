#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looking into calls: where their time goes, what one causes, and all of a service as they pass."""

import json
import os
import pathlib
import pty
import signal
import subprocess
import tempfile
import unittest

from mesh import LIMIT_S, SAMPLES, Mesh, eventually, within
from terminals import on_terminal


class Looking(Mesh):
    def shop_and_kitchen(self):
        self.start(SAMPLES / "shop", "--name", "shop")
        self.start(SAMPLES / "kitchen", "--name", "kitchen")
        self.assertEqual(self.answer("Shop.order", "soup", 2), "9")

    @staticmethod
    def catches(process, number):
        """Whether a process has a handler for a signal."""
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            caught = next(line.split()[1] for line in status if line.startswith("SigCgt"))
        return int(caught, 16) >> (number - 1) & 1


class Time(Looking):
    def load(self):
        lines = self.start("yes", '["add",2,3]', stdout=subprocess.PIPE)
        self.start("malla", "call", "Calculator.calculate", "-", stdin=lines.stdout, stdout=subprocess.DEVNULL)
        lines.stdout.close()

    def setUp(self):
        super().setUp()
        self.start("malla", "run", SAMPLES / "calculator.so", "--name", "desk")
        self.answer("Calculator.square", 2)
        self.before = self.rows("plugins", "Calculator")

    def test_each_link_has_its_calls_and_its_share_and_the_chain_is_as_before(self):
        self.load()
        rows = self.rows("explain", "Calculator.calculate", "--time", "--count", "100", "--for", "60s")
        self.assertEqual([(row["plugin"], row["part"], row["node"]) for row in rows],
                         [("Logging", "observes", "desk"), ("Addition", "continues", "desk"),
                          ("Multiplication", "continues", "desk")])
        self.assertGreaterEqual(rows[0]["calls"], 100)
        self.assertEqual(rows[2]["calls"], 0, "the addition answers before")
        self.assertIsNone(rows[2]["mean_us"])
        self.assertAlmostEqual(sum(row["share"] for row in rows), 100, delta=0.3)
        self.assertGreaterEqual(rows[0]["longest_us"], rows[0]["mean_us"])
        self.assertEqual(self.rows("plugins", "Calculator"), self.before)

    def test_without_calls_it_says_so(self):
        code, out, err = self.malla("explain", "Calculator.calculate", "--time", "--for", "300ms")
        self.assertEqual(code, 0)
        self.assertIn("no call of Calculator.calculate", err)
        self.assertEqual([json.loads(line)["calls"] for line in out.splitlines()], [0, 0, 0])

    def test_an_interruption_shows_what_is_known(self):
        self.load()
        explain = self.start("malla", "explain", "Calculator.calculate", "--time", "--for", "60s",
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        eventually(lambda: self.catches(explain, signal.SIGINT))
        explain.send_signal(signal.SIGINT)
        out, _ = explain.communicate(timeout=LIMIT_S)
        self.assertEqual(explain.returncode, 130)
        for line in out.splitlines():
            self.assertIn("plugin", json.loads(line))

    def test_what_is_not_there_is_refused(self):
        code, _, err = self.malla("explain", "Calculator.divide", "--time")
        self.assertEqual(code, 1)
        self.assertIn("request_op_unknown", err)
        self.assertEqual(self.malla("explain", "Calculator.calculate", "--count", "3")[0], 2)
        self.assertEqual(self.malla("explain", "Calculator.calculate", "--time", "--for", "soon")[0], 2)


class Trace(Looking):
    def setUp(self):
        super().setUp()
        self.shop_and_kitchen()

    def trace(self, spans, *words):
        """The rows of a tree of so many spans, when all of them have come in time."""
        def rows():
            traced = self.rows("trace", *words)
            self.assertLessEqual(len(traced), spans)
            return traced if len(traced) == spans else None
        return within(3, rows)

    def test_a_call_across_nodes_is_one_tree(self):
        rows = self.trace(6, "Shop.order", "soup", 2)
        self.assertEqual([(row["depth"], row["name"], row["kind"], row["node"]) for row in rows[1:]],
                         [(1, "Shop.order", "server", "shop"), (2, "Kitchen.cook", "client", "shop"),
                          (3, "Kitchen.cook", "server", "kitchen"), (4, "Shop.price", "client", "kitchen"),
                          (5, "Shop.price", "server", "shop")])
        self.assertEqual((rows[0]["depth"], rows[0]["name"], rows[0]["result"]), (0, "Shop.order", 9))
        self.assertEqual({row["status"] for row in rows}, {"ok"})
        for above, below in zip(rows, rows[1:]):
            self.assertEqual(below["parent"], above["span"])
            self.assertGreaterEqual(above["took_us"], below["took_us"])
            self.assertGreaterEqual(below["start_us"], above["start_us"])

    def test_the_tree_goes_on_through_commands_that_are_served(self):
        self.start("malla", "serve", "Shell.order", "--exec", "malla call Shop.order soup 2", "--name", "shell")
        self.answer("Shell.order", "x")
        rows = self.trace(7, "Shell.order", "x")
        self.assertEqual([(row["depth"], row["name"], row["node"]) for row in rows[1:4]],
                         [(1, "Shell.order", "shell"), (2, "Shop.order", "shop"), (3, "Kitchen.cook", "shop")])
        self.assertEqual(rows[0]["result"], "9")

    def test_a_failure_ends_as_that_of_a_call_and_shows_where_it_came_from(self):
        code, out, err = self.malla("trace", "Shop.order", "soup", "--", 0)
        self.assertEqual(code, 1)
        self.assertIn("parameter_invalid", err)
        rows = [json.loads(line) for line in out.splitlines()]
        self.assertNotIn("result", rows[0])
        self.assertEqual([row["status"] for row in rows], ["parameter_invalid"] * 4)
        self.assertEqual(rows[3]["node"], "kitchen")

    def test_a_terminal_shows_branches_that_it_can_write(self):
        _, text, _ = on_terminal(self, "malla", "trace", "Shop.order", "soup", 2, width=100, LC_ALL="C.UTF-8")
        self.assertIn("   └─ call Kitchen.cook", text)
        self.assertRegex(text, r"call Shop.order +\S+ +0 us +[0-9.]+ [mu]?s +ok: 9")
        _, text, _ = on_terminal(self, "malla", "trace", "Shop.order", "soup", 2, LC_ALL="C")
        self.assertIn("   `- call Kitchen.cook", text)

    def test_what_cannot_be_called_ends_as_call_does(self):
        self.assertEqual(self.malla("trace", "Shop.order", "soup")[0], 2)
        self.assertEqual(self.malla("trace", "Nobody.x", "--no-wait")[0], 3)
        self.assertEqual(self.malla("trace", "Shop.order", "soup", 2, "--on", "kitchen", "--no-wait")[0], 3)

    def test_calls_that_are_not_traced_tell_nothing(self):
        heard = self.start("malla", "sub", ">", "--count", "1", stdout=subprocess.PIPE)
        eventually(lambda: self.catches(heard, signal.SIGINT))
        self.answer("Shop.order", "soup", 2)
        while heard.poll() is None:
            self.malla("pub", "the.end")
        self.assertEqual(json.loads(heard.stdout.readline())["topic"], "the.end")


class Tap(Looking):
    TAP = "malla::Tap"

    def tap(self, *words, **options):
        """Starts one, and waits until the service has it."""
        count = self.names(words[0]).count(self.TAP)
        options.setdefault("stdout", subprocess.PIPE)
        process = self.start("malla", "tap", *words, **options)
        eventually(lambda: self.names(words[0]).count(self.TAP) > count)
        return process

    def gone(self, service, limit_s=LIMIT_S):
        eventually(lambda: self.TAP not in self.names(service), limit_s)

    def echo(self):
        server = self.start("malla", "run", SAMPLES / "echo.so", "--name", "kitchen")
        self.answer("Echo.text", "hello")
        return server

    def test_calls_are_shown_as_they_pass_and_the_plugin_goes_with_an_interruption(self):
        self.echo()
        tap = self.tap("Echo")
        self.answer("Echo.text", "hello")
        self.malla("call", "Echo.fail", "not_found", "no soup")

        first, second = (json.loads(tap.stdout.readline()) for _ in range(2))
        self.assertEqual((first["service"], first["callback"], first["node"]), ("Echo", "text", "kitchen"))
        self.assertEqual((first["arguments"], first["result"], first["status"]), (["hello"], "hello", "ok"))
        self.assertGreater(first["took_us"], 0)
        self.assertRegex(first["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
        self.assertEqual((second["status"], second["info"]), ("not_found", "no soup"))
        self.assertNotIn("result", second)
        tap.send_signal(signal.SIGINT)
        self.assertEqual(tap.wait(LIMIT_S), 130)
        self.gone("Echo")

    def test_what_programs_send_to_each_other_is_shown_as_values(self):
        self.shop_and_kitchen()
        tap = self.tap("Kitchen")
        self.answer("Shop.order", "soup", 2)
        row = json.loads(tap.stdout.readline())
        self.assertEqual((row["caller"], row["arguments"], row["result"]), ("shop", ["soup", 2], 9))

    def test_only_the_named_callback_is_shown_and_what_is_long_is_counted(self):
        self.echo()
        tap = self.tap("Echo", "text")
        self.answer("Echo.count")
        self.malla("call", "Echo.text", "-", stdin="x" * 20_000)
        row = json.loads(tap.stdout.readline())
        self.assertEqual((row["callback"], row["arguments"], row["result"]), ("text", None, None))
        self.assertGreaterEqual(row["arguments_bytes"], 20_000)
        self.assertGreaterEqual(row["result_bytes"], 20_000)

    def test_it_goes_when_its_process_is_killed(self):
        self.echo()
        for number in (signal.SIGKILL, signal.SIGHUP, signal.SIGTERM):
            with self.subTest(signal=number):
                tap = self.tap("Echo")
                tap.send_signal(number)
                tap.wait(LIMIT_S)
                self.gone("Echo", 15)

    def test_an_instance_that_is_gone_does_not_hold_it_up(self):
        server = self.echo()
        with tempfile.NamedTemporaryFile() as said:
            tap = self.tap("Echo", "-v", "--timeout", "300s", stderr=said)
            server.kill()
            eventually(lambda: b"kitchen is not told that" in pathlib.Path(said.name).read_bytes())
        tap.send_signal(signal.SIGINT)
        self.assertEqual(tap.wait(LIMIT_S), 130)

    def test_it_goes_when_its_process_is_stopped_and_says_nothing_more(self):
        self.echo()
        tap = self.tap("Echo")
        tap.send_signal(signal.SIGSTOP)
        self.gone("Echo", 20)
        self.answer("Echo.text", "hello")

    def test_it_goes_when_the_reader_of_its_output_has_gone(self):
        self.echo()
        tap = self.tap("Echo")
        tap.stdout.close()
        self.assertEqual(tap.wait(LIMIT_S), 141)
        self.gone("Echo")

    def test_several_see_the_same_and_the_end_of_one_is_not_that_of_the_other(self):
        self.echo()
        first, second = self.tap("Echo"), self.tap("Echo")
        self.answer("Echo.text", "one")
        for tap in (first, second):
            self.assertEqual(json.loads(tap.stdout.readline())["arguments"], ["one"])
        first.send_signal(signal.SIGTERM)
        self.assertEqual(first.wait(LIMIT_S), 130)
        eventually(lambda: self.names("Echo").count(self.TAP) == 1)
        self.answer("Echo.text", "two")
        self.assertEqual(json.loads(second.stdout.readline())["arguments"], ["two"])

    def test_a_slow_reader_holds_up_no_call_and_hears_how_many_were_dropped(self):
        self.echo()
        tap = self.tap("Echo", stderr=subprocess.PIPE)
        lines = "".join(f"{number} {'x' * 400}\n" for number in range(20_000))
        code, out, _ = self.malla("call", "Echo.text", "-", "-j", 64, stdin=lines)
        self.assertEqual((code, out.count("\n")), (0, 20_000))
        self.assertEqual(self.names("Echo").count(self.TAP), 1, "it is there as long as its process")
        for stream in (tap.stdout, tap.stderr):
            os.set_blocking(stream.fileno(), False)
        shown, said = 0, b""

        def told():
            nonlocal shown, said
            shown += (tap.stdout.read() or b"").count(b"\n")
            said += tap.stderr.read() or b""
            return b"dropped" in said
        eventually(told)
        self.assertGreater(shown, 0)
        self.assertLess(shown, 20_000)

    def test_an_instance_that_comes_is_tapped_too_and_a_node_ends_in_time(self):
        first = self.echo()
        tap = self.tap("Echo", stderr=subprocess.PIPE)
        second = self.start("malla", "run", SAMPLES / "echo.so", "--name", "cellar")
        eventually(lambda: self.names("Echo").count(self.TAP) == 2)
        self.stop(first)
        self.answer("Echo.text", "hello")
        self.assertEqual(json.loads(tap.stdout.readline())["node"], "cellar")
        self.stop(second)

    def goes_on(self, leave):
        """A tap whose only instance leaves so shows the calls of the next one, and ends when it is interrupted."""
        first = self.echo()
        tap = self.tap("Echo", stderr=subprocess.PIPE)
        leave(first)
        self.echo()
        eventually(lambda: self.TAP in self.names("Echo"))
        self.answer("Echo.text", "again")
        shown = iter(tap.stdout.readline, b"")
        self.assertTrue(any(json.loads(line)["arguments"] == ["again"] for line in shown))
        tap.send_signal(signal.SIGINT)
        _, said = tap.communicate(timeout=LIMIT_S)
        self.assertEqual(tap.returncode, 130)
        self.assertIn(b"Echo on kitchen is gone", said)
        self.assertNotIn(b"--idempotent", said)

    def test_it_goes_on_when_its_only_instance_is_stopped_and_starts_again(self):
        self.goes_on(self.stop)

    def test_it_goes_on_when_its_only_instance_dies_and_starts_again(self):
        self.goes_on(self.kill)

    def kill(self, process):
        process.kill()
        process.wait(LIMIT_S)

    def test_people_see_a_short_line(self):
        self.echo()
        ours, its = pty.openpty()
        self.tap("Echo", stdout=its)
        os.close(its)
        self.answer("Echo.text", "a" * 100)
        line = os.read(ours, 4096).decode()
        os.close(ours)
        self.assertRegex(line, r'^\d\d:\d\d:\d\d\.\d{3} kitchen \S+ text\("a{38}…\) = "a{38}… [0-9.]+ us')

    def test_what_is_not_there_is_refused(self):
        self.echo()
        code, _, err = self.malla("tap", "Ecco")
        self.assertEqual(code, 3)
        self.assertIn("did you mean Echo?", err)
        code, _, err = self.malla("tap", "Echo", "txt")
        self.assertEqual(code, 1)
        self.assertIn("did you mean Echo.text?", err)


if __name__ == "__main__":
    unittest.main()
