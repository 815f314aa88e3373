#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Events between shells, and the mesh as it is watched."""

import json
import select
import signal
import subprocess
import threading
import unittest

from mesh import LIMIT_S, SAMPLES, Mesh, eventually


class Reader:
    """The JSON lines that a process has written so far."""

    def __init__(self, process):
        self.process = process
        self.rows = []
        self.error = None
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        try:
            for line in self.process.stdout:
                self.rows.append(json.loads(line))
        except ValueError as error:  # told by `ends`, on the thread of the test
            self.error = error

    def ends(self):
        """Returns when all that the process, which has ended, wrote is in `rows`."""
        self.thread.join(LIMIT_S)
        if self.thread.is_alive():
            raise AssertionError("the output goes on")
        if self.error:
            raise self.error


class EventMesh(Mesh):
    def host(self, name="host"):
        process = self.start("malla", "run", SAMPLES / "echo.so", "--name", name)
        self.answer("Echo.text", "hello", "--on", name)
        return process

    def listen(self, command, *words, topic="ready", **options):
        """Starts `malla sub` or `malla watch`; returns when an event on `topic` came through."""
        process = self.start("malla", command, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             **options)
        reader = Reader(process)
        self.addCleanup(reader.ends)
        self.addCleanup(process.kill)
        eventually(lambda: self.malla("pub", topic)[0] == 0 and any(row.get("topic") == topic for row in reader.rows))
        return process, reader

    def pub(self, *words, **options):
        self.assertEqual(self.malla("pub", *words, **options), (0, "", ""), words)

    def ends(self, process, number, code):
        process.send_signal(number)
        self.assertEqual(process.wait(LIMIT_S), code)
        self.assertEqual(process.stderr.read(), "")


def values(reader, topic):
    return [row["value"] for row in list(reader.rows) if row.get("topic") == topic]


class Nobody(EventMesh):
    def test_without_a_node_nothing_is_published_and_the_hint_says_what_starts_one(self):
        for words, stdin in ((("a.b", "1"), ""), (("a.b", "-"), "1\n")):
            code, out, err = self.malla("pub", *words, stdin=stdin)
            self.assertEqual((code, out), (3, ""))
            self.assertIn("hint: events pass through a node or a broker", err)


