#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls from the shell: values, exit codes, and what is said when something is wrong."""

import json
import os
import re
import signal
import subprocess
import tempfile
import unittest

from mesh import BUILD, LIMIT_S, SAMPLES, Mesh, call_frame, eventually, free_endpoint


class Order(Mesh):
    def test_the_service_may_come_before_the_call(self):
        self.start("malla", "run", SAMPLES / "calculator.so")
        self.assertEqual(self.answer("Calculator.calculate", "add", 2, 3), "5")

    def test_the_service_may_come_after_the_call(self):
        call = self.start("malla", "call", "Calculator.calculate", "add", 2, 3, stdout=subprocess.PIPE, text=True)
        self.start("malla", "run", SAMPLES / "calculator.so")
        self.assertEqual(call.communicate(timeout=LIMIT_S)[0], "5\n")
        self.assertEqual(call.returncode, 0)

    def test_two_programs_call_each_other(self):
        self.start(SAMPLES / "shop")
        self.start(SAMPLES / "kitchen")
        self.assertEqual(self.answer("Shop.order", "soup", 2), "9")

    def test_a_program_calls_by_the_contract(self):
        self.start("malla", "run", SAMPLES / "calculator.so")
        caller = subprocess.run([SAMPLES / "caller"], env=self.environment, capture_output=True, text=True,
                                timeout=LIMIT_S, check=True)
        self.assertEqual(caller.stdout, "5\n144\n")


