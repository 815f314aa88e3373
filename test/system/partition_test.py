#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two machines, made of network namespaces, between which nothing passes for a while. Needs to be root."""

import unittest

from failures import ALLOWANCE_S, DEATH_S, Failures, Load, eventually, now_us
from machines import Machines

PORT = 7_000


class Partition(Failures):
    """A broker and a node on one side, a node on the other, and calls both ways."""

    def last_for(self, seconds):
        machines = Machines(self)
        broker = f"tcp://{machines.address(0)}:{PORT}"
        self.broker("--insecure", endpoint=broker, prefix=machines.on(0))
        names = ["near", "far"]
        for number, name in enumerate(names):
            self.echo(name, "--broker", broker, "--bind", f"tcp://{machines.address(number)}:*", "--insecure",
                      prefix=machines.on(number))
        limit_s = 1
        loads = [Load(self, "--broker", broker, "--rate", 100, "--limit", limit_s * 1_000, "--on", names[1 - number],
                      prefix=machines.on(number)) for number in range(2)]
        for load in loads:
            load.answered(100)

        machines.cut()
        cut = now_us()
        noticed = [self.noticed(load, names[1 - number], cut) for number, load in enumerate(loads)]
        eventually(lambda: now_us() >= cut + seconds * 1e6, seconds + 1)
        machines.heal()
        healed = now_us()
        for load in loads:
            load.answered(100, healed)
        histories = [load.end() for load in loads]

        calls = histories[0] + histories[1]
        self.judge_history(calls, *names)
        self.judge_deadlines(calls, limit_s)
        back = [min(call["ended"] for call in history if call["outcome"] == "answered" and call["ended"] >= healed)
                - healed for history in histories]
        lost = sum(call["outcome"] == "unknown" for call in calls)
        print(f"{seconds} s: {len(calls)} calls, {lost} lost; doubted and gone after {noticed} s; calls went "
              f"on {[each / 1e6 for each in back]} s after it had healed", flush=True)
        self.assertLess(max(doubted for doubted, _ in noticed), DEATH_S + ALLOWANCE_S)
        self.assertLess(max(gone for _, gone in noticed), self.GONE_S + ALLOWANCE_S)
        self.assertLess(max(back), 2_000_000 + ALLOWANCE_S * 1e6)

    # The silence of the rendezvous, two beats, and a try to connect that nobody answers.
    GONE_S = DEATH_S + 2

    @staticmethod
    def noticed(load, node, cut):
        """How long after the cut the other side was doubted, and how long until it was taken for dead."""
        eventually(lambda: load.changes(node, "gone", cut), 30)
        gone = load.changes(node, "gone", cut)[0]
        doubted = min([gone, *load.changes(node, "stale", cut)])
        return (doubted - cut) / 1e6, (gone - cut) / 1e6

    def test_of_5_seconds_is_noticed_and_calls_go_on_when_it_has_healed(self):
        self.last_for(5)

    def test_of_15_seconds_is_noticed_and_calls_go_on_when_it_has_healed(self):
        self.last_for(15)

    def test_of_40_seconds_is_noticed_and_calls_go_on_when_it_has_healed(self):
        self.last_for(40)


if __name__ == "__main__":
    unittest.main()
