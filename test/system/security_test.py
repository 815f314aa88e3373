#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Meshes with credentials: who is let in, who is not, and what strangers get."""

import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import unittest

from credentials import Credentials
from machines import Machines
from mesh import LIMIT_S, SAMPLES, eventually

REFUSED = 5
ECHO = SAMPLES / "echo.so"


class Keygen(Credentials):
    def test_makes_files_that_only_their_owner_reads_and_overwrites_none(self):
        key = self.keygen("node.key")
        secret = pathlib.Path(self.secret("cluster.secret"))
        self.assertEqual(len(key), 40)
        self.assertGreaterEqual(len(secret.read_text(encoding="ascii").strip()), 32)
        for file in (secret, self.folder / "node.key"):
            self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        before = (self.folder / "node.key").read_text(encoding="ascii")
        code, out, err = self.malla("keygen", self.path("node.key"))
        self.assertEqual((code, out), (2, ""))
        self.assertIn("not overwritten", err)
        self.assertEqual((self.folder / "node.key").read_text(encoding="ascii"), before)
        self.assertIn(key, before)

    def test_writes_to_standard_output_without_a_file(self):
        code, out, err = self.malla("keygen")
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"\n" r"public \S{40}\n" r"secret \S{40}\n$")
        self.assertRegex(self.malla("keygen", "--secret")[1], r"^\S{40}\n$")


class Secret(Credentials):
    def host(self, secret):
        self.start("malla", "run", ECHO, "--secret-file", secret, "--name", "host", stderr=subprocess.DEVNULL)
        eventually(lambda: self.malla("ls", "--secret-file", secret)[1])

    def test_lets_its_holders_call_and_operate_and_nobody_else(self):
        mine, other = self.secret("mine"), self.secret("other")
        self.host(mine)
        self.assertEqual(self.answer("Echo.echo", "5", "--secret-file", mine), "5")
        self.assertEqual(self.malla("pause", "Echo", "--secret-file", mine), (0, "", ""))
        self.assertEqual(self.malla("resume", "Echo", "--secret-file", mine), (0, "", ""))
        for options in ((), ("--secret-file", other)):
            for words in (("call", "Echo.echo", "5"), ("ls",), ("pub", "topic", "1"), ("pause", "Echo")):
                with self.subTest(words=words, options=options):
                    code, out, err = self.malla(*words, *options)
                    self.assertEqual((code, out), (REFUSED, ""), err)
                    self.assertIn("credentials", err)
        self.assertEqual(self.answer("Echo.echo", "6", "--secret-file", mine), "6")
        quiet = ("call", "Echo.echo", "5", "--quiet", "--timeout", "100s")  # it does not wait in vain
        self.assertEqual(self.malla(*quiet), (REFUSED, "", ""))

    def test_may_come_from_the_environment(self):
        self.environment["MALLA_SECRET_FILE"] = self.secret("mine")
        self.start("malla", "run", ECHO, stderr=subprocess.DEVNULL)
        self.assertEqual(self.answer("Echo.echo", "5"), "5")

    def test_that_is_none_is_refused(self):
        self.allow("short", "a pass phrase")
        for file in ("short", "absent"):
            code, out, err = self.malla("ls", "--secret-file", self.path(file))
            self.assertEqual((code, out), (REFUSED, ""))
            self.assertIn(file, err)

    def test_strangers_get_nothing_whatever_they_send(self):
        mine = self.secret("mine")
        self.host(mine)
        address = (self.endpoint.rsplit("/", 1)[1].split(":")[0], int(self.endpoint.rsplit(":", 1)[1]))
        null_greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)
        ready = b"\x04\x26\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00\x00"
        for noise in (b"", b"\0" * 70_000, os.urandom(70_000), null_greeting + ready + os.urandom(1000)):
            with socket.create_connection(address, timeout=LIMIT_S) as stranger:
                stranger.settimeout(LIMIT_S)
                try:
                    stranger.sendall(noise)
                    heard = b""
                    while noise and len(heard) < 10_000:  # it ends the connection, without a word of its own
                        got = stranger.recv(4096)
                        if not got:
                            break
                        heard += got
                    self.assertLessEqual(len(heard), 64, "no more than a greeting")
                except ConnectionError:
                    pass
        self.assertEqual(self.answer("Echo.echo", "5", "--secret-file", mine), "5")


