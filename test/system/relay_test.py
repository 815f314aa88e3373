#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls between machines that reach a broker, but not each other."""

import subprocess
import unittest

from credentials import Credentials
from machines import Apart
from mesh import LIMIT_S, SAMPLES, eventually

ECHO = SAMPLES / "echo.so"
UNREACHABLE = 6
UNKNOWN = 7


class Relay(Credentials):
    def setUp(self):
        super().setUp()
        self.machines = Apart(self)

    def middle(self, *options):
        """Starts a broker that both sides reach."""
        return self.broker(*options, endpoint="tcp://0.0.0.0:6255", prefix=self.machines.in_the_middle(),
                           stderr=subprocess.DEVNULL)

    def options(self, side):
        """How a program on that side joins the mesh."""
        said = self.environment["MALLA_BROKER"]
        return ("--broker", said.replace("0.0.0.0", self.machines.middle_address(side)))

    def host(self, side, *options):
        return self.start(*self.machines.on(side), "malla", "run", ECHO, "--name", f"host{side}", *self.options(side),
                          *options)

    def caller(self, side, *words):
        """A command that runs on that side and goes on."""
        return self.start(*self.machines.on(side), "malla", *words, *self.options(side), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)

    def on(self, side, *words, stdin=""):
        done = subprocess.run([*self.machines.on(side), "malla", *words, *self.options(side)], env=self.environment,
                              input=stdin, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        return done.returncode, done.stdout, done.stderr

    def called_both_ways(self, *options):
        for side in (0, 1):
            self.host(side, *options)
        for side in (0, 1):
            other = f"host{1 - side}"
            code, out, err = self.on(side, "call", "Echo.echo", "-", "--on", other, "-v", *options, stdin="1\n2\n3\n")
            self.assertEqual((code, out), (0, "1\n2\n3\n"), err)
            told = [line for line in err.splitlines() if "through the broker" in line]
            self.assertEqual(len(told), 1, err)
            self.assertIn(f"node {other} cannot be connected to", told[0])
            self.assertIn(f"go through the broker at {self.options(side)[1].partition('#')[0]}", told[0])

    def test_goes_both_ways_without_a_secret_and_is_said_once(self):
        self.middle("--insecure")
        self.called_both_ways("--insecure")

    def test_goes_both_ways_with_a_secret(self):
        secret = self.secret("secret")
        self.middle("--secret-file", secret)
        self.called_both_ways("--secret-file", secret)
        code, out, err = self.on(0, "pause", "Echo", "--on", "host1", "--secret-file", secret)
        self.assertEqual((code, out), (0, ""), err)

    def test_with_keys_lets_in_only_whom_the_host_lets_in_and_not_whom_the_broker_does(self):
        keys = {name: self.keygen(name) for name in ("broker", "host", "operator", "user", "guest")}

        def allow(file, **rights):
            return self.allow(file, *(f"{keys[name]} {name} {right}" for name, right in rights.items()))

        own = {name: ("--key-file", self.path(name)) for name in keys}
        self.middle(*own["broker"], "--allow", allow("all", host="", operator="", user="admin", guest=""))
        self.host(1, *own["host"], "--allow", allow("few", operator="admin", user=""))
        for name in ("operator", "user"):
            code, out, err = self.on(0, "call", "Echo.echo", "5", *own[name])
            self.assertEqual((code, out), (0, "5\n"), err)
        code, out, err = self.on(0, "call", "Echo.echo", "5", "--timeout", "5s", *own["guest"])
        self.assertEqual((code, out), (5, ""), err)
        code, out, err = self.on(0, "pause", "Echo", *own["user"])
        self.assertEqual((code, out), (1, ""), err)
        self.assertIn("forbidden", err)
        self.assertEqual(self.on(0, "pause", "Echo", *own["operator"]), (0, "", ""))

    def test_lets_nobody_operate_services_in_an_open_mesh(self):
        self.middle("--insecure")
        self.host(1, "--insecure", "--bind", "tcp://127.0.0.1:*")
        code, out, err = self.on(0, "call", "Echo.echo", "5", "--insecure")
        self.assertEqual((code, out), (0, "5\n"), err)
        code, out, err = self.on(0, "pause", "Echo", "--insecure")
        self.assertEqual((code, out), (1, ""), err)
        self.assertIn("may not operate", err)

    def test_brings_the_values_of_a_stream(self):
        self.middle("--insecure")
        self.host(1, "--insecure")
        code, out, err = self.on(0, "call", "Echo.numbers", "1", "500", "--insecure")
        self.assertEqual(code, 0, err)
        self.assertEqual([int(line) for line in out.split()], list(range(1, 501)))

    def test_brings_long_values(self):
        self.middle("--insecure")
        self.host(1, "--insecure")
        text = "x" * 3_000_000
        code, out, err = self.on(0, "call", "Echo.text", "-", "--insecure", "--format", "raw", stdin=f"{text}\n")
        self.assertEqual((code, out.strip() == text), (0, True), err)

    def wait_until_it_runs(self):
        """Each look begins a call itself, and gives how many began before; so one more is the other call."""
        def look():
            code, out, err = self.on(1, "call", "Echo.count", "--insecure")
            self.assertEqual(code, 0, err)
            looks.append(int(out))
            return looks[-1] > len(looks) - 1
        looks = []
        eventually(look)

    def test_says_unknown_at_once_when_the_broker_dies(self):
        broker = self.middle("--insecure")
        self.host(1, "--insecure")
        caller = self.caller(0, "call", "Echo.sleep", "600000", "--timeout", "10m", "--insecure")
        self.wait_until_it_runs()
        broker.kill()
        out, err = caller.communicate(timeout=LIMIT_S)
        self.assertEqual((caller.returncode, out), (UNKNOWN, ""), err)
        self.assertIn("may have run", err)

    def test_says_unknown_at_once_when_the_host_dies(self):
        self.middle("--insecure")
        host = self.host(1, "--insecure")
        caller = self.caller(0, "call", "Echo.sleep", "600000", "--timeout", "10m", "--insecure")
        self.wait_until_it_runs()
        host.kill()
        out, err = caller.communicate(timeout=LIMIT_S)
        self.assertEqual((caller.returncode, out), (UNKNOWN, ""), err)

    def test_goes_directly_again_when_the_machines_reach_each_other(self):
        broker = self.middle("--insecure")
        self.host(1, "--insecure")
        caller = self.start(*self.machines.on(0), "malla", "call", "Echo.echo", "-", *self.options(0), "--insecure",
                            "-v", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

        def call(value):
            caller.stdin.write(f"{value}\n")
            caller.stdin.flush()
            return caller.stdout.readline()

        self.assertEqual(call(1), "1\n")
        self.machines.let_through(True)
        said = [caller.stderr.readline()]
        while "directly again" not in said[-1]:
            said.append(caller.stderr.readline())
            self.assertNotEqual(said[-1], "")
        self.assertEqual(sum("go through the broker" in line for line in said), 1, said)
        self.assertEqual(call(2), "2\n")
        broker.kill()
        self.assertEqual(call(3), "3\n")

    def test_without_a_broker_that_does_it_says_what_to_do(self):
        self.middle("--insecure", "--no-relay")
        self.host(1, "--insecure")
        code, out, err = self.on(0, "call", "Echo.echo", "5", "--insecure", "--timeout", "4s")
        self.assertEqual((code, out), (UNREACHABLE, ""), err)
        self.assertIn("host1", err)
        self.assertIn("--no-relay", err)


if __name__ == "__main__":
    unittest.main()
