#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finding each other on one machine and through a broker, whoever of them dies."""

import json
import subprocess
import time
import unittest

from failures import ALLOWANCE_S
from mesh import SAMPLES, LIMIT_S, Mesh, eventually

# From the death of who holds the rendezvous until a newcomer is told of all others by the next one.
TAKEN_OVER_S = 2


class Rendezvous(Mesh):
    def node(self, name, module="calculator.so"):
        process = self.start("malla", "run", SAMPLES / module, "--name", name)
        eventually(lambda: name in self.names())
        return process

    def names(self):
        code, out, _ = self.malla("nodes")
        return {json.loads(line)["name"] for line in out.splitlines()} if code == 0 else set()

    def listeners(self):
        """The processes that listen at the rendezvous endpoint."""
        port = self.endpoint.rsplit(":", 1)[1]
        done = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True, check=True)
        return {int(word.split(",")[0]) for word in done.stdout.split("pid=")[1:]}

    def adds(self, count):
        """Starts so many calls at once; gives them."""
        return [self.start("malla", "call", "Calculator.calculate", "add", n, 1, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True) for n in range(count)]

    def are_answered(self, calls):
        said = [call.communicate(timeout=LIMIT_S) for call in calls]
        self.assertEqual([out for out, _ in said], [f"{n + 1}\n" for n in range(len(calls))], said)

    def test_the_death_of_its_holder_is_survived(self):
        holder = self.node("first")
        second = self.node("second", "echo.so")
        third = self.node("third")
        self.assertEqual(self.listeners(), {holder.pid})
        # Calls between two others, all the while.
        stream = self.start("sh", "-c", "seq 1 100000000 | malla call Echo.echo - -j 4", stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
        for n in range(1, 1_001):
            self.assertEqual(int(stream.stdout.readline()), n)

        holder.kill()
        died = time.monotonic()
        self.assertEqual(self.answer("Calculator.calculate", "add", 2, 3), "5")
        eventually(lambda: self.names() == {"second", "third"})
        self.assertLess(time.monotonic() - died, TAKEN_OVER_S + ALLOWANCE_S)
        [successor] = self.listeners()
        self.assertIn(successor, (second.pid, third.pid))
        self.node("newcomer")
        for n in range(1_001, 3_001):
            self.assertEqual(int(stream.stdout.readline()), n)
        self.assertIsNone(stream.poll())
        self.assertIsNone(second.poll())

    def test_fifty_calls_at_once_never_become_the_rendezvous(self):
        holder = self.node("first")
        calls = self.adds(50)
        while any(call.poll() is None for call in calls):
            self.assertEqual(self.listeners(), {holder.pid})
        self.are_answered(calls)
        self.stop(holder)

        calls = self.adds(50)
        for call in calls:
            self.assertIn("waiting for Calculator", call.stderr.readline())
        self.assertEqual(self.listeners(), set())
        later = self.node("later")
        self.assertEqual(self.listeners(), {later.pid})
        self.are_answered(calls)

    def test_a_broker_does_the_same_and_may_come_back_empty(self):
        first = self.broker()
        self.node("one")
        self.node("two", "echo.so")
        self.are_answered(self.adds(50))
        stream = self.start("sh", "-c", "seq 1 100000000 | malla call Echo.echo - -j 4", stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
        self.assertEqual(stream.stdout.readline(), "1\n")
        first.kill()
        first.wait()
        second = self.broker()
        eventually(lambda: self.names() == {"one", "two"})
        self.assertEqual(self.answer("Calculator.calculate", "add", 2, 3), "5")
        for n in range(2, 2_001):
            self.assertEqual(int(stream.stdout.readline()), n)
        self.stop(second)

    def test_a_node_that_leaves_is_gone_at_once(self):
        self.node("first")
        leaving = self.node("second", "echo.so")
        self.stop(leaving)
        eventually(lambda: self.names() == {"first"}, 1)  # before its lease ends


if __name__ == "__main__":
    unittest.main()