class Keys(Credentials):
    def setUp(self):
        super().setUp()
        self.keys = {name: self.keygen(f"{name}.key") for name in ("broker", "host", "operator", "user", "stranger")}

    def own(self, name):
        return ("--key-file", self.path(f"{name}.key"))

    def line(self, name, *right):
        return " ".join((self.keys[name], name, *right))

    def mesh(self):
        """A broker that lets in all but the stranger, and a node behind it."""
        everybody = self.allow("broker.allow", self.line("host"), self.line("operator", "admin"), self.line("user"))
        broker = self.broker(*self.own("broker"), "--allow", everybody, stderr=subprocess.PIPE)
        self.assertEqual(self.environment["MALLA_BROKER"], f"{self.endpoint}#{self.keys['broker']}")
        known = self.allow("host.allow", self.line("operator", "admin"), self.line("user"))
        self.start("malla", "run", ECHO, "--name", "host", *self.own("host"), "--allow", known)
        eventually(lambda: self.malla("ls", *self.own("user"))[1])
        return broker

    def test_decide_who_calls_and_who_operates(self):
        self.mesh()
        self.assertEqual(self.answer("Echo.echo", "5", *self.own("user")), "5")
        code, _, err = self.malla("pause", "Echo", *self.own("user"))
        self.assertEqual(code, 1)
        self.assertIn("forbidden", err)
        self.assertEqual(self.malla("pause", "Echo", *self.own("operator")), (0, "", ""))
        self.assertEqual(self.malla("resume", "Echo", *self.own("operator")), (0, "", ""))
        for words in (("call", "Echo.echo", "5"), ("nodes",), ("pub", "topic", "1"), ("pause", "Echo")):
            code, out, err = self.malla(*words, *self.own("stranger"))
            self.assertEqual((code, out), (REFUSED, ""), err)
            self.assertIn("credentials", err)

    def test_are_shown_where_others_need_them(self):
        self.mesh()
        node = json.loads(self.malla("nodes", "--format", "json", *self.own("user"))[1])
        self.assertTrue(node["endpoint"].endswith("#" + self.keys["host"]), node)
        self.environment.pop("MALLA_BROKER")
        code, out, _ = self.malla("ls", "--format", "json", "--peer", node["endpoint"], *self.own("user"))
        self.assertEqual((code, json.loads(out)["name"]), (0, "Echo"))
        for words, text in ((("--broker", self.endpoint), "#KEY"), ((), "name a broker or a peer")):
            code, _, err = self.malla("ls", *words, *self.own("user"))
            self.assertEqual(code, REFUSED)
            self.assertIn(text, err)
        impostor = f"{self.endpoint}#{self.keys['stranger']}"
        self.assertEqual(self.malla("ls", "--broker", impostor, *self.own("user"))[0], REFUSED)

    def test_that_leave_the_list_are_locked_out_at_sighup(self):
        broker = self.mesh()
        heard = {name: self.listens(name) for name in ("user", "operator")}
        for lines in heard.values():
            eventually(lambda lines=lines: self.publish("before") or lines())
        self.allow("broker.allow", self.line("host"), self.line("operator", "admin"))
        self.reads_its_keys_again(broker, "the allowed keys were read again")
        self.assertEqual(self.malla("ls", *self.own("user"))[0], REFUSED)
        # Those who stay are connected anew, too, and hear nothing meanwhile.
        eventually(lambda: self.publish("locked-out") or '"locked-out"' in heard["operator"]())
        for n in range(5):
            self.publish(f"locked-out-{n}")
        eventually(lambda: '"locked-out-4"' in heard["operator"]())
        self.assertEqual(self.answer("Echo.echo", "5", *self.own("operator")), "5")

        self.allow("broker.allow", self.line("host"), self.line("operator", "admin"), self.line("user"))
        self.reads_its_keys_again(broker, "the allowed keys were read again")
        eventually(lambda: self.publish("after") or '"after"' in heard["user"]())
        self.assertNotIn("locked-out", heard["user"](), "heard what was not for it")
        self.assertIsNone(broker.poll())

    def publish(self, value):
        self.assertEqual(self.malla("pub", "tick", value, *self.own("operator")), (0, "", ""))

    def listens(self, name):
        """Starts `malla sub` of that one; gives a function that gives all that it has written."""
        out = self.start("malla", "sub", ">", *self.own(name), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        os.set_blocking(out.fileno(), False)
        heard = []

        def lines():
            heard.append((out.read() or b"").decode())
            return "".join(heard)
        return lines

    def reads_its_keys_again(self, broker, said):
        """Sends SIGHUP and waits until it is done."""
        broker.send_signal(signal.SIGHUP)
        while said not in (line := broker.stderr.readline()):
            self.assertNotEqual(line, "", "the broker has ended")

    def test_that_cannot_be_read_again_leave_the_former_ones(self):
        broker = self.mesh()
        self.allow("broker.allow", "no key")
        self.reads_its_keys_again(broker, "the former keys stay allowed")
        self.assertEqual([row["name"] for row in self.rows("ls", *self.own("user"))], ["Echo"])
        self.assertEqual(self.malla("ls", *self.own("stranger"))[0], REFUSED)
        self.assertIsNone(broker.poll())


class TwoMachines(Credentials):
    def test_with_a_secret_find_and_call_each_other_without_further_options(self):
        machines = Machines(self)
        mine = self.secret("mine")
        endpoint = f"tcp://{machines.address(0)}:6255"
        self.broker("--secret-file", mine, endpoint=endpoint, prefix=machines.on(0))
        self.environment["MALLA_SECRET_FILE"] = mine
        self.start(*machines.on(1), "malla", "run", ECHO)

        def on_the_first(*words):
            return subprocess.run([*machines.on(0), "malla", *words], env=self.environment, capture_output=True,
                                  text=True, timeout=LIMIT_S, check=False)
        self.assertEqual(on_the_first("call", "Echo.echo", "5").stdout, "5\n")
        node = json.loads(on_the_first("nodes", "--format", "json").stdout)
        self.assertRegex(node["endpoint"], rf"^tcp://{machines.address(1)}:\d+$".replace(".", r"\."))


if __name__ == "__main__":
    unittest.main()
