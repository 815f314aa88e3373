# SPDX-License-Identifier: Apache-2.0
"""What the system tests share: a mesh of its own for each test, processes that always end, waiting for events."""

import fcntl
import json
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ["MALLA_BUILD"]).resolve()
SAMPLES = BUILD / "samples"
LIMIT_S = 60
SANITIZED = "MALLA_SANITIZE:STRING=\n" not in (BUILD / "CMakeCache.txt").read_text(encoding="utf-8")


def free_endpoint():
    """A loopback endpoint for this process alone, outside the range from which the system takes ports by itself."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as limits:
        first = int(limits.read().split()[0])
    for port in range(10_000 + os.getpid() % 5_000, first):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                taken.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in free_endpoint.given and is_ours(port):
                return f"tcp://127.0.0.1:{port}"
    raise RuntimeError("no free port")


free_endpoint.given = {}


def is_ours(port):
    """Takes a port for this process until its end, before other tests that run at the same time."""
    try:
        lock = open(pathlib.Path(tempfile.gettempdir(), f"malla-test-port-{port}"), "w", encoding="ascii")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):  # another test's, or another user's
        return False
    free_endpoint.given[port] = lock
    return True


def call_frame(service, callback, body, left_s=LIMIT_S):
    """A CALL as docs/wire.md has it, with arguments in JSON."""
    def sized(text):
        return bytes([len(text)]) + text.encode()
    times = struct.pack("<QQBBH", left_s * 1_000_000, time.monotonic_ns() // 1000, 0, 1, 0)
    header = struct.pack("<Q", 1) + os.urandom(16) + bytes(40) + times + sized(service) + sized(callback)
    return b"ML\x01\x10" + struct.pack("<I", len(header)) + header + body


def eventually(condition, limit_s=LIMIT_S):
    """Gives the first true value of `condition`, asked again and again until the limit."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit_s} s")
        os.sched_yield()


def within(tries, attempt):
    """The first true value of `attempt`, for what a machine that is busy at the wrong moment may spoil now and then."""
    for _ in range(tries):
        if value := attempt():
            return value
    raise AssertionError(f"not in {tries} tries")


class Mesh(unittest.TestCase):
    """A test with nodes: its own rendezvous endpoint, and no process left behind."""

    def setUp(self):
        self.endpoint = free_endpoint()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLA_")}
        self.environment.update(MALLA_LOOPBACK=self.endpoint, PATH=f"{BUILD / 'bin'}:{os.environ['PATH']}",
                                XDG_CONFIG_HOME="/nonexistent")
        self.processes = []
        self.addCleanup(self.end_all)

    def start(self, *command, **options):
        """Starts a command in the background."""
        process = subprocess.Popen([str(word) for word in command], env=self.environment,
                                   stdin=options.pop("stdin", subprocess.DEVNULL), **options)
        self.processes.append(process)
        return process

    def broker(self, *options, endpoint=None, prefix=(), **streams):
        """Starts a broker and waits until it serves; from now on the commands of this test look there."""
        bind = endpoint or self.endpoint
        process = self.start(*prefix, "malla-broker", "--bind", bind, *options, stdout=subprocess.PIPE, text=True,
                             **streams)
        said = process.stdout.readline()
        self.assertRegex(said, rf"^ready {re.escape(bind)}(#\S{{40}})?\n$")
        self.environment.pop("MALLA_LOOPBACK", None)
        self.environment["MALLA_BROKER"] = said.split()[1]
        return process

    def stop(self, process):
        """Ends a node as an operator does; it leaves with 0."""
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(LIMIT_S), 0, process.args)

    def end_all(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()

    def malla(self, *words, stdin="", limit_s=LIMIT_S):
        """Runs `malla WORDS`; gives exit code, standard output and standard error."""
        done = subprocess.run(["malla", *map(str, words)], env=self.environment, input=stdin, capture_output=True,
                              text=True, timeout=limit_s, check=False)
        return done.returncode, done.stdout, done.stderr

    def patiently(self, *words, **options):
        """As `malla`, for what is not about time: that it has to wait for a service goes unsaid."""
        code, out, err = self.malla(*words, **options)
        return code, out, re.sub(r"(?m)^waiting for .*\n", "", err)

    def seconds(self, words, stdin=None):
        """How long a command takes that ends well. Its end is waited for: `wait` with a limit looks now and then only."""
        if stdin:
            stdin.seek(0)
        with tempfile.TemporaryFile() as results:
            began = time.monotonic()
            code = self.start(*words, stdin=stdin or subprocess.DEVNULL, stdout=results).wait()
            took = time.monotonic() - began
        self.assertEqual(code, 0, words)
        return took

    @staticmethod
    def least_of(rounds, ours, theirs, is_enough):
        """The least that two measures gave in rounds that alternate. While that is not enough it takes as many more,
        four times at most, as others on the machine can only make both slower."""
        one, other = [], []
        for _ in range(4):
            for _ in range(rounds):
                one.append(ours())
                other.append(theirs())
            if is_enough(min(one), min(other)):
                break
        return min(one), min(other)

    def commands(self):
        """The names of all commands, as the help lists them."""
        code, out, _ = self.malla("--help")
        self.assertEqual(code, 0)
        return [line.split()[0] for line in out.split("Subcommands:\n")[1].splitlines() if line.startswith("  ")]

    def rows(self, *words, code=0):
        """What a command that lists something lists; where it succeeds, without a word beside it."""
        done, out, err = self.patiently(*words, "--format", "json")
        self.assertEqual(done, code, (words, out, err))
        self.assertTrue(code != 0 or err == "", err)
        return [json.loads(line) for line in out.splitlines()]

    def names(self, service):
        """The plugins of a service, top first."""
        return [row["name"] for row in self.rows("plugins", service)]

    def start_sleeper(self, milliseconds):
        """Starts a call of Echo.sleep whose handler has begun: each look counts itself, so one more is the sleeper."""
        counted = [int(self.answer("Echo.count"))]
        process = self.start("malla", "call", "Echo.sleep", milliseconds, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
        eventually(lambda: counted.append(int(self.answer("Echo.count"))) or counted[-1] - counted[-2] > 1)
        return process

    def answer(self, *words, **options):
        """The output of a call that must succeed."""
        code, out, err = self.patiently("call", *words, **options)
        self.assertEqual((code, err), (0, ""), words)
        return out.removesuffix("\n")


def is_pending(process):
    """Whether a signal has been sent to the process, and not yet taken."""
    if process.poll() is not None:
        return False
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return any(line.startswith("ShdPnd:") and int(line.split()[1], 16) != 0 for line in status)


def send_twice(process, number):
    """Sends a signal, and the same once more as soon as it was taken."""
    process.send_signal(number)
    eventually(lambda: not is_pending(process))
    process.send_signal(number)


def peak_kib(process):
    """The most memory that a process has had."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def used_s(process):
    """The seconds of a core that a process has used."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit("import it")