class Values(Mesh):
    def setUp(self):
        super().setUp()
        self.start("malla", "run", SAMPLES / "echo.so", "--name", "echo-node")

    def test_nothing_between_the_shell_and_the_service_changes_an_argument(self):
        for value in ("[]", '[1,"a,b"]', "[[1],[2]]", "{}", "++", "--", "-3", "", "grüße ✓", "a b", "'", '"', "\\",
                      "a\nb", "\t", "x" * 100_000):
            self.assertEqual(self.answer("Echo.text", value), value)
            self.assertEqual(self.answer("Echo.echo", value), value)

    def test_a_megabyte_arrives(self):
        line = "y" * (1 << 20)
        self.assertEqual(json.loads(self.answer("Echo.text", "-", stdin=line + "\n")), line)

    def test_members_keep_their_order_and_integers_their_digits(self):
        for value in ('{"b":1,"a":[2,null,true]}', "18446744073709551615", "-9223372036854775808", "0.1", "1e-07"):
            self.assertEqual(self.answer("Echo.echo", value), value)
        self.assertEqual(self.answer("Echo.echo", "2.0"), "2")

    def test_named_arguments_and_formats(self):
        self.assertEqual(self.answer("Echo.add", "b=2", "a=1.5"), "3.5")
        self.assertEqual(self.answer("Echo.text", "hi", "--format", "json"), '"hi"')
        self.assertEqual(self.answer("Echo.bytes", 3), "AAEC")
        raw = subprocess.run(["malla", "call", "Echo.bytes", "3", "--format", "raw"], env=self.environment,
                             capture_output=True, timeout=LIMIT_S, check=True)
        self.assertEqual(raw.stdout, b"\x00\x01\x02")

    def test_a_node_says_how_long_it_is_up(self):
        self.answer("Echo.count")  # it is there
        [node] = self.rows("nodes")
        self.assertIn(node["up_s"], range(LIMIT_S))
        self.assertRegex(self.malla("nodes", "--format", "text")[1], r"UP .*\n.*running +\d+s ")

    def test_on_names_a_node(self):
        self.start("malla", "run", SAMPLES / "echo.so", "--name", "other")
        for name in ("other", "echo-node", "other"):
            self.assertEqual(json.loads(self.answer("Echo.whoami", "--on", name))["name"], name)

    def test_all_gives_a_line_for_each_node_and_the_worst_exit_code(self):
        self.start("malla", "run", SAMPLES / "echo.so", "--name", "other")
        self.answer("Echo.count", "--on", "other")
        code, out, err = self.malla("call", "--all", "Echo.text", "hi")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, '{"node":"echo-node","result":"hi"}\n{"node":"other","result":"hi"}\n')
        code, out, err = self.malla("call", "--all", "Echo.fail", "teapot", "short")
        self.assertEqual((code, out), (1, ""))
        self.assertEqual([json.loads(line)["node"] for line in err.splitlines()], ["echo-node", "other"])
        code, out, err = self.malla("call", "--all", "Echo.sleep", 60_000, "--timeout", "5s")
        self.assertEqual((code, out), (7, ""))
        self.assertEqual(err.count("deadline_exceeded"), 2)
        self.assertEqual(self.malla("call", "--all", "Nobody.text", "hi", "--no-wait")[0], 3)

    def test_all_has_a_line_for_each_instance_that_takes_no_calls(self):
        for name in ("other", "third"):
            self.start("malla", "run", SAMPLES / "echo.so", "--name", name)
            self.answer("Echo.count", "--on", name)
        self.assertEqual(self.malla("pause", "Echo", "--on", "other")[0], 0)
        eventually(lambda: self.rows("info", "Echo")[1]["status"] == "paused")
        code, out, err = self.malla("call", "--all", "Echo.text", "hi")
        self.assertEqual((code, out), (3, '{"node":"echo-node","result":"hi"}\n{"node":"third","result":"hi"}\n'))
        refused = json.loads(err)
        self.assertEqual((refused["node"], refused["error"]["status"]), ("other", "paused"))
        self.assertEqual(self.malla("stop", "Echo", "--on", "third")[0], 0)
        eventually(lambda: self.rows("info", "Echo")[2]["status"] == "stopped")
        code, out, err = self.malla("call", "--all", "Echo.fail", "teapot", "short")
        self.assertEqual((code, out), (3, ""))
        self.assertEqual([json.loads(line)["error"]["status"] for line in err.splitlines()],
                         ["teapot", "paused", "service_not_available"])

    def test_a_node_that_is_not_there_is_said_to_be_none(self):
        self.start("malla", "serve", "K.go", "--exec", "cat", "--name", "garden")
        self.answer("K.go", "x")
        for words in (["call", "K.go", "x", "--no-wait"], ["pause", "K"]):
            for name, said in (("nobody", "`malla nodes` shows which there are"), ("gardem", "did you mean garden?")):
                code, out, err = self.malla(*words, "--on", name)
                self.assertEqual((code, out), (3, ""))
                self.assertIn(f"hint: there is no node {name}; {said}", err)
        err = self.malla("call", "K.go", "x", "--no-wait", "--on", "echo-node")[2]
        self.assertIn("hint: node echo-node does not serve it; `malla info K`", err)

    def test_a_callback_that_only_a_paused_instance_has_is_paused(self):
        self.start("malla", "serve", "Text.upper", "--exec", "cat", "--name", "above")
        self.answer("Text.upper", "x")
        self.start("malla", "serve", "Text.count", "--exec", "cat", "--name", "below")
        eventually(lambda: len(self.rows("info", "Text")) == 2)
        self.assertEqual(self.malla("pause", "Text", "--on", "below")[0], 0)
        eventually(lambda: {row["status"] for row in self.rows("info", "Text")} == {"paused", "running"})
        for options in (["--no-wait"], ["--timeout", "3s"], ["--no-wait", "--all"]):
            code, out, err = self.malla("call", "Text.count", "x", *options)
            self.assertEqual((code, out), (3, ""), err)
            self.assertIn("paused on node below, and no other one has count", err)
            self.assertIn("`malla resume Text`", err)
        self.assertEqual(self.malla("call", "Text.nothing", "x", "--no-wait")[0], 1)
        waiting = self.start("malla", "call", "Text.count", "x", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn("waiting for Text", waiting.stderr.readline())
        self.assertEqual(self.malla("resume", "Text", "--on", "below")[0], 0)
        self.assertEqual(waiting.communicate(timeout=LIMIT_S)[0], "x\n")

    def test_a_key_names_an_instance(self):
        self.start("malla", "run", SAMPLES / "echo.so", "--name", "other")
        self.answer("Echo.count", "--on", "other")
        nodes = {key: json.loads(self.answer("Echo.whoami", "--key", key))["name"] for key in "abcdefgh"}
        self.assertEqual(set(nodes.values()), {"echo-node", "other"})
        for key, node in nodes.items():
            self.assertEqual(json.loads(self.answer("Echo.whoami", "--key", key))["name"], node)

    def test_a_range_of_versions_leaves_out_the_others(self):
        self.assertEqual(self.answer("Echo.text", "hi", "--vsn", ">=0"), "hi")
        code, _, err = self.malla("call", "Echo.text", "hi", "--vsn", ">=9", "--no-wait")
        self.assertEqual(code, 3)
        self.assertRegex(err, "not there in version >=9.0.0, but in ")

    def test_one_way_ends_without_a_result_and_the_call_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            self.start("malla", "serve", "Mark.set", "--exec", f"cat > {folder}/mark")
            code, out, err = self.malla("call", "--one-way", "Mark.set", "done")
            self.assertEqual((code, out, err), (0, "", ""))
            eventually(lambda: os.path.exists(f"{folder}/mark") and os.path.getsize(f"{folder}/mark") == 4)

    def test_the_record_file_comes_from_the_configuration(self):
        with tempfile.TemporaryDirectory() as folder:
            config = f"{folder}/services.json"
            with open(config, "w", encoding="utf-8") as file:
                json.dump({"Echo": {"record": f"{folder}/record"}}, file)
            self.start("malla", "run", SAMPLES / "echo.so", "--name", "recorder", "--config", config)
            self.assertEqual(self.answer("Echo.record", "id-1", "--on", "recorder"), "null")
            with open(f"{folder}/record", encoding="utf-8") as file:
                self.assertEqual(file.read(), "id-1 recorder\n")


class Errors(Mesh):
    def setUp(self):
        super().setUp()
        self.server = self.start("malla", "run", SAMPLES / "echo.so")
        self.answer("Echo.count")

    def refused(self, code, said, *words, **options):
        done, out, err = self.malla(*words, **options)
        self.assertEqual((done, out), (code, ""), f"{words}: {err}")
        self.assertRegex(err, said)

    def test_each_has_its_code_and_says_what_to_do(self):
        self.refused(3, "Service 'Eco' is not available\nhint: did you mean Echo", "call", "Eco.add", "--no-wait")
        self.refused(3, "waiting for Eco(.|\n)*did you mean Echo", "call", "Eco.add", "--timeout", "3s")
        eventually(lambda: "there is Echo" in self.malla("call", "Eco.add", "--timeout", "3s")[2])  # once it has looked
        causes = r"(.|\n)*\(1\)(.|\n)*\(2\)(.|\n)*\(3\)"
        self.refused(3, "1 node is known and none serves it" + causes, "call", "Nobody.add", "--no-wait")
        self.refused(3, "no node is known" + causes, "call", "Nobody.add", "--no-wait", "--cluster", "elsewhere")
        self.refused(1, r"request_op_unknown \(400\).*\nhint: did you mean Echo.add", "call", "Echo.adda", 1)
        self.refused(2, "takes 2 arguments, not 1", "call", "Echo.add", 1)
        self.refused(2, "'b' wants a number", "call", "Echo.add", 1, "x")
        self.refused(3, "on node Nowhere(.|\n)*hint: there is no node Nowhere; `malla nodes`", "call", "Echo.count",
                     "--on", "Nowhere", "--timeout", "3s")
        self.refused(1, r"^teapot \(500\): short$", "call", "Echo.fail", "teapot", "short")
        self.refused(7, "deadline_exceeded", "call", "Echo.sleep", 60_000, "--timeout", "2s")
        self.refused(2, "no JSON", "call", "Echo.add", "-", stdin="[1,\n")
        self.refused(2, "body_too_large.*at most 8 MiB", "call", "Echo.text", "-", stdin="x" * (9 << 20) + "\n")
        self.refused(2, "--bogus", "call", "--bogus")
        self.refused(2, "Both the secret one and the key other are named\nhint: ", "ls", "--secret-file", "one",
                     "--key-file", "other")
        self.refused(6, "tcp://127.0.0.1:1", "ls", "--broker", "tcp://127.0.0.1:1", "--timeout", "500ms")
        self.refused(3, "Echo", "call", "Echo.count", "--no-wait", "--cluster", "elsewhere")

    def test_a_call_that_waited_in_a_queue_until_its_deadline_did_not_run(self):
        with tempfile.TemporaryDirectory() as folder:
            wait = f"echo x >>{folder}/begun; while [ -d {folder} ] && [ ! -e {folder}/go ]; do sleep 0.02; done"
            self.start("malla", "serve", "Queue.one", "--exec", wait)
            first = self.start("malla", "call", "Queue.one", "x", stdout=subprocess.DEVNULL)
            eventually(lambda: os.path.exists(f"{folder}/begun"))
            def is_known_not_to_have_run():  # unless the node takes long to say so
                code, _, err = self.malla("call", "Queue.one", "y", "--timeout", "1s")
                self.assertIn(code, (4, 7))
                self.assertRegex(err, "(expired|deadline_exceeded).*\nhint: ")
                return code == 4
            eventually(is_known_not_to_have_run)
            with open(f"{folder}/go", "w", encoding="ascii"):
                pass
            self.assertEqual(first.wait(LIMIT_S), 0)
            self.answer("Queue.one", "z")
            with open(f"{folder}/begun", encoding="ascii") as begun:
                self.assertEqual(begun.read(), "x\nx\n")

    def test_each_line_of_a_stream_that_nobody_can_answer_is_named(self):
        code, out, err = self.malla("call", "Nope.x", "-", "--keep-going", "--no-wait", stdin="5\n6\n")
        self.assertEqual((code, out), (3, ""))
        self.assertEqual([json.loads(line)["line"] for line in err.splitlines()], [1, 2])
        self.refused(1, "line 2 is the first that was not answered", "call", "Echo.nope", "-", stdin="5\n6\n")

    def test_a_closed_input_cannot_be_read(self):
        for command in ("call Echo.text -", "pub a -"):
            call = self.start("sh", "-c", f"malla {command} <&-", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertIn(b"Cannot read standard input: Bad file descriptor", call.communicate(timeout=LIMIT_S)[0])
            self.assertEqual(call.returncode, 1)
        call = self.start("sh", "-c", "malla call Echo.text hello <&-", stdout=subprocess.PIPE)
        self.assertEqual(call.communicate(timeout=LIMIT_S)[0], b"hello\n")

    def test_a_loopback_that_others_could_reach_is_refused(self):
        self.refused(5, "--insecure", "run", SAMPLES / "echo.so", "--loopback", "tcp://0.0.0.0:" +
                     free_endpoint().rpartition(":")[2])

    def test_an_error_is_json_where_asked(self):
        code, _, err = self.malla("call", "Echo.fail", "teapot", "short", "--format", "json")
        self.assertEqual(code, 1)
        self.assertEqual(json.loads(err), {"status": "teapot", "code": 500, "info": "short", "outcome": "answered"})

    def test_a_server_that_dies_during_the_call_leaves_it_unknown(self):
        call = self.start_sleeper(60_000)
        self.server.kill()
        _, err = call.communicate(timeout=LIMIT_S)
        self.assertEqual(call.returncode, 7, err)
        self.assertIn("peer_lost", err)

    def test_sigterm_drains(self):
        # Each count counts itself in later ones, and so does the sleeper once it has begun.
        counted = [int(self.answer("Echo.count"))]
        call = self.start("malla", "call", "Echo.sleep", 1_000, stdout=subprocess.PIPE, text=True)
        eventually(lambda: counted.append(int(self.answer("Echo.count"))) or counted[-1] - counted[-2] > 1)
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(call.communicate(timeout=LIMIT_S)[0], "null\n")
        self.assertEqual(self.server.wait(LIMIT_S), 0)


class Modules(Mesh):
    def refused(self, file, said):
        code, out, err = self.malla("run", file)
        self.assertEqual((code, out, err.count("\n")), (2, "", 2), err)
        self.assertRegex(err, said + ".*\nhint: ")

    def test_what_is_no_plugin_of_this_build_is_not_loaded(self):
        good = (SAMPLES / "calculator.so").read_bytes()
        with tempfile.TemporaryDirectory() as folder:
            def made(name, content):
                path = f"{folder}/{name}.so"
                with open(path, "wb") as file:
                    file.write(content)
                return path
            self.refused("/nonexistent.so", "manifest_invalid.*cannot be read")
            self.refused(made("text", b"hello"), "manifest_invalid.*no shared object")
            self.refused("/bin/true", "manifest_invalid.*(no malla manifest|no shared object)")
            self.refused(made("cut", good[:5000]), "manifest_invalid")
            self.refused(made("other", re.sub(rb"malla-abi \d", b"malla-abi 0", good)), "manifest_mismatch.*build it again")
            self.refused(made("damaged", good.replace(b"mallaso\n", b"mallaxx\n")), "manifest_invalid.*damaged")


class Rate(Mesh):
    def test_a_call_takes_at_most_twice_a_bare_one_from_start_to_end(self):
        self.start("malla", "run", SAMPLES / "calculator.so")
        self.answer("Calculator.square", 3)
        endpoint = json.loads(self.malla("nodes", "--format", "json")[1])["endpoint"]
        malla = ["malla", "call", "Calculator.square", "3"]
        def bare():
            frame = call_frame("Calculator", "square", b"[3]").hex()  # a new one: no id is used again
            return [BUILD / "tests" / "test_bare_call", endpoint, frame]
        ours, theirs = self.least_of(40, lambda: self.seconds(malla), lambda: self.seconds(bare()),
                                     lambda one, other: one <= 2 * other)
        print(f"{ours * 1e3:.1f} ms, bare {theirs * 1e3:.1f} ms: {ours / theirs:.2f} times")
        self.assertLessEqual(ours, 2 * theirs)


if __name__ == "__main__":
    unittest.main()
