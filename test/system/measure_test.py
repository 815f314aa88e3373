#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""ping, bench and doctor: how a mesh does."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

from mesh import LIMIT_S, SAMPLES, Mesh, eventually, free_endpoint


ROOT = pathlib.Path(__file__).resolve().parents[2]


class Measure(Mesh):
    def echo(self, *options):
        process = self.start("malla", "run", SAMPLES / "echo.so", *options)
        self.answer("Echo.text", "hello")
        return process


    def second(self, name):
        """A node that meets the first one, which holds the rendezvous."""
        self.start("malla", "run", SAMPLES / "calculator.so", "--name", "first")
        self.answer("Calculator.square", 3)
        return self.echo("--name", name)


class Ping(Measure):
    def test_each_node_answers(self):
        self.echo("--name", "one")
        self.start("malla", "run", SAMPLES / "calculator.so", "--name", "two")
        self.answer("Calculator.square", 3)
        rows = self.rows("ping")
        self.assertEqual(sorted(row["node"] for row in rows), ["one", "two"])
        self.assertTrue(all(0 < row["ms"] < 1000 for row in rows), rows)

    def test_one_node_by_its_name_or_id_and_so_often(self):
        self.echo("--name", "one")
        node = self.rows("nodes")[0]
        rows = self.rows("ping", "one", "--count", 3, "--every", "1ms")
        self.assertEqual([row["node"] for row in rows], ["one"] * 3)
        self.assertEqual(len(self.rows("ping", node["id"])), 1)

    def test_an_interrupt_ends_the_wait_for_the_next_round(self):
        self.echo("--name", "one")
        ping = self.start("malla", "ping", "one", "--count", 2, "--every", "60s", stdout=subprocess.PIPE, text=True)
        self.assertIn('"one"', ping.stdout.readline())
        ping.send_signal(signal.SIGINT)
        self.assertEqual(ping.communicate(timeout=LIMIT_S)[0], "")
        self.assertEqual(ping.returncode, 130)

    def test_a_node_in_another_language_answers_too(self):
        self.echo("--name", "one")  # it only joins, so somebody has to be there
        self.start("/usr/bin/python3", "-B", ROOT / "samples/python_client/host.py", "Sample", stdout=subprocess.DEVNULL)
        self.answer("-q", "Sample.echo", "1")  # not that it is waited for
        self.assertEqual(sorted(row["node"] for row in self.rows("ping")), ["one", "python"])
        self.assertEqual({row["verdict"] for row in self.rows("doctor")}, {"ok"})

    def test_text_is_for_people(self):
        self.echo("--name", "one")
        code, out, err = self.malla("ping", "--format", "text")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^one: \d+(\.\d+)? (us|ms)\n$")

    def test_a_node_that_is_stopped_does_not_answer(self):
        process = self.second("one")
        process.send_signal(signal.SIGSTOP)
        code, out, err = self.malla("ping", "--timeout", "2s")
        process.send_signal(signal.SIGCONT)
        self.assertIn('"node":"first"', out)
        self.assertNotIn('"node":"one"', out)
        self.assertIn(code, (3, 4, 7), err)
        self.assertIn('"node":"one"', err)

    def test_nobody_there_is_said(self):
        code, out, err = self.malla("ping", "--timeout", "300ms")
        self.assertEqual((code, out), (3, ""))
        self.assertIn("there is no node that hosts services", err)
        self.echo("--name", "one")
        code, out, err = self.malla("ping", "two")
        self.assertEqual((code, out), (3, ""))
        self.assertIn("there is no node two", err)


class Bench(Measure):
    def test_counts_calls_latencies_and_rate(self):
        self.echo()
        [report] = self.rows("bench", "Echo.text", "hello", "--count", 500, "-j", 4)
        self.assertEqual((report["calls"], report["errors"], report["in_flight"]), (500, {}, 4))
        self.assertEqual(sum(bucket["count"] for bucket in report["histogram"]), 500)
        times = [report["latency_us"][name] for name in ("p50", "p90", "p99", "p99.9", "max")]
        self.assertEqual(times, sorted(times))
        self.assertGreater(times[0], 0)
        self.assertAlmostEqual(report["rate"], 500 / report["seconds"], delta=1)

    def test_ends_after_its_duration(self):
        self.echo()
        [report] = self.rows("bench", "Echo.text", "hello", "--duration", "200ms")
        self.assertGreaterEqual(report["seconds"], 0.2)
        self.assertGreater(report["calls"], 0)

    def test_text_has_a_histogram(self):
        self.echo()
        code, out, err = self.malla("bench", "Echo.text", "hello", "--count", 100, "--format", "text")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"^Echo\.text: 100 calls in .*, \d+ a second, 1 in flight\nlatency  p50 ")
        self.assertRegex(out, r"\n  under +[\d.]+ (us|ms) +\d+  #+\n")

    def test_failures_are_counted_and_give_the_code(self):
        self.start("malla", "serve", "Bad.fail", "--exec", "[ $(cat) = ok ] || { echo no >&2; exit 3; }")
        self.answer("Bad.fail", "ok")
        code, out, err = self.malla("bench", "Bad.fail", "bad", "--count", 5)
        self.assertEqual((code, out), (1, ""), err)  # already the first
        marker = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "once"
        self.start("malla", "serve", "Once.run", "--exec", f"cat >/dev/null; mkdir '{marker}'")
        eventually(lambda: self.malla("ls")[1].count("Once"))
        code, out, err = self.malla("bench", "Once.run", "", "--count", 5)
        self.assertEqual(code, 1)
        report = json.loads(out)
        self.assertEqual((report["calls"], sum(report["errors"].values())), (0, 5))

    def test_interrupted_it_reports_what_it_has(self):
        calls = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "calls"
        self.start("malla", "serve", "Note.down", "--exec", f"cat >>'{calls}'")
        self.answer("Note.down", "x")
        process = self.start("malla", "bench", "Note.down", "x", "--duration", "1h", stdout=subprocess.PIPE)
        eventually(lambda: calls.stat().st_size > 5)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 130)
        self.assertGreater(json.loads(out)["calls"], 0)

    def test_what_is_no_number_of_calls_is_refused(self):
        for words in (["-j", "0"], ["-j", "5000"], ["--count", "x"], ["--duration", "soon"]):
            self.assertEqual(self.malla("bench", *words, "Echo.text", "hello")[0], 2, words)


