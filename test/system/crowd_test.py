#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""200 nodes at one broker: that they find each other, lose half of themselves, and cost little at rest."""

import subprocess
import time
import unittest

from failures import ALLOWANCE_S, DEATH_S, TESTS
from mesh import LIMIT_S, Mesh, used_s

PROCESSES = 8
NODES_EACH = 25
AT_REST_S = 10
# From the start of the first process until each node sees all: several times what it takes on two cores.
FOUND_S = 5


class Crowd(Mesh):
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
        broker = self.broker()
        began = time.monotonic()
        crowds = [self.crowd(number) for number in range(PROCESSES)]
        for crowd in crowds:
            self.assertEqual(crowd.stdout.readline(), "ready\n")
        self.all_see(crowds, PROCESSES * NODES_EACH)
        found = time.monotonic() - began

        everybody = [broker, *crowds]
        before = sum(map(used_s, everybody))
        rests = time.monotonic()
        time.sleep(AT_REST_S)  # what it costs to wait is what is measured
        used = (sum(map(used_s, everybody)) - before) / (time.monotonic() - rests)
        in_all = used_s(broker)

        died, left = crowds[::2], crowds[1::2]
        for crowd in died:
            crowd.kill()
        killed = time.monotonic()
        self.all_see(left, len(left) * NODES_EACH)
        gone = time.monotonic() - killed
        print(f"200 nodes found each other in {found:.2f} s; at rest they take {used:.3f} cores; the broker took "
              f"{in_all:.2f} s in all; 100 of them were gone everywhere after {gone:.2f} s", flush=True)
        self.assertLess(found, FOUND_S + ALLOWANCE_S)
        self.assertLess(used, 0.5)
        self.assertLess(gone, DEATH_S + 2 + ALLOWANCE_S)
        for crowd in left:
            crowd.stdin.close()
            self.assertEqual(crowd.wait(LIMIT_S), 0)


if __name__ == "__main__":
    unittest.main()
