#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instances that die or stop while they are called, and the rendezvous that dies: what becomes of each call."""

import signal
import unittest

from failures import ALLOWANCE_S, DEATH_S, Failures, Load, eventually, now_us, quantile
from mesh import LIMIT_S

RATE = 1_000


class Killed(Failures):
    """One of two instances, by kill -9, again and again."""

    ROUNDS = 5

    def kill_rounds(self, victim_first):
        """Gives for each kill the milliseconds to the first answer, and to the end of the last lost call."""
        names = ["victim0", "other"] if victim_first else ["other", "victim0"]
        nodes = {}
        for name in names:
            nodes[name] = self.echo(name)
            eventually(lambda name=name: self.listed(name))
        load = Load(self, "--rate", RATE, "--limit", 5_000)
        kills = []
        for n in range(self.ROUNDS):
            load.answered(300, now_us() if n else 0)
            nodes[f"victim{n}"].kill()
            kills.append(now_us())
            load.answered(300, kills[-1])
            if n + 1 < self.ROUNDS:
                names.append(f"victim{n + 1}")
                nodes[names[-1]] = self.echo(names[-1])
                eventually(lambda name=names[-1]: load.changes(name, "running", service="Echo"))
        calls = load.end()
        self.judge(calls, kills, names)

    def judge(self, calls, kills, names):
        self.judge_history(calls, *names)
        self.assertEqual({call["outcome"] for call in calls} - {"answered", "unknown"}, set())
        lost = [call for call in calls if call["outcome"] == "unknown"]
        self.assertEqual({call["status"] for call in lost} - {"peer_lost"}, set())
        first, last = [], []
        for kill, following in zip(kills, kills[1:] + [now_us()]):
            first += [min(call["ended"] for call in calls
                          if call["began"] >= kill and call["outcome"] == "answered") - kill]
            ends = [call["ended"] - kill for call in lost if kill <= call["ended"] < following]
            last += [max(ends, default=0)]
        slowest = max(call["ended"] - call["began"] for call in calls)
        print(f"{len(calls)} calls, {len(lost)} lost by {len(kills)} kills; ms to the first answer "
              f"{[each / 1000 for each in first]}, to the end of the last lost call {[each / 1000 for each in last]}; "
              f"slowest call {slowest / 1000} ms", flush=True)
        self.assertLess(len(lost), 256 * len(kills))
        self.assertLess(quantile(first, 0.5), 20_000 + ALLOWANCE_S * 1e5)
        self.assertLess(quantile(last, 0.5), 20_000 + ALLOWANCE_S * 1e5)
        self.assertLess(max(first + last), 20_000 + ALLOWANCE_S * 1e6)

    def listed(self, name):
        return f'"{name}"' in self.malla("nodes")[1]

    def test_the_other_answers_and_only_what_was_under_way_is_lost(self):
        self.kill_rounds(victim_first=False)

    def test_also_when_it_held_the_rendezvous(self):
        self.kill_rounds(victim_first=True)


class Stopped(Failures):
    """One of two instances, by SIGSTOP, until SIGCONT."""

    def stop_and_go_on(self, names, victim, others):
        nodes = {}
        for name in names:
            nodes[name] = self.echo(name, *others)
            eventually(lambda name=name: f'"{name}"' in self.malla("nodes", *others)[1])
        limit_s = 1
        load = Load(self, "--rate", RATE, "--threads", 400, "--limit", limit_s * 1000, *others)
        load.answered(1_000)
        nodes[victim].send_signal(signal.SIGSTOP)
        self.addCleanup(self.go_on, nodes[victim])
        stopped = now_us()
        bound = stopped + (DEATH_S + ALLOWANCE_S) * 1e6
        load.answered(500, bound)
        before = set(self.recorded(victim))
        went_on = now_us()
        self.go_on(nodes[victim])
        eventually(lambda: set(self.recorded(victim)) - before)  # it is called again
        load.answered(500, now_us())
        calls = load.end()

        self.judge_history(calls, *names)
        self.judge_deadlines(calls, limit_s)
        by_id = {call["id"]: call for call in calls}
        after = [by_id[each] for each in self.recorded(victim) if each not in before]
        stale = [call for call in after if call["began"] / 1e6 + limit_s < went_on / 1e6]
        self.assertEqual(stale, [])
        failed = [call for call in calls if call["outcome"] != "answered" and call["began"] >= stopped]
        moved = max((call["began"] for call in failed if call["began"] < went_on), default=stopped)
        print(f"{len(calls)} calls, {len(failed)} failed; the last of them began {(moved - stopped) / 1000} ms after "
              f"the stop", flush=True)
        self.assertLess(moved, bound)
        self.assertEqual([call for call in failed if call["outcome"] == "not_run" and call["status"] != "expired"], [])

    @staticmethod
    def go_on(process):
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)

    def test_callers_of_a_mesh_with_a_broker_move_away_and_nothing_late_begins(self):
        self.broker()
        self.stop_and_go_on(["victim", "other"], "victim", ["--broker", self.endpoint])

    def test_also_when_it_holds_the_rendezvous(self):
        self.stop_and_go_on(["victim", "other"], "victim", [])


class Broker(Failures):
    """Killed, and started again with nothing."""

    def test_no_call_between_known_nodes_fails_and_the_directory_is_whole_again(self):
        broker = self.broker()
        names = {"one", "two", "three"}
        for name in sorted(names):
            self.echo(name)
        load = Load(self, "--rate", RATE, "--limit", 5_000)
        eventually(lambda: all(load.changes(name, "running", service="Echo") for name in names))
        load.answered(500)
        broker.kill()
        broker.wait(LIMIT_S)
        load.answered(2_500, now_us())  # longer than a lease, so that they are on their own
        self.broker()
        started = now_us()
        eventually(lambda: all(load.changes(name, "running", started) for name in names))  # no longer stale
        whole = max(load.changes(name, "running", started)[0] for name in names) - started
        eventually(lambda: all(f'"{name}"' in self.malla("nodes")[1] for name in names))  # for newcomers, too
        load.answered(1_000, now_us())
        calls = load.end()

        print(f"{len(calls)} calls; whole again after {whole / 1000} ms; slowest call "
              f"{max(call['ended'] - call['began'] for call in calls) / 1000} ms", flush=True)
        self.assertEqual({call["outcome"] for call in calls}, {"answered"})
        self.judge_history(calls, *names)
        self.assertEqual([name for name in names if load.changes(name, "gone")], [])
        self.assertLess(whole, 3_000_000 + ALLOWANCE_S * 1e6)


if __name__ == "__main__":
    unittest.main()
