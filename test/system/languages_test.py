#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The short clients in other languages: they call services of C++, and `malla` calls those that they host."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from mesh import BUILD, LIMIT_S, SAMPLES, Mesh, free_endpoint

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "test" / "docs"))
import console_blocks  # noqa: E402

JS_FOLDER = BUILD / "js_client"  # where js_client.sh puts it, with the package that it needs
MAX_LINES, MAX_COLUMNS = 120, 120
SECRET = "correct horse battery staple, 32 bytes or more"
# Answers whoever connects to its ROUTER with the frame that its argument has in hexadecimal, and prints its endpoint.
LIAR = """
import sys, zmq
router = zmq.Context.instance().socket(zmq.ROUTER)
router.bind("tcp://127.0.0.1:*")
print(router.last_endpoint.decode(), flush=True)
while True:
    peer, frame = router.recv_multipart()
    router.send_multipart([peer, bytes.fromhex(sys.argv[1]).replace(b"IDENTITY", frame[8:16])])
"""
# Sends what is wrong to the ROUTER of a node, then PING, and prints what comes up to PONG in hexadecimal.
HOSTILE = """
import struct, sys, zmq
dealer = zmq.Context.instance().socket(zmq.DEALER)
dealer.connect(sys.argv[1])
fixed = struct.pack("<Q", 7) + b"o" * 16 + bytes(40) + struct.pack("<QQBBH", 10**6, 0, 0, 1, 0)
named = fixed + b"\\6Sample\\5upper"
for header, body in ((b"x" * 9, b""), (fixed, b""), (named, b"[1,"), (named, b"5"), (named[:-1], b"[]")):
    dealer.send(b"ML\\1\\x10" + struct.pack("<I", len(header)) + header + body)
for junk in (b"", b"ML", b"ML\\1", b"ML\\1\\x14", b"XX\\1\\x14\\0\\0\\0\\0", b"ML\\1\\x7f\\0\\0\\0\\0"):
    dealer.send(junk)
dealer.send(b"ML\\1\\x14\\x08\\0\\0\\0nonce678")
frame = b""
while b"nonce678" not in frame:
    frame = dealer.recv()
    print(frame.hex())
"""
PYTHON = "/usr/bin/python3"  # Debian's, with its python3-zmq


class Python:
    folder = ROOT / "samples" / "python_client"
    client = (PYTHON, "-W", "error", "-B", folder / "malla.py")
    host = (PYTHON, "-W", "error", "-B", folder / "host.py")
    files, kind, interpreter = "*.py", "python", (PYTHON, "-W", "error", "-B", "-c")
    mesh, mesh_of_test = "Malla()", "Malla(__import__('os').environ['MALLA_LOOPBACK'])"


class JavaScript:
    folder = ROOT / "samples" / "js_client"
    client = ("node", JS_FOLDER / "main.mjs")
    host = ("node", JS_FOLDER / "main.mjs", "--serve")
    files, kind, interpreter = "*.mjs", "js", ("node", "--input-type=module", "--eval")
    mesh, mesh_of_test = "new Malla()", "new Malla({ join: process.env.MALLA_LOOPBACK })"