class Formats(EventMesh):
    def written(self, form):
        """What `malla sub` writes of two events behind those that say that it listens."""
        self.host()
        process = self.start("malla", "sub", "o.*", "--format", form, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        eventually(lambda: self.malla("pub", "o.ready", "1")[0] == 0
                   and select.select([process.stdout], [], [], 0.01)[0])
        self.pub("o.text", '"a b"')
        self.pub("o.object", '{"x":[1,null]}')
        self.pub("o.end", '"\\n."')
        written = b""
        while not written.endswith((b"\n.", b'"\\n."}\n', b"\n.\n")):
            written += process.stdout.read1()
        process.send_signal(signal.SIGINT)
        self.assertEqual((process.wait(LIMIT_S), process.stderr.read()), (130, b""))
        return written.decode()

    def test_text_is_topic_and_value(self):
        self.assertRegex(self.written("text"), r'^(o\.ready 1\n)+o\.text a b\no\.object {"x":\[1,null\]}\no\.end \n\.\n$')

    def test_raw_is_the_value_as_it_is(self):
        self.assertRegex(self.written("raw"), r'^1+a b{"x":\[1,null\]}\n\.$')

    def test_else_it_is_json(self):
        rows = [json.loads(line) for line in self.written("auto").splitlines()]
        self.assertEqual([(row["topic"], row["value"]) for row in rows if row["topic"] != "o.ready"],
                         [("o.text", "a b"), ("o.object", {"x": [1, None]}), ("o.end", "\n.")])


class Events(EventMesh):
    def pass_through(self):
        """What every kind of rendezvous does."""
        _, every = self.listen("sub", ">")
        sub, some = self.listen("sub", "orders.*", topic="orders.ready")
        self.pub("orders.created", '{"id": 7}')
        self.pub("orders.created.eu", "not for some")
        self.pub("orders.created", "-", stdin="1\ntwo words\n[3]\n\nlast")
        self.pub("end", "x")

        eventually(lambda: values(every, "end") and len(values(some, "orders.created")) >= 6)
        self.assertEqual(values(some, "orders.created"), [{"id": 7}, 1, "two words", [3], "", "last"])
        self.assertEqual(values(some, "orders.created.eu"), [])
        self.assertEqual(values(every, "orders.created.eu"), ["not for some"])
        self.assertEqual(set(some.rows[-1]), {"topic", "node", "value"})
        self.ends(sub, signal.SIGINT, 130)

    def test_pass_through_the_rendezvous_of_the_machine(self):
        self.host()
        self.pass_through()

    def test_pass_through_a_broker_without_any_node_that_hosts(self):
        self.broker()
        self.pass_through()

    def test_pass_through_a_peer(self):
        self.host()
        code, out, _ = self.malla("nodes", "--format", "json")
        self.assertEqual(code, 0)
        del self.environment["MALLA_LOOPBACK"]
        self.environment["MALLA_PEER"] = json.loads(out)["endpoint"]
        self.pass_through()

    def test_many_lines_arrive_all_and_in_their_order(self):
        self.host()
        _, reader = self.listen("sub", ">")
        for part in range(0, 15_000, 3_000):  # less than what is kept for a listener who does not read
            self.pub("n", "-", stdin="".join(f"{n}\n" for n in range(part, part + 3_000)))
            eventually(lambda part=part: len(values(reader, "n")) >= part + 3_000)
        self.pub("end")
        eventually(lambda: values(reader, "end"))
        self.assertEqual(values(reader, "n"), list(range(15_000)))

    def test_values_arrive_as_the_shell_gave_them(self):
        self.host()
        _, reader = self.listen("sub", ">")
        for words in ([], ["-3"], ["--", "-3"], ["++"], ["[]"], [""], ["true"], ["ä€"], ["--count"]):
            self.pub("v", *words)
        self.pub("end")
        eventually(lambda: values(reader, "end"))
        self.assertEqual(values(reader, "v"), [None, -3, -3, "++", [], "", True, "ä€", "--count"])

    def test_what_cannot_be_published_says_why(self):
        for words, code, text in [(["a b", "1"], 2, "has a space"),
                                  (["a.*", "1"], 2, "has a wildcard"),
                                  (["a", "1", "2"], 2, "one VALUE"),
                                  (["a", "\udcff"], 2, "not text in UTF-8"),
                                  (["a", "1"], 3, "no rendezvous"),
                                  (["a", "1", "--peer", "tcp://127.0.0.1:1"], 6, "Cannot reach")]:
            with self.subTest(words=words):
                seen, out, err = self.malla("pub", *words)
                self.assertEqual((seen, out), (code, ""))
                self.assertIn(text, err)
        code, _, err = self.malla("sub", "a.>.b")
        self.assertEqual(code, 2)
        self.assertIn("'>'", err)
        self.host()
        code, _, err = self.malla("pub", "a", "-", stdin="1\n" + "x" * 70_000 + "\n3\n")
        self.assertEqual(code, 2)
        self.assertIn("body_too_large", err)
        self.assertRegex(err, "line [12] is the first that may not")

    def test_a_subscriber_ends_after_its_count_and_with_its_reader(self):
        self.host()
        process, reader = self.listen("sub", ">", "--count", "1000")
        self.pub("listening")
        eventually(lambda: values(reader, "listening"))
        got = len(reader.rows)
        self.pub("n", "-", stdin="".join(f"{n}\n" for n in range(1_001 - got)))
        self.assertEqual(process.wait(LIMIT_S), 0)
        reader.ends()
        self.assertEqual(len(reader.rows), 1_000)
        self.assertEqual(values(reader, "n"), list(range(1_000 - got)))

        process = self.start("malla", "sub", ">", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdout.close()
        self.assertEqual(process.wait(LIMIT_S), 141)
        self.assertEqual(process.stderr.read(), "")

    def test_who_does_not_read_loses_events_and_is_told_and_holds_up_nobody(self):
        self.host()
        slow = self.start("malla", "sub", ">", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        eventually(lambda: self.malla("pub", "ready")[0] == 0 and select.select([slow.stdout], [], [], 0)[0])
        line = json.dumps("x" * 60_000) + "\n"
        self.pub("flood", "-", stdin=line * 1500)  # more than `sub` keeps
        self.pub("end")
        dropped = r"(\d+ events? (was|were) dropped so far\n)"
        self.assertRegex(slow.stderr.readline(), f"^{dropped}$", "told while it waits for its reader")
        slow.send_signal(signal.SIGINT)
        self.assertEqual(slow.wait(LIMIT_S), 130)
        self.assertRegex(slow.stderr.read(), f"^{dropped}*$")


class Watch(EventMesh):
    def statuses(self, reader, service, node):
        return [row["status"] for row in list(reader.rows) if (row["service"], row["node"]) == (service, node)]

    def test_shows_what_is_there_and_what_becomes_of_it(self):
        self.host("first")
        watch, reader = self.listen("watch")
        self.assertEqual(self.statuses(reader, "Echo", "first"), ["running"])
        second = self.host("second")
        eventually(lambda: self.statuses(reader, "Echo", "second")[-1:] == ["running"])
        self.assertEqual(self.malla("pause", "Echo", "--on", "second"), (0, "", ""))
        eventually(lambda: self.statuses(reader, "Echo", "second")[-1] == "paused")

        second.kill()
        eventually(lambda: self.statuses(reader, "Echo", "second")[-1] == "gone")
        eventually(lambda: self.statuses(reader, None, "second")[-1:] == ["gone"])
        self.assertEqual(self.statuses(reader, "Echo", "first"), ["running"])
        self.pub("orders.created", 7)
        eventually(lambda: values(reader, "orders.created") == [7])
        for row in reader.rows:
            self.assertLessEqual({"kind", "service", "node", "status"}, set(row))
        self.ends(watch, signal.SIGINT, 130)

    def test_hears_only_the_events_of_its_pattern(self):
        self.host()
        _, reader = self.listen("watch", "orders.*", topic="orders.ready")
        self.pub("bills.paid", 1)
        self.pub("orders.created", 2)
        eventually(lambda: values(reader, "orders.created"))
        self.assertEqual(values(reader, "bills.paid"), [])

    def test_is_text_for_people_and_ends_with_its_reader(self):
        self.host()
        watch = self.start("malla", "watch", "--format", "text", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True)
        self.assertEqual(watch.stdout.readline(), "node host: running\n")
        self.assertEqual(watch.stdout.readline(), "service Echo 1.0.0 on host: running\n")
        watch.stdout.close()
        self.assertEqual(watch.wait(LIMIT_S), 141)
        self.assertEqual(watch.stderr.read(), "")


if __name__ == "__main__":
    unittest.main()
