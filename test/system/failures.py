# SPDX-License-Identifier: Apache-2.0
"""What the tests of failures share: nodes that record what they ran, a load that records what became of it, judges."""

import json
import subprocess
import tempfile
import time

import mesh
from mesh import BUILD, LIMIT_S, SAMPLES, SANITIZED, Mesh

TESTS = BUILD / "tests"
# docs/wire.md, "Who is alive": a node that is silent is gone after this.
DEATH_S = 1.75
# What a busy machine may take more than is promised.
ALLOWANCE_S = 3.0 if SANITIZED else 1.0


def now_us():
    """As the load counts."""
    return time.monotonic_ns() // 1_000


def eventually(condition, limit_s=LIMIT_S):
    """As that of `mesh`, but leaves the machine to those who are measured."""
    def looked():
        time.sleep(0.005)
        return condition()
    return mesh.eventually(looked, limit_s)


def quantile(values, part):
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1))]


class Load:
    """A `test_load` that runs until `end`, and its calls."""

    def __init__(self, test, *options, prefix=()):
        self.output = tempfile.NamedTemporaryFile("r", encoding="utf-8")  # pylint: disable=consider-using-with
        test.addCleanup(self.output.close)
        with open(self.output.name, "w", encoding="utf-8") as output:
            self.process = test.start(*prefix, TESTS / "test_load", *options, stdin=subprocess.PIPE, stdout=output)
        self.lines = []

    def read(self):
        """What it has said so far."""
        while True:
            at = self.output.tell()
            line = self.output.readline()
            if not line.endswith("\n"):
                self.output.seek(at)
                return self.lines
            self.lines.append(json.loads(line))

    def calls(self):
        return [line for line in self.read() if "id" in line]

    def changes(self, node, change, since_us=0, service=""):
        """When it heard that, and not before."""
        return [line["at"] for line in self.read() if line.get("node") == node and line["service"] == service
                and line["change"] == change and line["at"] >= since_us]

    def answered(self, count, since_us=0):
        """Waits until so many calls that began since then are answered."""
        return eventually(lambda: sum(call["outcome"] == "answered" and call["began"] >= since_us
                                      for call in self.calls()) >= count)

    def end(self):
        """Ends it, and gives all its calls: none is without an outcome."""
        self.process.stdin.close()
        assert self.process.wait(LIMIT_S) == 0
        calls = self.calls()
        assert [line["begun"] for line in self.lines if "begun" in line] == [len(calls)], "a call has no outcome"
        assert len({call["id"] for call in calls}) == len(calls)
        return calls


class Failures(Mesh):
    """A mesh whose nodes record the calls that they began, each in a file of its own."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def echo(self, name, *options, prefix=()):
        """Starts an instance of Echo; does not wait for it."""
        config = f"{self.folder}/{name}.json"
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"Echo": {"record": f"{self.folder}/{name}.record"}}, file)
        return self.start(*prefix, "malla", "run", SAMPLES / "echo.so", "--name", name, "--config", config, *options)

    def recorded(self, *names):
        """The ids of the calls that began on those nodes, in their order."""
        ids = []
        for name in names:
            with open(f"{self.folder}/{name}.record", encoding="utf-8") as file:
                ids += [line.split()[0] for line in file]
        return ids

    def judge_history(self, calls, *names):
        """Each call ran as often as its outcome says: no id twice, each that was answered, none that was not run."""
        ran = self.recorded(*names)
        self.assertEqual(len(set(ran)), len(ran), "a call began twice")
        ran = set(ran)
        for call in calls:
            if call["outcome"] == "answered":
                self.assertIn(call["id"], ran, call)
            if call["outcome"] == "not_run":
                self.assertNotIn(call["id"], ran, call)

    def judge_deadlines(self, calls, limit_s):
        """No call ended later than 50 ms behind its deadline, as far as the machine lets one see that."""
        late = [(call["ended"] - call["began"]) / 1e6 - limit_s for call in calls]
        print(f"ends at most {max(late) * 1000:.1f} ms behind the deadline, 99 of 100 at most "
              f"{quantile(late, 0.99) * 1000:.1f} ms", flush=True)
        self.assertLess(quantile(late, 0.99), 0.05 + ALLOWANCE_S / 10)
        self.assertLess(max(late), 0.05 + ALLOWANCE_S)
