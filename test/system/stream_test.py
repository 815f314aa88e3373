#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Streams through `malla call -`: order, failures, memory, and the ends of pipes."""

import json
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from mesh import BUILD, LIMIT_S, SAMPLES, Mesh, call_frame, eventually, peak_kib, send_twice, within


class Stream(Mesh):
    def setUp(self):
        super().setUp()
        self.server = self.start("malla", "run", SAMPLES / "echo.so", SAMPLES / "calculator.so")
        self.answer("Echo.text", "hello")
        self.answer("Calculator.square", 3)

    def test_results_come_in_the_order_of_the_input(self):
        numbers = "".join(f"{n}\n" for n in range(5_000))
        squares = "".join(f"{n * n}\n" for n in range(5_000))
        for in_flight in (1, 7, 64, 1000):
            self.assertEqual(self.malla("call", "Calculator.square", "-", "-j", in_flight, stdin=numbers),
                             (0, squares, ""))

    def test_unordered_gives_each_result_once(self):
        numbers = "".join(f"{n}\n" for n in range(2_000))
        code, out, err = self.malla("call", "Calculator.square", "-", "-j", 32, "--unordered", stdin=numbers)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(sorted(map(int, out.split())), [n * n for n in range(2_000)])

    def test_a_line_that_fails_ends_it_and_says_where_to_go_on(self):
        code, out, err = self.malla("call", "Calculator.square", "-", stdin="1\n2\nx\n4\n")
        self.assertEqual((code, out), (2, "1\n4\n"))
        self.assertIn("line 3", err)
        self.assertIn("--from-line 3", err)
        self.assertEqual(self.malla("call", "Calculator.square", "-", "--from-line", 4, stdin="1\n2\nx\n4\n"),
                         (0, "16\n", ""))

    def test_where_to_go_on_is_said_in_json_too(self):
        code, out, err = self.malla("call", "Calculator.square", "-", "--format", "json", stdin="1\nx\n")
        self.assertEqual((code, out), (2, "1\n"))
        failure, end = map(json.loads, err.splitlines())
        self.assertEqual((failure["line"], failure["error"]["status"]), (2, "usage"))
        self.assertEqual(end, {"first_line_not_answered": 2, "answered_behind": 0, "values_of_unanswered": 0,
                               "may_have_run": 0})

    def test_keep_going_names_each_failed_line(self):
        code, out, err = self.malla("call", "Calculator.square", "-", "-j", 4, "--keep-going", stdin="1\nx\n3\ny\n5")
        self.assertEqual((code, out), (2, "1\n9\n25\n"))
        failed = [json.loads(line) for line in err.splitlines()]
        self.assertEqual([line["line"] for line in failed], [2, 4])
        self.assertEqual({line["error"]["outcome"] for line in failed}, {"not_run"})

    def test_input_from_a_tail_is_answered_line_by_line(self):
        stream = self.start("malla", "call", "Calculator.square", "-", "-j", "8", stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True, bufsize=1)
        for n in range(20):
            stream.stdin.write(f"{n}\n")
            stream.stdin.flush()
            self.assertEqual(stream.stdout.readline(), f"{n * n}\n")
        stream.stdin.close()
        self.assertEqual(stream.wait(LIMIT_S), 0)

    def test_a_file_is_followed(self):
        with tempfile.NamedTemporaryFile("w", buffering=1) as log:
            tail = self.start("tail", "-n", "+1", "-f", log.name, stdout=subprocess.PIPE)
            stream = self.start("malla", "call", "Calculator.square", "-", "-j", "8", stdin=tail.stdout,
                                stdout=subprocess.PIPE, text=True)
            for n in range(5):
                log.write(f"{n}\n")
                self.assertEqual(stream.stdout.readline(), f"{n * n}\n")

    def test_a_line_that_is_too_long_is_told_of_and_the_next_one_is_answered(self):
        lines = "first\n" + "x" * 70_000_000 + "\nthird\n"
        code, out, err = self.malla("call", "Echo.text", "-", "--keep-going", stdin=lines)
        self.assertEqual((code, out), (2, '"first"\n"third"\n'))
        self.assertEqual(json.loads(err)["line"], 2)
        self.assertEqual(self.malla("call", "Echo.text", "-", "--from-line", 3, stdin=lines), (0, '"third"\n', ""))
        code, out, err = self.malla("call", "Echo.text", "-", stdin=lines)
        self.assertEqual(code, 2)
        self.assertTrue(out.startswith('"first"\n'), out)  # what was under way already is written, too
        self.assertIn("line 2 is the first that was not answered", err)
        code, _, err = self.malla("pub", "a", "-", stdin=lines)
        self.assertEqual(code, 2)
        self.assertIn("longer than 67108864 bytes; line 2 is the first that may not have been published", err)

    def test_a_dying_server_loses_no_line_silently(self):
        stream = self.start("sh", "-c", "seq 1 100000000 | malla call Calculator.square - -j 8", stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
        answered = [int(stream.stdout.readline()) for _ in range(1_000)]
        self.server.kill()
        answered += map(int, stream.stdout)
        err = stream.stderr.read()
        stream.wait(LIMIT_S)
        self.assertEqual(answered, [n * n for n in range(1, len(answered) + 1)])
        self.assertIn(stream.returncode, (3, 7), err)  # 3: the first one lost had not been sent
        self.assertIn(f"--from-line {len(answered) + 1}", err)

    def test_an_interrupt_ends_it_with_130(self):
        stream = self.start("malla", "call", "Echo.echo", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                            bufsize=1, stderr=subprocess.PIPE)
        stream.stdin.write("1\n")
        stream.stdin.flush()
        self.assertEqual(stream.stdout.readline(), "1\n")
        stream.send_signal(signal.SIGINT)
        self.assertEqual(stream.wait(LIMIT_S), 130)

    def test_an_interrupt_that_is_sent_twice_as_timeout_does_is_told_of(self):
        for _ in range(20):
            stream = self.start("malla", "call", "Echo.echo", "-", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                bufsize=1, stderr=subprocess.PIPE)
            stream.stdin.write("1\n")
            stream.stdin.flush()
            self.assertEqual(stream.stdout.readline(), "1\n")
            send_twice(stream, signal.SIGINT)
            self.assertEqual(stream.wait(LIMIT_S), 130)
            self.assertIn("line 2 is the first", stream.stderr.read())

    def test_one_that_was_interrupted_goes_on_where_it_says(self):
        stream = self.start("malla", "call", "Calculator.square", "-", "-j", "8", stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        feeder = threading.Thread(target=self.feed, args=(stream.stdin, range(1, 1_000_000)))
        feeder.start()
        answered = [int(stream.stdout.readline()) for _ in range(1_000)]
        stream.send_signal(signal.SIGINT)
        answered += map(int, stream.stdout)
        feeder.join()
        code, line = stream.wait(LIMIT_S), len(answered) + 1
        self.assertEqual(code, 130)
        self.assertIn(f"line {line} is the first that was not answered; --from-line {line} goes", stream.stderr.read())
        rest = "".join(f"{n}\n" for n in range(1, line + 100))
        code, out, err = self.malla("call", "Calculator.square", "-", "--from-line", line, stdin=rest)
        answered += map(int, out.split())
        self.assertEqual((code, err, answered), (0, "", [n * n for n in range(1, line + 100)]))

    @staticmethod
    def feed(pipe, numbers):
        try:
            with pipe:
                pipe.writelines(f"{n}\n" for n in numbers)
        except BrokenPipeError:
            pass  # its reader was interrupted, as is meant

    def test_a_reader_that_goes_away_ends_it_at_once(self):
        script = "set -o pipefail; seq 1 1000000 | malla call Echo.echo - -j 16 | head -3; echo ${PIPESTATUS[*]}"
        def ends_at_once():
            before = int(self.answer("Echo.count"))
            began = time.monotonic()
            done = subprocess.run(["bash", "-c", script], env=self.environment, capture_output=True, text=True,
                                  timeout=LIMIT_S, check=False)
            took = time.monotonic() - began
            self.assertEqual((done.stdout, done.stderr), ("1\n2\n3\n141 141 0\n", ""))
            ran = int(self.answer("Echo.count")) - before - 1
            self.assertLess(ran, 50_000)
            return took < 2 and ran <= 3 + 3 + 16  # the handlers that ran beyond what was printed
        within(5, ends_at_once)  # a reader that waits for its core goes later


class Leaving(Mesh):
    def setUp(self):
        super().setUp()
        self.first = self.node("first")  # holds the rendezvous
        self.second = self.node("second")

    def node(self, name):
        process = self.start("malla", "run", SAMPLES / "echo.so", "--name", name)
        eventually(lambda: f'"{name}"' in self.malla("info", "Echo")[1])
        return process

    def loses_no_line_when_it_ends(self, leaving):
        lines = 20_000
        stream = self.start("sh", "-c", f"seq 1 {lines} | malla call Echo.echo - -j 64", stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
        answered = [stream.stdout.readline() for _ in range(2_000)]
        self.stop(leaving)
        answered += stream.stdout
        self.assertEqual((stream.stderr.read(), stream.wait(LIMIT_S)), ("", 0))
        self.assertEqual(answered, [f"{n}\n" for n in range(1, lines + 1)])

    def test_a_server_that_ends_costs_no_line(self):
        self.loses_no_line_when_it_ends(self.second)

    def test_the_rendezvous_that_ends_costs_no_line(self):
        self.loses_no_line_when_it_ends(self.first)


class Rate(Mesh):
    def test_a_million_lines_in_order_at_50000_a_second_in_little_constant_memory(self):
        server = self.start("malla", "run", SAMPLES / "calculator.so")
        self.answer("Calculator.square", 1)
        stream = self.start("bash", "-c", "seq 1 1000000 | malla call Calculator.square - -j 256",
                            stdout=subprocess.PIPE, text=True)
        malla = eventually(lambda: self.child_named(stream.pid, "malla"))
        began = time.monotonic()
        total, memory = 0, None
        for count, line in enumerate(stream.stdout, 1):
            total += int(line)
            if count == 100_000:
                memory = peak_kib(malla), peak_kib(server)
            if count == 900_000:  # more lines follow than a pipe takes, so both still run
                peak = peak_kib(malla), peak_kib(server)
                grown = peak[0] - memory[0], peak[1] - memory[1]
        took = time.monotonic() - began
        self.assertEqual(stream.wait(LIMIT_S), 0)
        print(f"{count / took:.0f} lines/s; memory grew by {grown} KiB to {peak} KiB")
        self.assertEqual((count, total), (1_000_000, 333333833333500000))
        self.assertGreater(count / took, 50_000)
        self.assertLessEqual(max(grown), 2048)
        self.assertLess(max(peak), 64 * 1024)

    def test_a_line_costs_at_most_two_and_a_half_times_a_call_of_a_bare_program(self):
        self.start("malla", "run", SAMPLES / "calculator.so")
        self.answer("Calculator.square", 3)
        endpoint = self.rows("nodes")[0]["endpoint"]
        count, in_flight = 200_000, 256
        def bare():
            frame = call_frame("Calculator", "square", b"[3]").hex()  # a new one: no id is used again
            return [BUILD / "tests" / "test_bare_call", endpoint, frame, str(count), str(in_flight)]
        malla = ["malla", "call", "Calculator.square", "-", "-j", str(in_flight)]
        with tempfile.TemporaryFile() as lines:
            lines.write(b"3\n" * count)
            ours, theirs = self.least_of(5, lambda: self.seconds(malla, lines), lambda: self.seconds(bare()),
                                         lambda one, other: one < 2.5 * other)
        print(f"{count / ours:.0f} lines/s, bare {count / theirs:.0f} calls/s: {ours / theirs:.2f} times")
        self.assertLess(ours, 2.5 * theirs)

    @staticmethod
    def child_named(parent, name):
        done = subprocess.run(["pgrep", "-P", str(parent), "-x", name], capture_output=True, text=True, check=False)
        pids = done.stdout.split()

        class Found:
            pid = pids[0] if pids else None
        return Found if pids else None


if __name__ == "__main__":
    unittest.main()
