#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""200 nodes at one broker: that they find each other, lose half of themselves, and cost little at rest."""

import os
import subprocess
import time
import unittest

from failures import ALLOWANCE_S, DEATH_S, TESTS
from mesh import LIMIT_S, Mesh

PROCESSES = 8
NODES_EACH = 25
AT_REST_S = 10


def used_s(process):
    """The seconds of a core that a process has used."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Crowd(Mesh):
    def setUp(self):
        super().setUp()
        self.broker = self.start("malla-broker", "--bind", self.endpoint, stdout=subprocess.PIPE, text=True)
        self.assertEqual(self.broker.stdout.readline(), f"ready {self.endpoint}\n")

    def crowd(self, number):
        return self.start(TESTS / "test_crowd", NODES_EACH, "--name", f"crowd-{number}", "--broker", self.endpoint,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def all_see(self, crowds, count):
        """Waits until each node of all of them sees exactly so many."""
        for crowd in crowds:
            crowd.stdin.write(f"{count}\n")
            crowd.stdin.flush()
        for crowd in crowds:
            self.assertEqual(crowd.stdout.readline(), f"sees {count}\n")

    def test_200_nodes_find_each_other_lose_half_and_cost_little_at_rest(self):
        began = time.monotonic()
        crowds = [self.crowd(number) for number in range(PROCESSES)]
        for crowd in crowds:
            self.assertEqual(crowd.stdout.readline(), "ready\n")
        self.all_see(crowds, PROCESSES * NODES_EACH)
        found = time.monotonic() - began

        everybody = [self.broker, *crowds]
        before = sum(map(used_s, everybody))
        rests = time.monotonic()
        time.sleep(AT_REST_S)  # what it costs to wait is what is measured
        used = (sum(map(used_s, everybody)) - before) / (time.monotonic() - rests)
        broker = used_s(self.broker)

        died, left = crowds[::2], crowds[1::2]
        for crowd in died:
            crowd.kill()
        killed = time.monotonic()
        self.all_see(left, len(left) * NODES_EACH)
        gone = time.monotonic() - killed
        print(f"200 nodes found each other in {found:.2f} s; at rest they take {used:.3f} cores; the broker took "
              f"{broker:.2f} s in all; 100 of them were gone everywhere after {gone:.2f} s", flush=True)
        self.assertLess(used, 0.5)
        self.assertLess(gone, DEATH_S + 2 + ALLOWANCE_S)
        for crowd in left:
            crowd.stdin.close()
            self.assertEqual(crowd.wait(LIMIT_S), 0)


if __name__ == "__main__":
    unittest.main()
