#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls between machines that reach a broker, but not each other."""

import itertools
import pathlib
import subprocess
import tempfile
import unittest

from machines import Apart
from mesh import LIMIT_S, SAMPLES, Mesh, eventually

ECHO = SAMPLES / "echo.so"
UNREACHABLE = 6
UNKNOWN = 7


class Relay(Mesh):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.machines = Apart(self)
        del self.environment["MALLA_LOOPBACK"]

    def path(self, name):
        return str(self.folder / name)

    def broker(self, *options):
        bind = "tcp://0.0.0.0:6255"
        broker = self.start(*self.machines.in_the_middle(), "malla-broker", "--bind", bind, *options,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        word, endpoint = broker.stdout.readline().split()
        self.assertEqual(word, "ready")
        self.key = endpoint.partition("#")[2]
        return broker

    def options(self, side):
        """How a program on that side joins the mesh."""
        endpoint = f"tcp://{self.machines.middle_address(side)}:6255"
        return ("--broker", f"{endpoint}#{self.key}" if self.key else endpoint)

    def host(self, side, *options):
        log = open(self.path(f"host{side}.log"), "wb")
        self.addCleanup(log.close)
        return self.start(*self.machines.on(side), "malla", "run", ECHO, "--name", f"host{side}", *self.options(side),
                          *options, stderr=log)

    def caller(self, side, *words):
        """A command that runs on that side and goes on."""
        return self.start(*self.machines.on(side), "malla", *words, *self.options(side), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)

    def on(self, side, *words):
        done = subprocess.run([*self.machines.on(side), "malla", *words, *self.options(side)], env=self.environment,
                              capture_output=True, text=True, timeout=LIMIT_S, check=False)
        return done.returncode, done.stdout, done.stderr

    def called_both_ways(self, *options):
        for side in (0, 1):
            self.host(side, *options)
        for side in (0, 1):
            code, out, err = self.on(side, "call", "Echo.echo", f"{side}7", "--on", f"host{1 - side}", *options)
            self.assertEqual((code, out), (0, f"{side}7\n"), err)

    def test_goes_both_ways_without_a_secret_and_is_said_once(self):
        self.broker("--insecure")
        self.called_both_ways("--insecure")

    def test_goes_both_ways_with_a_secret(self):
        secret = self.path("secret")
        self.assertEqual(self.malla("keygen", "--secret", secret), (0, "", ""))
        self.broker("--secret-file", secret)
        self.called_both_ways("--secret-file", secret)
        code, out, err = self.on(0, "pause", "Echo", "--on", "host1", "--secret-file", secret)
        self.assertEqual((code, out), (0, ""), err)

    def keygen(self, name):
        code, out, err = self.malla("keygen", self.path(name))
        self.assertEqual(code, 0, err)
        return out.strip()

    def test_with_keys_lets_in_only_whom_the_host_lets_in_and_not_whom_the_broker_does(self):
        keys = {name: self.keygen(name) for name in ("broker", "host", "operator", "user", "guest")}

        def allow(file, **rights):
            lines = [f"{keys[name]} {name} {right}\n" for name, right in rights.items()]
            (self.folder / file).write_text("".join(lines), encoding="ascii")
            return self.path(file)

        own = {name: ("--key-file", self.path(name)) for name in keys}
        self.broker(*own["broker"], "--allow", allow("all", host="", operator="", user="admin", guest=""))
        self.host(1, *own["host"], "--allow", allow("few", operator="admin", user=""))
        for name in ("operator", "user"):
            code, out, err = self.on(0, "call", "Echo.echo", "5", *own[name])
            self.assertEqual((code, out), (0, "5\n"), err)
        code, out, err = self.on(0, "call", "Echo.echo", "5", "--timeout", "5s", *own["guest"])
        self.assertEqual((code, out), (5, ""), err)
        self.assertNotEqual(self.on(0, "pause", "Echo", *own["user"])[0], 0)
        self.assertEqual(self.on(0, "pause", "Echo", *own["operator"])[0], 0)

    def test_lets_nobody_operate_services_in_an_open_mesh(self):
        self.broker("--insecure")
        self.host(1, "--insecure", "--bind", "tcp://127.0.0.1:*")
        code, out, err = self.on(0, "call", "Echo.echo", "5", "--insecure")
        self.assertEqual((code, out), (0, "5\n"), err)
        code, out, err = self.on(0, "pause", "Echo", "--insecure")
        self.assertEqual((code, out), (1, ""), err)
        self.assertIn("may not operate", err)

    def test_brings_the_values_of_a_stream(self):
        self.broker("--insecure")
        self.host(1, "--insecure")
        code, out, err = self.on(0, "call", "Echo.numbers", "1", "500", "--insecure")
        self.assertEqual(code, 0, err)
        self.assertEqual([int(line) for line in out.split()], list(range(1, 501)))

    def test_brings_long_values(self):
        self.broker("--insecure")
        self.host(1, "--insecure")
        text = "x" * 3_000_000
        done = subprocess.run([*self.machines.on(0), "malla", "call", "Echo.text", "-", *self.options(0), "--insecure",
                               "--format", "raw"], env=self.environment, input=f"{text}\n", capture_output=True,
                              text=True, timeout=LIMIT_S, check=False)
        self.assertEqual((done.returncode, done.stdout.strip() == text), (0, True), done.stderr)

    def wait_until_it_runs(self):
        """Each look begins a call itself, and gives how many began before."""
        looks = itertools.count()
        eventually(lambda: int(self.on(1, "call", "Echo.count", "--insecure")[1]) > next(looks))

    def test_says_unknown_at_once_when_the_broker_dies(self):
        broker = self.broker("--insecure")
        self.host(1, "--insecure")
        caller = self.caller(0, "call", "Echo.sleep", "600000", "--timeout", "10m", "--insecure")
        self.wait_until_it_runs()
        broker.kill()
        out, err = caller.communicate(timeout=LIMIT_S)
        self.assertEqual((caller.returncode, out), (UNKNOWN, ""), err)
        self.assertIn("may have run", err)

    def test_says_unknown_at_once_when_the_host_dies(self):
        self.broker("--insecure")
        host = self.host(1, "--insecure")
        caller = self.caller(0, "call", "Echo.sleep", "600000", "--timeout", "10m", "--insecure")
        self.wait_until_it_runs()
        host.kill()
        out, err = caller.communicate(timeout=LIMIT_S)
        self.assertEqual((caller.returncode, out), (UNKNOWN, ""), err)

    def test_goes_directly_again_when_the_machines_reach_each_other(self):
        broker = self.broker("--insecure")
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
        self.broker("--insecure", "--no-relay")
        self.host(1, "--insecure")
        code, out, err = self.on(0, "call", "Echo.echo", "5", "--insecure", "--timeout", "4s")
        self.assertEqual((code, out), (UNREACHABLE, ""), err)
        self.assertIn("host1", err)
        self.assertIn("--no-relay", err)


if __name__ == "__main__":
    unittest.main()