class Doctor(Measure):
    def findings(self, *words, code=0):
        return {(row["check"], row["verdict"]): row for row in self.rows("doctor", *words, code=code)}

    def test_a_mesh_that_is_well(self):
        self.echo("--name", "one")
        found = self.findings()
        self.assertEqual({verdict for _, verdict in found}, {"ok"}, found)
        self.assertRegex(found["node", "ok"]["text"], r"^one at tcp://127.0.0.1:\d+ answers, ")
        self.assertIn("every user of this machine", found["credentials", "ok"]["text"])
        self.assertIn("taken for dead after 1500ms", found["bounds", "ok"]["text"])

    def test_nobody_there(self):
        found = self.findings("--timeout", "300ms")
        self.assertIn("another --broker", found["mesh", "warning"]["advice"])
        self.assertIn("malla run FILE.so", found["mesh", "warning"]["advice"])

    def test_a_program_that_holds_the_port_and_is_silent(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            endpoint = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
            for way in ("--loopback", "--broker"):
                found = self.findings(way, endpoint, "--timeout", "300ms", code=6)["endpoint", "failure"]
                self.assertIn(f"(process {os.getpid()}) holds {endpoint} and does not answer", found["text"])
                self.assertIn("kill -CONT", found["advice"])

    def test_a_stopped_node_that_holds_the_rendezvous(self):
        process = self.echo()
        process.send_signal(signal.SIGSTOP)
        found = self.findings("--timeout", "300ms", code=6)["endpoint", "failure"]
        process.send_signal(signal.SIGCONT)
        self.assertIn(f"malla (process {process.pid}) holds {self.endpoint}", found["text"])

    def test_every_line_that_is_not_well_has_advice(self):
        secret = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "secret"
        self.assertEqual(self.malla("keygen", "--secret", secret)[0], 0)
        closed = free_endpoint()
        self.broker("--cluster", "another")
        self.broker("--secret-file", secret, endpoint=closed)
        self.environment.pop("MALLA_BROKER")
        for words, code, advice in ((["--broker", self.endpoint], 3, "--cluster NAME"),
                                    (["--broker", closed], 5, "--secret-file FILE"),
                                    (["--secret-file", "/nonexistent/secret"], 5, "malla keygen"),
                                    (["--broker", "tcp://nowhere.invalid:6255"], 6, "getent hosts")):
            with self.subTest(words=words):
                rows = self.rows("doctor", *words, "--timeout", "3s", code=code)
                bad = [row for row in rows if row["verdict"] != "ok"]
                self.assertTrue(bad and all(row.get("advice") for row in bad), rows)
                self.assertIn(advice, " ".join(row["advice"] for row in bad))

    def test_a_broker_that_cannot_be_reached(self):
        found = self.findings("--broker", self.endpoint, "--timeout", "300ms", code=6)
        self.assertIn("is a broker or node running there", found["endpoint", "failure"]["advice"])

    def test_a_node_that_hangs(self):
        process = self.second("one")
        process.send_signal(signal.SIGSTOP)
        done, out, _ = self.malla("doctor", "--format", "json", "--timeout", "1s")
        process.send_signal(signal.SIGCONT)
        self.assertNotEqual(done, 0)
        self.assertIn('"verdict":"failure","text":"one at tcp', out)
        self.assertIn(f"kill -CONT {process.pid}", out)

    def test_services_that_take_no_calls_and_names_that_are_doubled(self):
        self.echo("--name", "one")
        self.start("malla", "run", SAMPLES / "calculator.so", "--name", "one")
        self.answer("Calculator.square", 3)
        self.assertEqual(self.malla("pause", "Echo")[0], 0)
        found = self.findings()
        self.assertIn("Echo on one is paused", found["service", "warning"]["text"])
        self.assertIn("malla resume Echo", found["service", "warning"]["advice"])
        self.assertIn("2 nodes have the name one", found["node", "warning"]["text"])

    def test_a_secret_that_others_may_read(self):
        secret = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "secret"
        self.assertEqual(self.malla("keygen", "--secret", secret)[0], 0)
        found = self.findings("--secret-file", secret, "--timeout", "300ms")
        self.assertIn(("credentials", "ok"), found)
        os.chmod(secret, 0o644)
        found = self.findings("--secret-file", secret, "--timeout", "300ms")
        self.assertEqual(found["credentials", "warning"]["advice"], f"chmod 600 {secret}")
        secret.write_text("short")
        found = self.findings("--secret-file", secret, code=5)
        self.assertIn(("credentials", "failure"), found)

    def test_on_a_terminal_it_is_words(self):
        code, out, _ = self.malla("doctor", "--format", "text", "--timeout", "300ms")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"(?m)^warning: mesh: there is no node at tcp.*\n    start one: ")


if __name__ == "__main__":
    unittest.main()
