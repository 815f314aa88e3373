#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Several brokers are named, and not all of them can be reached."""

import os
import signal
import socket
import subprocess
import time
import unittest

from mesh import LIMIT_S, SAMPLES, Mesh, eventually, free_endpoint


class Missing(Mesh):
    """One broker that serves, and another one that does not."""

    def setUp(self):
        super().setUp()
        self.dead = free_endpoint()
        self.broker()
        self.environment.pop("MALLA_BROKER")
        self.start("malla", "run", SAMPLES / "echo.so", "--name", "cellar", "--broker", self.endpoint)
        eventually(lambda: self.malla("ls", "--broker", self.endpoint)[1].count("running"))
        self.both = ["--broker", self.endpoint, "--broker", self.dead]

    def test_commands_work_from_what_the_other_told_and_say_once_who_is_missing(self):
        for words, part in ((["ls"], '"Echo"'), (["nodes"], '"cellar"'), (["info", "Echo"], '"running"'),
                            (["ping"], '"cellar"'), (["ready", "Echo"], ""), (["pause", "Echo"], ""),
                            (["resume", "Echo"], ""), (["config", "Echo"], ""), (["pub", "a.b", "1"], ""),
                            (["plugins", "Echo"], '"Echo"'), (["top", "--count", "1", "--every", "1ms"], '"cellar"')):
            with self.subTest(words=words):
                code, out, err = self.malla(*words, *self.both)
                self.assertEqual(code, 0, err)
                self.assertIn(part, out)
                self.assertEqual(err, f"Cannot reach {self.dead}; going on with what the others tell\n")
                self.assertEqual(self.malla("-q", *words, *self.both)[::2], (0, ""))

    def test_the_order_and_the_way_of_naming_do_not_matter(self):
        for words in (["--broker", self.dead, "--broker", self.endpoint],
                      ["--peer", self.dead, "--broker", self.endpoint]):
            with self.subTest(words=words):
                code, out, err = self.malla("ls", *words)
                self.assertEqual((code, out.count("Echo")), (0, 1), err)
        self.environment["MALLA_BROKER"] = f"{self.endpoint},{self.dead}"
        code, out, err = self.malla("ls", "--format", "json")
        self.assertEqual((code, out.count("Echo")), (0, 1), err)
        self.assertEqual(err, f'{{"not_joined":"{self.dead}","info":"Cannot reach {self.dead}"}}\n')

    def test_one_that_takes_connections_and_is_silent_does_not_hold_a_command_up(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            endpoint = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
            code, out, err = self.malla("ls", "--broker", endpoint, "--broker", self.endpoint)
        self.assertEqual((code, out.count("Echo")), (0, 1), err)
        self.assertIn(f"Cannot reach {endpoint};", err)

    def test_what_is_nowhere_is_decided_at_once_and_is_not_called_unreachable(self):
        begin = time.monotonic()
        code, out, err = self.malla("call", "Nowhere.at_all", "--no-wait", *self.both, "--timeout", "50s")
        self.assertEqual((code, out), (3, ""), err)
        self.assertLess(time.monotonic() - begin, 40)
        self.assertIn(f"Cannot reach {self.dead};", err)
        self.assertEqual(self.malla("call", "Nowhere.at_all", *self.both, "--timeout", "3s")[0], 3)

    def test_the_doctor_has_a_line_for_each(self):
        rows = {row["text"]: row for row in self.rows("doctor", *self.both) if row["check"] in ("endpoint", "mesh")}
        self.assertEqual(rows[f"{self.endpoint} answers"]["verdict"], "ok")
        self.assertEqual(rows[f"Cannot reach {self.dead}"]["verdict"], "warning")
        self.assertIn("is a broker or node running there", rows[f"Cannot reach {self.dead}"]["advice"])
        self.assertTrue(any(text.startswith("1 node at") for text in rows), rows)
        code, out, _ = self.malla("doctor", "--broker", self.dead, "--broker", free_endpoint(), "--timeout", "300ms")
        self.assertEqual((code, out.count('"verdict":"failure"')), (6, 2))

    def test_when_none_can_be_reached_that_is_the_reason(self):
        other = free_endpoint()
        for words in (["ls"], ["call", "Echo.text", "x", "--no-wait"]):
            code, out, err = self.malla(*words, "--broker", self.dead, "--broker", other, "--timeout", "300ms")
            self.assertEqual((code, out), (6, ""), err)
            self.assertIn("Cannot reach", err)

    def test_those_who_look_go_on(self):
        for words in (["watch"], ["sub", ">"], ["tap", "Echo"]):
            with self.subTest(words=words):
                process = self.start("malla", *words, *self.both, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

                def shown():
                    self.malla("call", "Echo.text", "x", "--broker", self.endpoint)
                    self.malla("pub", "a.b", "1", "--broker", self.endpoint)
                    return process.stdout.read()
                os.set_blocking(process.stdout.fileno(), False)
                self.assertIn(b"a.b" if words[0] == "sub" else b"cellar", eventually(shown))
                process.send_signal(signal.SIGINT)
                self.assertEqual(process.wait(LIMIT_S), 130)

    def test_one_that_ends_later_is_missed_only_by_those_who_come_after(self):
        self.start("malla-broker", "--bind", self.dead, stdout=subprocess.DEVNULL)
        second = self.processes[-1]
        eventually(lambda: self.malla("ls", *self.both)[::2] == (0, ""))
        second.kill()
        second.wait(LIMIT_S)
        code, out, err = self.malla("ls", *self.both)
        self.assertEqual((code, out.count("Echo")), (0, 1), err)
        self.assertIn(f"Cannot reach {self.dead};", err)


if __name__ == "__main__":
    unittest.main()
