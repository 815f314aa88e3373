#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Operating services that run: their chains and their lifecycle."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

from mesh import BUILD, LIMIT_S, SAMPLES, Mesh, eventually, is_pending

TIMING = BUILD / "plugins/timing.so"


class Operate(Mesh):
    def done(self, *words):
        self.assertEqual(self.malla(*words), (0, "", ""), words)


class Chain(Operate):
    def test_a_plugin_from_a_file_joins_and_leaves(self):
        self.start("malla", "run", SAMPLES / "echo.so")
        self.answer("Echo.text", "hello")
        self.assertEqual(self.names("Echo"), ["Echo", "malla::Base"])

        self.done("plugins", "Echo", "add", TIMING)
        self.assertEqual(self.names("Echo"), ["Echo", "malla::plugins::Timing", "malla::Base"])
        self.assertEqual(self.answer("Echo.text", "hello"), "hello")
        self.done("plugins", "Echo", "remove", "Timing")
        self.assertEqual(self.names("Echo"), ["Echo", "malla::Base"])
        self.done("plugins", "Echo", "add", TIMING.parent / "spdlog_backend.so")
        self.assertEqual(self.names("Echo"), ["Echo", "malla::plugins::SpdlogBackend", "malla::Base"])

    def test_info_has_a_hash_that_changes_with_the_chain_and_the_configuration(self):
        self.start("malla", "run", SAMPLES / "echo.so")
        self.answer("Echo.text", "hello")

        def has(*others):
            return eventually(lambda: [row["hash"] for row in self.rows("info", "Echo") if row["hash"] not in others])[0]

        first = has()
        self.done("plugins", "Echo", "add", TIMING)
        second = has(first)
        self.done("config", "Echo", "set", "x=1")
        has(first, second)

    def test_an_offered_plugin_is_added_by_its_name_and_the_list_is_set(self):
        self.start("malla", "run", SAMPLES / "calculator.so", TIMING)
        self.answer("Calculator.square", 2)
        before = self.names("Calculator")

        self.done("plugins", "Calculator", "add", "Timing")
        self.assertEqual(len(self.names("Calculator")), len(before) + 1)
        self.done("plugins", "Calculator", "set")
        self.assertEqual(self.names("Calculator"), ["Calculator", "malla::Base"])
        code, out, err = self.malla("call", "Calculator.calculate", "add", 2, 3)
        self.assertEqual((code, out), (1, ""))
        self.assertIn("not_implemented", err)
        self.done("plugins", "Calculator", "set", "Logging")
        self.assertEqual(self.names("Calculator"), before)
        self.assertEqual(self.answer("Calculator.calculate", "add", 2, 3), "5")

    def test_what_cannot_be_done_says_why_and_changes_nothing(self):
        self.start("malla", "run", SAMPLES / "calculator.so")
        self.answer("Calculator.square", 2)
        before = self.names("Calculator")
        for words, code, text in [(["add", "Nonsense"], 1, "no plugin 'Nonsense'"),
                                  (["add", "/nowhere/x.so"], 2, "cannot be read"),
                                  (["add", SAMPLES / "echo.so"], 2, "holds a service"),
                                  (["remove", "Nonsense"], 1, "not_found"),
                                  (["remove", "Addition"], 1, "other plugins depend on"),
                                  (["swap", "Logging"], 2, "is no change of a chain")]:
            with self.subTest(words=words):
                seen, out, err = self.malla("plugins", "Calculator", *words)
                self.assertEqual((seen, out), (code, ""))
                self.assertIn(text, err)
        self.assertEqual(self.names("Calculator"), before)

    def test_explain_shows_who_takes_part(self):
        self.start("malla", "run", SAMPLES / "calculator.so")
        self.answer("Calculator.square", 2)
        rows = self.rows("explain", "Calculator.calculate")
        self.assertEqual([(row["plugin"], row["part"]) for row in rows],
                         [("Logging", "observes"), ("Addition", "continues"), ("Multiplication", "continues")])
        self.assertEqual(self.malla("explain", "Calculator.divide")[0], 1)

    def test_a_file_whose_code_runs_is_unloaded_when_the_last_call_has_left(self):
        server = self.start("malla", "run", SAMPLES / "echo.so")
        self.answer("Echo.text", "hello")
        self.done("plugins", "Echo", "add", TIMING)

        def loaded():
            with open(f"/proc/{server.pid}/maps", encoding="utf-8") as maps:
                return "timing.so" in maps.read()

        slow = self.start_sleeper(3000)
        self.done("plugins", "Echo", "remove", "Timing")
        self.assertIsNone(slow.poll(), "the call was to outlast the removal")
        self.assertTrue(loaded(), "a call runs in it")
        self.assertEqual(slow.wait(LIMIT_S), 0)
        eventually(lambda: not loaded())
        self.assertEqual(self.answer("Echo.text", "hello"), "hello")


