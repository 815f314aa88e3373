#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shell commands as services."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from mesh import BUILD, LIMIT_S, SANITIZED, Mesh, eventually, send_twice, within


def ended(file):
    """Whether the process whose number is in the file has ended."""
    with open(file, encoding="ascii") as pid:
        stat = pathlib.Path("/proc", pid.read().strip(), "stat")
    try:
        return stat.read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


class Serve(Mesh):
    def serve(self, target, *words, **options):
        return self.start("malla", "serve", target, *words, **options)

    def test_a_command_answers(self):
        server = self.serve("Text.upper", "--exec", "tr a-z A-Z")
        self.assertEqual(self.answer("Text.upper", "hello"), "HELLO")
        self.assertEqual(self.answer("Text.upper", '{"a":1}'), '{"A":1}')
        self.stop(server)

    def test_an_argument_arrives_as_it_was_given(self):
        self.serve("Text.same", "--exec", "cat")
        for value in ("1.0", "1E2", "89014103211118510720", "-9223372036854775809", '{"b":1,  "a":[2.50]}', "[1]", "null"):
            self.assertEqual(self.answer("Text.same", value), value)
        self.assertEqual(self.answer("Text.same", '{\n\t"a":2.50,\r\n\t"b":[1.0]\n}'), '{ \t"a":2.50,  \t"b":[1.0] }')
        lines = '0.10\n{"id":89014103211118510720}\n'
        self.assertEqual(self.malla("call", "Text.same", "-", stdin=lines),
                         (0, '"0.10"\n"{\\"id\\":89014103211118510720}"\n', ""))

    def test_several_commands_of_one_service_find_their_callers(self):
        self.serve("Text.upper", "--exec", "tr a-z A-Z")
        self.serve("Text.reverse", "--exec", "rev")
        eventually(lambda: len(self.malla("info", "Text")[1].splitlines()) == 2)
        for _ in range(3):
            self.assertEqual(self.answer("Text.upper", "abc"), "ABC")
        self.assertEqual(self.malla("call", "Text.lower", "x")[0], 1)

    def test_a_failing_command_says_why(self):
        self.serve("Text.bad", "--exec", "echo too salty >&2; exit 3")
        code, out, err = self.malla("call", "Text.bad", "x")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("too salty", err)
        self.serve("Latin.bad", "--exec", r"printf 'caf\351: no such thing' >&2; exit 3")
        self.assertIn("caf\ufffd: no such thing", self.malla("call", "Latin.bad", "x")[2])

    def test_a_limit_that_leaves_no_time_is_refused(self):
        code, _, err = self.malla("serve", "Text.no", "--exec", "cat", "--limit", "0s")
        self.assertEqual(code, 2)
        self.assertIn("leaves a command no time", err)

    def test_the_first_process_of_a_container_ends_for_who_insists(self):
        made = subprocess.run(["unshare", "-pf", "true"], capture_output=True, text=True, check=False)
        if made.returncode != 0:
            self.skipTest(f"no namespace of processes can be made: {made.stderr.strip()}")
        with tempfile.TemporaryDirectory() as folder:
            hang = f"touch {folder}/begun; sleep 300"
            container = self.start("unshare", "-pf", "--kill-child", "malla", "serve", "Slow.one", "--exec", hang)
            self.start("malla", "call", "Slow.one", "x", stderr=subprocess.DEVNULL)
            eventually(lambda: os.path.exists(f"{folder}/begun"))
            with open(f"/proc/{container.pid}/task/{container.pid}/children", encoding="ascii") as children:
                first = int(children.read())

            def insisted():
                if container.poll() is None:
                    with contextlib.suppress(ProcessLookupError):  # it has just ended
                        os.kill(first, signal.SIGTERM)
                return container.returncode is not None

            eventually(insisted)
            self.assertEqual(container.returncode, 128 + signal.SIGTERM)

    def test_json_and_limit(self):
        self.serve("Count.words", "--json", "--exec", "wc -w")
        self.assertEqual(self.answer("Count.words", "one two three"), "3")
        self.serve("Slow.one", "--limit", "200ms", "--exec", "sleep 60")
        began = time.monotonic()
        self.assertEqual(self.malla("call", "Slow.one", "x")[0], 1)
        self.assertLess(time.monotonic() - began, 20)

    def test_a_running_command_finishes_when_the_server_is_told_to_end(self):
        with tempfile.TemporaryDirectory() as folder:
            wait = f"touch {folder}/begun; while [ ! -e {folder}/go ]; do sleep 0.02; done; echo done"
            server = self.serve("Slow.one", "--exec", wait)
            call = self.start("malla", "call", "Slow.one", "x", stdout=subprocess.PIPE, text=True)
            eventually(lambda: os.path.exists(f"{folder}/begun"))
            send_twice(server, signal.SIGTERM)  # as `timeout` does
            eventually(lambda: '"draining"' in self.malla("info", "Slow")[1])
            with open(f"{folder}/go", "w", encoding="ascii"):
                pass
            self.assertEqual(call.communicate(timeout=LIMIT_S)[0], "done\n")
            self.assertEqual(server.wait(LIMIT_S), 0)

    def test_a_hung_process_of_lines_ends_with_the_server(self):
        with tempfile.TemporaryDirectory() as folder:
            hang = f"while read l; do sleep 300 & echo $! >{folder}/new; mv {folder}/new {folder}/pid; wait; done"
            server = self.serve("Slow.lines", "--lines", "--exec", hang)
            call = self.start("malla", "call", "Slow.lines", "x", stderr=subprocess.DEVNULL)
            eventually(lambda: os.path.exists(f"{folder}/pid"))
            server.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait(LIMIT_S), 0)
            self.assertEqual(call.wait(LIMIT_S), 7)
            eventually(lambda: ended(f"{folder}/pid"))

    def test_nothing_of_a_command_outlives_the_server_however_that_ends(self):
        for name, number in {"killed": signal.SIGKILL, "told again and again": signal.SIGTERM}.items():
            for kind in ([], ["--lines"]):
                with self.subTest(end=name, kind=kind), tempfile.TemporaryDirectory() as folder:
                    hang = f"while read l; do sleep 300 & echo $! >{folder}/new; mv {folder}/new {folder}/pid; wait; done"
                    server = self.serve("Slow.one", *kind, "--exec", hang, stderr=subprocess.DEVNULL)
                    self.start("malla", "call", "Slow.one", "x\n" if not kind else "x", stderr=subprocess.DEVNULL)
                    eventually(lambda folder=folder: os.path.exists(f"{folder}/pid"))

                    def insisted(server=server, number=number):
                        server.send_signal(number)
                        return server.poll() is not None

                    eventually(insisted)
                    self.assertEqual(server.returncode, -number)
                    eventually(lambda folder=folder: ended(f"{folder}/pid"))

    def test_a_closed_terminal_ends_the_server_in_order_and_nohup_keeps_it(self):
        server = self.serve("Text.upper", "--exec", "tr a-z A-Z")
        self.answer("Text.upper", "x")
        server.send_signal(signal.SIGHUP)
        self.assertEqual(server.wait(LIMIT_S), 0)
        server = self.start("nohup", "malla", "serve", "Text.upper", "--exec", "tr a-z A-Z", stderr=subprocess.DEVNULL)
        self.answer("Text.upper", "x")
        server.send_signal(signal.SIGHUP)
        self.assertEqual(self.answer("Text.upper", "x"), "X")
        self.stop(server)

    def test_what_finds_no_program_is_answered_by_another_instance(self):
        self.serve("Text.same", "--lines", "--exec", "/nonexistent/program", stderr=subprocess.DEVNULL)
        code, _, err = self.malla("call", "Text.same", "x", "--timeout", "1s")
        self.assertEqual(code, 3)
        self.assertIn("exit status 127: its shell found nothing to run", err)
        self.serve("Text.same", "--lines", "--exec", "cat")
        eventually(lambda: len(self.malla("info", "Text")[1].splitlines()) == 2)
        for n in range(20):
            self.assertEqual(self.answer("Text.same", n), str(n))

    def test_a_line_that_is_not_answered_costs_its_call_and_no_other(self):
        self.serve("Text.some", "--lines", "--exec", "grep --line-buffered x")
        for _ in range(2):
            self.assertEqual(self.answer("Text.some", "x1"), "x1")
            self.assertEqual(self.malla("call", "Text.some", "y", "--timeout", "2s")[0], 7)
        self.assertEqual(self.answer("Text.some", "x2"), "x2")

    @unittest.skipIf(SANITIZED, "sanitizers need more memory")
    def test_more_processes_than_the_system_has_threads_for_are_an_error(self):
        command = ["prlimit", "--as=2000000000", "malla", "serve", "Text.many", "--lines", "--exec", "cat", "-w", "1024"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Cannot run 1024 processes", done.stderr)

    def test_a_command_knows_its_call_and_how_to_reach_the_mesh(self):
        self.environment["MALLA_META_OLD"] = self.environment["TRACEPARENT"] = "not of this call"
        self.serve("Call.shown", "--exec", "env", "--loopback", self.environment.pop("MALLA_LOOPBACK"))
        self.environment["MALLA_LOOPBACK"] = self.endpoint
        shown = dict(line.split("=", 1) for line in self.answer("Call.shown", "x", "--timeout", "20s").splitlines())
        self.assertEqual((shown["MALLA_SERVICE"], shown["MALLA_CALLBACK"]), ("Call", "shown"))
        self.assertTrue(0 < int(shown["MALLA_DEADLINE_MS"]) <= 20_000)
        self.assertTrue(shown["MALLA_CALLER"] and shown["MALLA_REQUEST_ID"])
        self.assertEqual(shown["MALLA_LOOPBACK"], self.endpoint)
        self.assertNotIn("MALLA_META_OLD", shown)
        self.assertNotEqual(shown.get("TRACEPARENT"), "not of this call")

    def write(self, text):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, "services.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def test_the_commands_of_a_file_are_served_in_one_process(self):
        server = self.serve("-f", self.write("""
            ["Text.upper"]
            exec = "tr a-z A-Z"
            workers = 2
            ["Text.mark"]
            exec = "sed -u s/^/x/"
            lines = true
            ["Count.words"]
            exec = "wc -w"
            json = true
            ["Slow.one"]
            exec = "sleep 60"
            limit = "100ms"
        """), "--name", "shell")
        self.assertEqual(self.answer("Text.upper", "hello"), "HELLO")
        self.assertEqual(self.answer("Text.mark", "hello"), "xhello")
        self.assertEqual(self.answer("Count.words", "one two three"), "3")
        code, out, err = self.malla("call", "Slow.one", "x")
        self.assertEqual((code, out), (1, ""))
        self.assertIn("limit of 100ms", err)
        rows = [json.loads(line) for line in self.malla("info", "Text", "--format", "json")[1].splitlines()]
        self.assertEqual([(row["node"], row["callbacks"]) for row in rows], [("shell", ["mark", "upper"])])
        self.stop(server)

    def test_a_mistake_in_the_file_is_told_before_anything_is_served(self):
        path = self.write('["Text.upper"]\nexec = "tr a-z A-Z"\n["Text.lower"]\nexek = "tr A-Z a-z"\n')
        code, out, err = self.malla("serve", "-f", path)
        self.assertEqual((code, out), (2, ""))
        self.assertIn(path, err)
        self.assertIn("[\"Text.lower\"], key 'exek'", err)
        self.assertIn("did you mean 'exec'?", err)

    def test_running_commands_of_all_services_of_a_file_finish_when_the_server_is_told_to_end(self):
        with tempfile.TemporaryDirectory() as folder:
            wait = f"touch {folder}/$0; while [ ! -e {folder}/go ]; do sleep 0.02; done; echo done"
            tables = "".join(f'["{name}.one"]\nexec = "sh -c \'{wait}\' {name}"\n' for name in ("Here", "There"))
            server = self.serve("-f", self.write(tables))
            calls = [self.start("malla", "call", f"{name}.one", "x", stdout=subprocess.PIPE, text=True)
                     for name in ("Here", "There")]
            eventually(lambda: os.path.exists(f"{folder}/Here") and os.path.exists(f"{folder}/There"))
            server.send_signal(signal.SIGTERM)
            for name in ("Here", "There"):
                eventually(lambda name=name: '"draining"' in self.malla("info", name)[1])
            with open(f"{folder}/go", "w", encoding="ascii"):
                pass
            for call in calls:
                self.assertEqual(call.communicate(timeout=LIMIT_S)[0], "done\n")
            self.assertEqual(server.wait(LIMIT_S), 0)

    def test_a_command_that_ends_before_it_answers_is_told_of_once(self):
        def is_told_of_once():
            server = self.start("malla", "serve", "Line.x", "--lines", "--exec", "exit 3", stderr=subprocess.PIPE,
                                text=True)
            code = self.malla("call", "Line.x", "a", "--timeout", "2s")[0]
            self.assertIn(code, (4, 7))
            self.stop(server)
            told = server.stderr.read().count("[warning] exit 3: The command failed: exit status 3")
            return (code, told) == (4, 1)  # unless it took long to end: then it had got a line
        within(3, is_told_of_once)


class Rate(Mesh):
    def test_one_process_answers_10000_lines_a_second(self):
        self.start("malla", "serve", "Text.lines", "--lines", "--exec", "sed -u s/^/x/")
        self.answer("Text.lines", "a")
        lines = "".join(f"{n}\n" for n in range(50_000))
        def is_fast():
            began = time.monotonic()
            code, out, err = self.malla("call", "Text.lines", "-", "-j", 64, stdin=lines)
            took = time.monotonic() - began
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(out, "".join(f'"x{n}"\n' for n in range(50_000)))
            print(f"{50_000 / took:.0f} lines/s")
            return 50_000 / took > 10_000
        within(3, is_fast)  # others use the machine, too

    def test_a_process_for_each_call_costs_at_most_a_millisecond_more_than_the_process(self):
        calls, rounds = 60, 25
        self.start("malla", "serve", "Do.nothing", "--exec", "true", "-w", 2)
        self.answer("Do.nothing", "x")
        caller = subprocess.Popen(["malla", "call", "Do.nothing", "-"], env=self.environment,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        def one_us():
            began = time.monotonic()
            for _ in range(calls):
                caller.stdin.write("x\n")
                self.assertEqual(caller.stdout.readline(), '""\n')
            return (time.monotonic() - began) * 1e6 / calls
        def alone_us():
            return float(subprocess.check_output([BUILD / "tests" / "test_bare_spawn", str(calls), "true"]))
        ours, alone = self.least_of(rounds, one_us, alone_us, lambda one, other: one - other < 1000)
        print(f"{ours:.0f} us each, {alone:.0f} us alone")
        caller.stdin.close()
        self.assertEqual((caller.wait(LIMIT_S), caller.stdout.close()), (0, None))
        self.assertLess(ours - alone, 1000)


if __name__ == "__main__":
    unittest.main()