class Language(Mesh):
    def ask(self, *words, limit_s=LIMIT_S):
        """Runs the client; gives exit code, standard output and standard error."""
        done = subprocess.run([*map(str, self.client), *map(str, words)], env=self.environment, capture_output=True,
                              stdin=subprocess.DEVNULL, text=True, timeout=limit_s, check=False)
        return done.returncode, done.stdout, done.stderr

    def gives(self, result, *words):
        code, out, err = self.ask(*words)
        self.assertEqual((code, err), (0, ""), words)
        self.assertEqual(json.loads(out), result, words)

    def refused(self, code, said, *words):
        done, out, err = self.ask(*words)
        self.assertEqual((done, out), (code, ""), err)
        self.assertRegex(err, said)
        self.assertNotIn("Traceback", err)

    def serve(self, *words):
        """Starts the host; gives its process and endpoint."""
        process = self.start(*self.host, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return process, process.stdout.readline().split()[1]

    def leaves_silently(self, process):
        self.stop(process)
        self.assertEqual(process.stderr.read(), "")


class Calls:
    """The client calls services of C++."""

    def setUp(self):
        super().setUp()
        self.server = self.start("malla", "run", SAMPLES / "echo.so", "--name", "one")
        self.answer("Echo.count")

    def test_values_arrive_as_they_were_given(self):
        for value in ("5", "-3", '{"b":1,"a":[2,null,true]}', "[]", '[[1],"a,b"]', "null", "1.5", '"grüße ✓ 𝄞"'):
            self.gives(json.loads(value), "Echo.echo", value)
        self.gives(3.5, "Echo.add", "1.5", "2")

    def test_the_endpoint_of_a_node_is_enough(self):
        endpoint = json.loads(self.malla("nodes")[1])["endpoint"]
        self.gives(3, "--join", free_endpoint(), "--at", endpoint, "Echo.add", "1", "2")

    def test_each_outcome_has_its_status_and_exit_code(self):
        self.refused(1, r"^teapot \(500\): short$", "Echo.fail", '"teapot"', '"short"')
        self.refused(1, r"^request_op_unknown \(400\): .*nope", "Echo.nope")
        self.refused(1, r"^invalid_parameters \(400\)", "Echo.add", "1")
        self.refused(3, r"^service_not_available \(503\): .*'Eco'", "Eco.add", "1")
        self.refused(3, r"^service_not_available \(503\)", "--cluster", "elsewhere", "Echo.count")
        self.refused(7, r"^deadline_exceeded \(504\)", "--deadline", "2", "Echo.sleep", "60000")
        self.refused(3, r"^endpoint_unreachable \(503\)", "--join", free_endpoint(), "Echo.count")
        self.refused(2, "usage: ")
        self.refused(2, "usage: ", "Echo.text", "no json")

    def test_a_service_that_is_drained_is_not_called(self):
        self.assertEqual(self.malla("drain", "Echo", "--on", "one")[0], 0)
        self.refused(3, "^service_not_available", "Echo.count")
        self.assertEqual(self.malla("resume", "Echo", "--on", "one")[0], 0)
        self.answer("Echo.count")
        self.assertEqual(self.ask("Echo.count")[0], 0)

    def test_the_death_of_the_node_ends_the_call(self):
        before = int(self.answer("Echo.count"))
        call = self.start(*self.client, "--deadline", "3000", "Echo.sleep", "3000000",
                          stderr=subprocess.PIPE, text=True)
        looks = 0
        while int(self.answer("Echo.count")) - before <= looks + 1:
            looks += 1
        self.server.kill()
        self.assertRegex(call.communicate(timeout=LIMIT_S)[1], r"^peer_lost \(502\)")
        self.assertEqual(call.returncode, 7)

    def test_answers_that_cannot_be_read_end_the_call_with_a_status(self):
        identity = b"IDENTITY"
        for answer in (b"ML\1\x11\x09\0\0\0" + identity + b"\1{", b"ML\1\x12\xff\0\0\0" + identity,
                       b"ML\1\x12\x0c\0\0\0" + identity + b"\1\2\0\xff", b"ML\1\x11\x09\0\0\0" + identity + b"\1\xff",
                       b"ML\1\x11\x09\0\0\0" + identity + b"\1" + b"[" * 200_000):
            liar = self.start(PYTHON, "-c", LIAR, answer.hex()[:100_000], stdout=subprocess.PIPE, text=True)
            endpoint = liar.stdout.readline().strip()
            self.refused(7, r"^reply_invalid \(502\)", "--at", endpoint, "Any.thing")
            liar.kill()

    def test_frames_that_are_none_are_ignored_until_the_deadline(self):
        for answer in (b"", b"ML", b"XX\1\x11\0\0\0\0", b"ML\2\x11\0\0\0\0", b"ML\1\x7f\0\0\0\0"):
            liar = self.start(PYTHON, "-c", LIAR, answer.hex(), stdout=subprocess.PIPE, text=True)
            endpoint = liar.stdout.readline().strip()
            self.refused(7, r"^deadline_exceeded \(504\)", "--at", endpoint, "--deadline", "0.5", "Any.thing")
            liar.kill()


class Hosts:
    """C++ calls a service that is hosted in another language."""

    def setUp(self):
        super().setUp()
        self.rendezvous = self.broker()
        self.server, self.address = self.serve("Sample")
        self.answer("Sample.echo", 0)

    def test_values_of_the_shell_arrive(self):
        self.assertEqual(self.answer("Sample.upper", "grüße"), "GRÜSSE")
        self.assertEqual(self.answer("Sample.add", 2, 3), "5")
        self.assertEqual(self.answer("Sample.echo", '{"b":1,"a":[2,null,true]}'), '{"b":1,"a":[2,null,true]}')
        self.gives(5, "Sample.add", "2", "3")
        self.gives(5, "--at", self.address, "Sample.add", "2", "3")
        self.leaves_silently(self.server)

    def test_a_pipeline_goes_through_in_order(self):
        lines = "".join(f"{i}\n" for i in range(500))
        self.assertEqual(self.answer("Sample.echo", "-", "-j", 16, stdin=lines) + "\n", lines)

    def test_it_is_listed_and_described(self):
        code, out, _ = self.malla("ls")
        self.assertEqual((code, json.loads(out)["name"], json.loads(out)["status"]), (0, "Sample", "running"))
        self.assertEqual(json.loads(self.malla("nodes")[1])["endpoint"], self.address)
        description = json.loads(self.malla("describe", "Sample.add")[1])
        self.assertEqual([each["name"] for each in description["params"]], ["a", "b"])

    def test_errors_are_told_with_their_status(self):
        for said, *words in ((r"^request_op_unknown \(400\)", "Sample.nope"),
                             (r"^internal_error \(500\)", "Sample.upper", "[1]")):
            done, out, err = self.malla("call", *words)
            self.assertEqual((done, out), (1, ""), err)
            self.assertRegex(err, said)
        self.refused(1, r"^invalid_parameters \(400\)", "Sample.add", "1")
        self.refused(3, r"^service_not_available \(503\)", "--at", self.address, "Other.thing")

    def test_it_says_goodbye_when_it_is_told_to_stop(self):
        self.leaves_silently(self.server)
        self.assertEqual(self.malla("call", "Sample.echo", "1", "--no-wait")[0], 3)
        self.assertEqual(self.malla("nodes")[1], "")

    def test_it_comes_back_to_a_rendezvous_that_was_away(self):
        self.rendezvous.kill()
        self.rendezvous.wait()
        self.start("malla-broker", "--bind", self.endpoint, stdout=subprocess.DEVNULL)
        self.assertEqual(self.answer("Sample.upper", "again"), "AGAIN")

    def test_it_answers_ping_and_survives_frames_that_are_wrong(self):
        hostile = self.start(PYTHON, "-c", HOSTILE, self.address, stdout=subprocess.PIPE, text=True)
        *_, pong = hostile.communicate(timeout=LIMIT_S)[0].split()
        self.assertEqual(bytes.fromhex(pong)[:16], b"ML\1\x15\x18\0\0\0nonce678")
        self.assertEqual(self.answer("Sample.upper", "still"), "STILL")


class Secrets:
    """The same in a mesh with a secret."""

    def secret(self, text):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        file = pathlib.Path(folder, "secret")
        file.write_text(text)
        return "--secret-file", file

    def setUp(self):
        super().setUp()
        self.mine = self.secret(f"\n {SECRET}\n")
        self.start("malla-broker", "--bind", self.endpoint, *self.mine, stdout=subprocess.DEVNULL)
        self.there = ("--broker", self.endpoint, *self.mine)

    def test_it_calls_and_is_called(self):
        self.start("malla", "run", *self.there, SAMPLES / "echo.so")
        self.assertEqual(self.malla(*self.there, "call", "Echo.add", 1, 2), (0, "3\n", ""))
        self.gives(3, *self.mine, "Echo.add", "1", "2")
        server, address = self.serve("Sample", *self.mine)
        self.assertEqual(self.malla(*self.there, "call", "Sample.upper", "ü"), (0, "Ü\n", ""))
        self.gives("Ü", *self.mine, "--at", address, "Sample.upper", '"ü"')
        self.leaves_silently(server)

    def test_without_the_secret_nobody_gets_anything(self):
        other = self.secret(SECRET.replace("correct", "wrong"))
        server, address = self.serve("Sample", *self.mine)
        self.malla(*self.there, "call", "Sample.echo", 1)
        for stranger in (other, ()):
            for where in (("--join", self.endpoint), ("--at", address)):
                words = (*stranger, *where, "--deadline", "2", "Sample.echo", "1")
                self.refused(3, "^endpoint_unreachable .*secret", *words)
        self.leaves_silently(server)

    def test_a_secret_that_is_too_short_is_refused(self):
        self.refused(2, "32 bytes", *self.secret(SECRET[:31]), "Sample.echo", "1")


class Page:
    """What stands beside the client."""

    def block(self, kind):
        text = (self.folder / "README.md").read_text(encoding="utf-8")
        return re.search(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[1]

    def test_each_file_is_short(self):
        files = list(self.folder.glob(self.files))
        self.assertIn(len(files), (2, 3))
        for file in files:
            lines = file.read_text(encoding="utf-8").splitlines()
            self.assertLessEqual(len(lines), MAX_LINES, file)
            self.assertLessEqual(max(map(len, lines)), MAX_COLUMNS, file)

    def test_its_commands_print_what_is_shown(self):
        block = self.block("console").replace("samples/js_client/", f"{os.path.relpath(JS_FOLDER, ROOT)}/")
        self.assertEqual(list(console_blocks.problems("README.md", block, BUILD)), [])

    def test_its_program_calls_a_service(self):
        self.start("malla", "run", SAMPLES / "echo.so")
        self.answer("Echo.count")
        program = self.block(self.kind).replace(self.mesh, self.mesh_of_test)
        done = subprocess.run([*self.interpreter, program], cwd=self.client[-1].parent, env=self.environment,
                              capture_output=True, text=True, timeout=LIMIT_S, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "hello\n", ""))


class PythonCalls(Python, Calls, Language):
    pass


class PythonHosts(Python, Hosts, Language):
    pass


class PythonSecrets(Python, Secrets, Language):
    pass


class PythonPage(Python, Page, Language):
    pass


class JavaScriptCalls(JavaScript, Calls, Language):
    pass


class JavaScriptHosts(JavaScript, Hosts, Language):
    pass


class JavaScriptSecrets(JavaScript, Secrets, Language):
    pass


class JavaScriptPage(JavaScript, Page, Language):
    pass


if __name__ == "__main__":
    unittest.main()