class Config(Operate):
    def values(self):
        return {row["path"]: (row["value"], row["layer"]) for row in self.rows("config", "Echo")}

    def test_each_value_tells_its_layer(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "c.toml")
            file.write_text('[Echo]\nfirst = 1\nsecond = 1\nthird = 1\n[Echo.deep]\nx = 1\n', encoding="ascii")
            self.environment["MALLA_CONFIG"] = '{"Echo":{"second":2,"third":2},"Other":null}'
            self.start("malla", "run", SAMPLES / "echo.so", "--config", file, "--set", "Echo.third=3")
            self.answer("Echo.text", "hello")
            self.assertEqual(self.values(), {"first": (1, "file"), "second": (2, "environment"),
                                             "third": (3, "command_line"), "deep.x": (1, "file")})

    def test_a_value_is_got_set_and_taken_out(self):
        self.start("malla", "run", SAMPLES / "echo.so", "--set", "Echo.deep.x=1")
        self.answer("Echo.text", "hello")
        self.done("config", "Echo", "set", "deep.y=2", "name=bob")
        self.assertEqual(self.malla("config", "Echo", "get", "deep"), (0, '{"x":1,"y":2}\n', ""))
        self.assertEqual(self.malla("config", "Echo", "get", "name"), (0, "bob\n", ""))
        self.done("config", "Echo", "set", "deep.x=null")
        self.assertEqual(self.malla("config", "Echo", "get", "deep"), (0, '{"y":2}\n', ""))
        code, out, err = self.malla("config", "Echo", "get", "deep.x")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("nothing is configured at deep.x", err)

    def test_a_file_is_applied(self):
        self.start("malla", "run", SAMPLES / "echo.so")
        self.answer("Echo.text", "hello")
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "c.json")
            file.write_text('{"a":{"b":[1,2]}}', encoding="ascii")
            self.done("config", "Echo", "apply", file)
            self.assertEqual(self.values(), {"a.b": ([1, 2], "update")})
            file.write_text('{"Echo":{"a":{"b":3}},"Other":{"c":4}}', encoding="ascii")
            self.done("config", "Echo", "apply", file)
            self.assertEqual(self.values(), {"a.b": (3, "update")})
            file.write_text('{"Echo":{"d":5},"e":6}', encoding="ascii")  # of one service: a value is none
            self.done("config", "Echo", "apply", file)
        self.assertEqual(self.values(), {"a.b": (3, "update"), "Echo.d": (5, "update"), "e": (6, "update")})

    def test_what_configures_no_service_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "c.json")
            file.write_text('{"Echo":3}', encoding="ascii")
            code, _, err = self.malla("run", SAMPLES / "echo.so", "--config", file)
            self.assertEqual(code, 2)
            self.assertRegex(err, r"c.json: .*no object\nhint: ")
            for number in ("nan", "-inf"):
                file = pathlib.Path(folder, "c.toml")
                file.write_text(f"[Echo.deep]\nx = [1, {number}]", encoding="ascii")
                for words in (["run", SAMPLES / "echo.so", "--config", file], ["config", "Echo", "apply", file]):
                    code, _, err = self.malla(*words)
                    self.assertEqual(code, 2)
                    self.assertRegex(err, r"c.toml: Echo.deep.x\[1\] is NaN or infinite.*\nhint: ")
        code, _, err = self.malla("run", SAMPLES / "echo.so", "--set", "Echo.x=\udcff")
        self.assertEqual(code, 2)
        self.assertIn("not text in UTF-8", err)
        self.environment["MALLA_CONFIG"] = '{"Echo":3}'
        code, _, err = self.malla("run", SAMPLES / "echo.so")
        self.assertEqual(code, 2)
        self.assertRegex(err, "MALLA_CONFIG is no JSON object.*\nhint: ")

    def test_wrong_words_say_what_to_write(self):
        for words in (["frob"], ["get"], ["set", "x"], ["set", "a..b=1"], ["set", "a=\udcff"], ["set", "\udcff=1"],
                      ["apply", "/nowhere"]):
            with self.subTest(words=words):
                code, out, err = self.malla("config", "Echo", *words)
                self.assertEqual((code, out), (2, ""))
                self.assertNotEqual(err, "")
        self.assertEqual(self.malla("run", SAMPLES / "echo.so", "--set", "nonsense")[0], 2)

    def test_a_name_that_cannot_be_announced_is_refused(self):
        for words, why in ((["--name", "a\nb"], "the node name is not printable"),
                           (["--name", "x" * 129], "the node name is 129 bytes, at most 128"),
                           (["--cluster", "a\x1bb"], "the cluster name is not printable")):
            code, _, err = self.malla("run", SAMPLES / "echo.so", *words)
            self.assertEqual(code, 2)
            self.assertRegex(err, f"{why}.*\nhint: a name is short")


class Lifecycle(Operate):
    def status(self):
        return self.rows("info", "Echo")[0]["status"]

    def setUp(self):
        super().setUp()
        self.server = self.start("malla", "run", SAMPLES / "echo.so")
        self.answer("Echo.text", "hello")

    def test_ready_waits_for_a_service_that_is_yet_to_come(self):
        waiting = self.start("malla", "ready", "Calculator", "--wait", "--timeout", "60s")
        self.assertEqual(self.malla("ready", "Calculator")[0], 3)
        self.start("malla", "run", SAMPLES / "calculator.so")
        self.assertEqual(waiting.wait(LIMIT_S), 0)
        self.assertEqual(self.answer("Calculator.square", 3), "9")

    def test_a_signal_that_comes_while_services_start_ends_the_node_in_order(self):
        with tempfile.TemporaryDirectory() as folder:
            record, config = f"{folder}/record", f"{folder}/config.json"
            os.mkfifo(record)  # its start waits for a reader
            with open(config, "w", encoding="utf-8") as file:
                json.dump({"Echo": {"record": record}}, file)
            starting = self.start("malla", "run", SAMPLES / "echo.so", "--config", config, "--name", "starting")
            eventually(lambda: "starting" in {row["name"] for row in self.rows("nodes")})
            starting.send_signal(signal.SIGTERM)
            eventually(lambda: not is_pending(starting))
            reader = os.open(record, os.O_RDONLY | os.O_NONBLOCK)
            self.addCleanup(os.close, reader)
            self.assertEqual(starting.wait(LIMIT_S), 0)

    def test_ready_that_waited_in_vain_says_why(self):
        self.assertEqual(self.malla("ready", "Nobody", "--wait", "--timeout", "300ms")[0], 3)
        self.done("pause", "Echo")
        code, _, err = self.malla("ready", "Echo", "--wait", "--timeout", "2s")
        self.assertEqual(code, 1)
        self.assertIn("is not ready: it is paused", err)
        waiting = self.start("malla", "ready", "Echo", "--wait", "--timeout", "60s")
        self.done("resume", "Echo")
        self.assertEqual(waiting.wait(LIMIT_S), 0)

    def test_a_paused_service_refuses_until_it_is_resumed(self):
        self.done("ready", "Echo")
        self.done("pause", "Echo")
        self.assertEqual(self.status(), "paused")
        code, _, err = self.malla("call", "Echo.text", "hello", "--no-wait")
        self.assertEqual(code, 3)
        self.assertIn("paused", err)
        self.assertIn("takes no calls now", self.malla("call", "Echo.text", "hello", "--timeout", "2s")[2])
        code, _, err = self.malla("ready", "Echo")
        self.assertEqual(code, 1)
        self.assertIn("is not ready: it is paused", err)
        self.done("resume", "Echo")
        self.assertEqual(self.status(), "running")
        self.answer("Echo.text", "hello")

    def test_a_failed_service_says_why_and_is_not_taken_for_a_paused_one(self):
        self.done("config", "Echo", "set", "record=5")
        self.done("stop", "Echo")
        self.assertEqual(self.malla("resume", "Echo")[0], 1)
        eventually(lambda: self.status() == "failed")
        self.assertIn("record", self.rows("info", "Echo")[0]["last_error"])
        code, _, err = self.malla("call", "Echo.text", "hello", "--no-wait")
        self.assertEqual(code, 3)
        self.assertIn("'Echo' is failed", err)
        code, _, err = self.malla("resume", "Echo")
        self.assertEqual(code, 1)
        self.assertIn("record", err)
        self.done("pause", "Echo")
        eventually(lambda: self.rows("info", "Echo")[0]["admin_status"] == "pause")

    def test_info_tells_the_calls_of_the_moment(self):
        slow = self.start_sleeper(3000)
        eventually(lambda: self.rows("info", "Echo")[0]["load"] == 1)
        self.assertEqual(slow.wait(LIMIT_S), 0)
        eventually(lambda: self.rows("info", "Echo")[0]["load"] == 0)

    def test_a_stopped_service_starts_again(self):
        self.done("stop", "Echo")
        self.assertEqual(self.status(), "stopped")
        self.assertEqual(self.malla("call", "Echo.text", "hello", "--no-wait")[0], 3)
        self.done("resume", "Echo")
        self.answer("Echo.text", "hello")

    def test_drain_waits_for_the_calls_inside(self):
        slow = self.start_sleeper(2000)
        self.done("drain", "Echo", "--wait")
        self.assertEqual(slow.wait(LIMIT_S), 0)
        self.assertEqual(self.status(), "draining")
        code, _, err = self.malla("call", "Echo.text", "hello", "--no-wait")
        self.assertEqual(code, 3)
        self.assertIn("Service 'Echo' is draining", err)
        self.assertIn("`malla resume Echo`", err)
        self.done("resume", "Echo")
        self.answer("Echo.text", "hello")

    def test_all_instances_refuse_before_the_first_is_waited_for(self):
        self.environment["MALLA_TIMEOUT"] = "5m"
        slow = self.start_sleeper(300_000)
        others = [self.start("malla", "run", SAMPLES / "echo.so", "--name", name) for name in ("zz1", "zz2")]  # behind it
        eventually(lambda: len(self.rows("info", "Echo")) == 3)
        drain = self.start("malla", "drain", "Echo", "--wait", stderr=subprocess.PIPE, text=True)
        eventually(lambda: [row["status"] for row in self.rows("info", "Echo")] == ["draining"] * 3)
        self.assertIsNone(drain.poll(), "a call goes on")
        self.server.kill()  # which nobody can take for having finished
        self.assertIn("It left before it said that nothing was left to do", drain.communicate(timeout=LIMIT_S)[1])
        self.assertEqual(drain.returncode, 7)
        self.assertEqual(slow.wait(LIMIT_S), 7)
        for other in others:
            self.stop(other)

    def test_ready_waits_for_those_that_are_there(self):
        self.done("pause", "Echo")
        other = self.start("malla", "run", SAMPLES / "echo.so")
        eventually(lambda: sorted(row["status"] for row in self.rows("info", "Echo")) == ["paused", "running"])
        waiting = self.start("malla", "ready", "Echo", "--wait", "--timeout", "60s")
        self.server.kill()
        self.assertEqual(waiting.wait(LIMIT_S), 0)
        self.stop(other)

    def test_only_the_named_node_is_operated(self):
        other = self.start("malla", "run", SAMPLES / "echo.so", "--name", "other")
        eventually(lambda: len(self.rows("info", "Echo")) == 2)
        self.done("pause", "Echo", "--on", "other")
        eventually(lambda: {row["node"] == "other": row["status"] for row in self.rows("info", "Echo")} ==
                   {True: "paused", False: "running"})
        code, _, err = self.malla("pause", "Echo", "--on", "nobody")
        self.assertEqual(code, 3)
        self.assertIn("Echo", err)
        self.stop(other)

    def test_a_name_that_nobody_has_gets_a_hint(self):
        for name in ("Ecco", "Echo.text"):
            code, _, err = self.malla("pause", name)
            self.assertEqual(code, 3)
            self.assertIn("did you mean Echo?", err)


if __name__ == "__main__":
    unittest.main()
