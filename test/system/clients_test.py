#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The clients in other languages, both ways: they call services of C++, and C++ calls those that they host."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from mesh import BUILD, LIMIT_S, SAMPLES, Mesh, eventually, free_endpoint

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "test" / "docs"))
import console_blocks  # noqa: E402

PYTHON_FOLDER = ROOT / "samples" / "python_client"
JS_FOLDER = BUILD / "js_client"
PYTHON = ("/usr/bin/python3", "-B")  # Debian's, with its python3-zmq
JS = ("node", "--input-type=module", "--eval")


class Python:
    client = (*PYTHON, PYTHON_FOLDER / "malla.py")
    service = PYTHON_FOLDER / "text.py"
    language, folder = "python", "samples/python_client"
    # Calls Echo.whoami twenty times for each line of input, as one node that knows the mesh from before.
    watcher = (*PYTHON, "-c", """
import os, sys
from node import Node
node = Node(os.environ["MALLA_LOOPBACK"])
for line in sys.stdin:
    print(*sorted({node.call("Echo.whoami")["name"] for _ in range(20)}), flush=True)
""")
    # What a status has.
    status = (*PYTHON, "-c", """
import json, os
from frames import Status
from node import Node
node = Node(os.environ["MALLA_LOOPBACK"])
try:
    node.call(*json.loads(os.environ["FAILING"]))
except Status as status:
    print(json.dumps([status.identifier, status.code, status.outcome, status.text, status.data]))
""")
    # The sum of the results of many calls at once.
    many = (*PYTHON, "-c", """
import concurrent.futures, os
from node import Node
node = Node(os.environ["MALLA_LOOPBACK"])
with concurrent.futures.ThreadPoolExecutor(16) as threads:
    print(sum(threads.map(lambda x: node.call("Echo.add", x, 1), range(200))))
""")


class JavaScript:
    client = ("node", JS_FOLDER / "malla.mjs")
    service = JS_FOLDER / "text.mjs"
    language, folder = "javascript", "samples/js_client"
    watcher = (*JS, """
import { createInterface } from "node:readline";
import { Node } from "./node.mjs";
const node = new Node({ endpoint: process.env.MALLA_LOOPBACK });
for await (const line of createInterface({ input: process.stdin })) {
    const names = new Set();
    for (let i = 0; i < 20; ++i) names.add((await node.call("Echo.whoami")).name);
    console.log([...names].sort().join(" "));
}
node.close();
""")
    status = (*JS, """
import { Node } from "./node.mjs";
const node = new Node({ endpoint: process.env.MALLA_LOOPBACK });
const [target, ...args] = JSON.parse(process.env.FAILING);
await node.call(target, args).catch(({ identifier, code, outcome, text, data }) =>
    console.log(JSON.stringify([identifier, code, outcome, text, data])));
node.close();
""")
    many = (*JS, """
import { Node } from "./node.mjs";
const node = new Node({ endpoint: process.env.MALLA_LOOPBACK });
const sums = await Promise.all([...Array(200).keys()].map((x) => node.call("Echo.add", [x, 1])));
console.log(sums.reduce((a, b) => a + b));
node.close();
""")


# Sends what is wrong to the ROUTER of a node; prints the type of each answer, and the identifier that it has.
HOSTILE = """
import struct, sys, time
from frames import *
from link import Link, Sockets
link = Link(Sockets(), sys.argv[1])
link.receive(time.monotonic() + 60)
call = struct.pack("<Q16s16s16sQQQBBH", 7, b"o" * 16, NIL, NIL, 0, 10**6, 0, 0, 1, 0)
names = call + name("Text") + name("upper")
for raw in (b"", b"ML", b"XX" + frame(PING, NIL)[2:], frame(HELLO), frame(CALL, b"x" * 9), frame(CALL, call),
            frame(CALL, names + b"\\1\\xff\\xff\\xff\\xff", b"[]"), frame(CALL, names[:8] + NIL + names[24:], b"[]"),
            frame(CALL, names, b"[1,"), frame(CALL, names, b"5"),
            frame(CALL, call + name("Nope") + name("upper"), b"[]"),
            frame(CALL, names.replace(NIL, b"t" * 16, 1), b"[]"),
            frame(CANCEL, b"x"), frame(0x7f), b"ML\\2" + frame(PING, NIL)[3:], frame(PING, b"12345678")):
    link.socket.send(raw)
while True:
    kind, header, _ = link.receive(time.monotonic() + 60)
    print(kind, *([Status.read(header[8 * (kind == FAILURE):]).identifier] if kind in (REFUSED, FAILURE) else []))
    if kind == PONG:
        break
"""
# Prints the digest of what a rendezvous lists, the one that it gives behind everything, and the one that it publishes.
DIGESTS = """
import sys, time, zmq
from frames import *
from link import Link, Sockets
link, end = Link(Sockets(), sys.argv[1]), time.monotonic() + 60
link.receive(end)
link.send(HELLO, b"x" * 16 + bytes([1, 1, 0]) + name("x") + name("malla"))
welcome = read("16sBBIQ n n", link.receive(end)[1])[-1]
subscriber = zmq.Context.instance().socket(zmq.SUB)
subscriber.subscribe(b"d/malla\\0")
subscriber.connect(dict(fields(welcome))[2].decode())
link.send(ASK_LISTING)
count, node, sequence, _ = read("I16sQ", link.receive(end)[1])
print(digest([(node, sequence)]).hex() if count == 1 else count)
link.send(ASK, bytes(4))
link.receive(end)
print(link.receive(end)[1].hex())
kind, header, _ = parse(subscriber.recv().removeprefix(b"d/malla\\0"))
print(header.hex() if kind == DIGEST else kind)
"""
REFUSED, FAILURE, PONG = "3", "18", "21"
WANTED = [f"{REFUSED} bad_request"] * 4 + [f"{FAILURE} bad_request"] * 4 + [
    f"{FAILURE} syntax_error", f"{FAILURE} invalid_parameters", f"{FAILURE} service_not_available",
    f"{FAILURE} wrong_instance", f"{REFUSED} bad_request", f"{REFUSED} version_unsupported", PONG]

# Print the two key pairs of a secret: whose, the secret key and the public one.
PYTHON_KEYS = (*PYTHON, "-c", """
import sys
from link import Sockets
for whose, (public, secret) in Sockets(sys.argv[1].encode()).keys.items():
    print(whose, secret.decode(), public.decode())
""")
JS_KEYS = (*JS, """
import { Sockets, z85 } from "./link.mjs";
for (const [whose, { publicKey, secretKey }] of Object.entries(new Sockets(process.argv.at(-1)).keys))
    console.log(whose, z85(secretKey), z85(publicKey));
""")


class Clients(Mesh):
    def setUp(self):
        super().setUp()
        self.environment.update(PYTHONPATH=str(PYTHON_FOLDER), NODE_NO_WARNINGS="1")

    def run_client(self, *words, stdin=None, of=None):
        """Runs a client's command; gives exit code, standard output and standard error."""
        done = subprocess.run([*map(str, (of or self).client), *map(str, words)], env=self.environment, input=stdin,
                              capture_output=True, text=True, timeout=LIMIT_S, check=False)
        return done.returncode, done.stdout, done.stderr

    def gives(self, result, *words, **options):
        self.assertEqual(self.run_client("call", *words, **options), (0, f"{result}\n", ""), words)

    def refused(self, code, said, *words, **options):
        done, out, err = self.run_client(*words, **options)
        self.assertEqual((done, out), (code, ""), f"{words}: {err}")
        self.assertRegex(err, said)

    def program(self, command, **options):
        return self.start(*command, cwd=JS_FOLDER, text=True, **options)

    def host(self, language, *options, service="Text"):
        """Starts a node of that language; gives its process and endpoint."""
        process = self.start(*language.client, *options, "serve", service, language.service, stdout=subprocess.PIPE,
                             text=True)
        return process, process.stdout.readline().split()[1]


class Calls:
    """A client in another language calls services of C++."""

    def setUp(self):
        super().setUp()
        self.server = self.start("malla", "run", SAMPLES / "echo.so", "--name", "one")
        self.answer("Echo.text", "there")

    def test_values_arrive_as_they_were_given(self):
        for value in ("5", "-3", '{"b":1,"a":[2,null,true]}', "[]", '[[1],"a,b"]', "null", "1.5"):
            self.gives(value, "Echo.echo", value)
        for text in ("grüße ✓ 𝄞", "a b", "--word"):
            self.gives(text, "Echo.text", text)
        self.gives("3.5", "Echo.add", 1.5, 2)

    def test_a_megabyte_arrives_and_each_line_is_answered_in_order(self):
        lines = ["y" * (1 << 20), "ü" * (1 << 19), "last"]
        self.gives("\n".join(lines), "Echo.text", "-", stdin="\n".join(lines) + "\n")

    def test_a_status_has_all_its_fields(self):
        self.environment["FAILING"] = json.dumps(["Echo.nope", 1])
        out = self.program(self.status, stdout=subprocess.PIPE).communicate(timeout=LIMIT_S)[0]
        self.assertEqual(json.loads(out),
                         ["request_op_unknown", 400, 0, "Request OP unknown: nope", {"operation": "nope"}])

    def test_many_calls_at_once_are_each_answered(self):
        out = self.program(self.many, stdout=subprocess.PIPE).communicate(timeout=LIMIT_S)[0]
        self.assertEqual(float(out), 200 * 201 / 2)

    def test_each_outcome_has_its_exit_code(self):
        self.refused(1, r"^teapot \(500\): short$", "call", "Echo.fail", "teapot", "short")
        self.refused(1, r"^request_op_unknown \(400\): .*nope", "call", "Echo.nope")
        self.refused(1, r"^invalid_parameters \(400\)", "call", "Echo.add", 1)
        self.refused(3, r"^service_not_available \(503\): .*'Eco'", "call", "Eco.add", 1)
        self.refused(7, r"^deadline_exceeded \(504\)", "call", "--timeout", 0.3, "Echo.sleep", 60_000)
        nobody = free_endpoint()
        self.refused(3, r"^endpoint_unreachable \(503\)", "--join", nobody, "call", "--timeout", 0.5, "Echo.count")
        self.refused(3, "^service_not_available", "--cluster", "elsewhere", "call", "Echo.count")
        node = self.run_client("ls")[1].split("\t")[2]
        self.refused(3, r"^wrong_cluster \(503\): .*'malla'", "--join", node, "--cluster", "elsewhere", "ls")
        for wrong in ((), ("call",), ("call", "Echo"), ("ls", "x"), ("--bogus", "ls")):
            self.refused(2, "usage: ", *wrong)

    def test_the_death_of_the_server_is_seen_at_once(self):
        before = int(self.answer("Echo.count"))
        call = self.program((*self.client, "call", "--timeout", 3000, "Echo.sleep", 3_000_000), stderr=subprocess.PIPE)
        looks = iter(range(1, 1 << 30))
        eventually(lambda: int(self.answer("Echo.count")) - before > next(looks))
        self.server.kill()
        self.assertRegex(call.communicate(timeout=LIMIT_S)[1], r"^peer_lost \(502\)")
        self.assertEqual(call.returncode, 7)

    def test_what_is_drained_is_left_for_another_instance(self):
        self.start("malla", "run", SAMPLES / "echo.so", "--name", "two")
        self.answer("Echo.text", "there", "--on", "two")
        caller = self.program(self.watcher, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

        def names():
            caller.stdin.write("\n")
            caller.stdin.flush()
            return caller.stdout.readline()

        self.assertEqual(names(), "one two\n")
        self.assertEqual(self.malla("drain", "Echo", "--on", "one")[0], 0)
        self.assertEqual(names(), "two\n")
        self.assertEqual(self.malla("drain", "Echo", "--on", "two")[0], 0)
        self.refused(3, "Echo", "call", "Echo.count")
        self.assertEqual(self.malla("resume", "Echo", "--on", "one")[0], 0)
        self.assertEqual(names(), "one\n")

    def test_the_list_names_services_nodes_and_callbacks(self):
        code, out, _ = self.run_client("ls")
        service, node, endpoint, serving, *callbacks = out.rstrip("\n").split("\t")
        self.assertEqual((code, service, node, serving), (0, "Echo", "one", "serving"))
        self.assertTrue(endpoint.startswith("tcp://127.0.0.1:"))
        self.assertIn("whoami", callbacks)


class Hosts:
    """C++ calls a service that is hosted in another language."""

    def setUp(self):
        super().setUp()
        self.broker = self.start("malla-broker", "--bind", self.endpoint, stdout=subprocess.DEVNULL)
        self.server, self.address = self.host(self)
        self.answer("Text.echo", 0)

    def test_values_of_the_shell_arrive(self):
        self.assertEqual(self.answer("Text.upper", "grüße ✓"), "GRÜSSE ✓")
        self.assertEqual(self.answer("Text.upper", "s=a"), "A")
        self.assertEqual(self.answer("Text.echo", '{"b":1,"a":[2,null,true]}'), '{"b":1,"a":[2,null,true]}')
        line = "y" * (1 << 20)
        self.assertEqual(json.loads(self.answer("Text.upper", "-", stdin=line + "\n")), line.upper())

    def test_a_pipeline_goes_through_in_order(self):
        lines = "".join(f"{i}\n" for i in range(2000))
        self.assertEqual(self.answer("Text.echo", "-", "-j", 64, stdin=lines) + "\n", lines)

    def test_it_is_listed_and_described(self):
        code, out, _ = self.malla("ls")
        self.assertEqual((code, json.loads(out)["name"], json.loads(out)["status"]), (0, "Text", "running"))
        code, out, _ = self.malla("describe", "Text.upper")
        self.assertEqual(json.loads(out)["params"], [{"name": "s", "schema": {"type": "string"}}])

    def test_errors_of_the_caller_and_of_the_handler_are_told_apart(self):
        for code, said, *words in ((2, "takes 1 argument", "Text.upper", 1, 2),
                                   (1, r"^request_op_unknown \(400\)", "Text.nope"),
                                   (1, r"^teapot \(500\): short$", "Text.fail", "teapot", "short"),
                                   (1, r"^internal_error \(500\)", "Text.broken"),
                                   (7, r"^deadline_exceeded \(504\)", "Text.wait", 600, "--timeout", "300ms")):
            done, out, err = self.malla("call", *words)
            self.assertEqual((done, out), (code, ""), err)
            self.assertRegex(err, said)
        self.stop(self.server)  # at once: the handler that waits was told that nobody does

    def test_the_handler_sees_caller_deadline_and_metadata(self):
        about = json.loads(self.answer("Text.about", "--timeout", "5s"))
        self.assertTrue(0 < about["left"] <= 5, about)
        self.assertTrue(about["caller"])
        code, out, _ = self.run_client("--name", "me", "call", "--meta", "tenant=blue", "--meta", "x=ü", "Text.about")
        about = json.loads(out)
        self.assertEqual((code, about["caller"], about["meta"]), (0, "me", {"tenant": "blue", "x": "ü"}))
        self.assertTrue(5 < about["left"] <= 15, about)

    def waiting_call(self, seconds):
        """A call whose handler has begun."""
        call = self.start("malla", "call", "Text.wait", seconds, "--timeout", "3000s", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
        self.assertEqual(self.server.stdout.readline(), "waiting\n")
        return call

    def test_a_handler_calls_in_the_time_that_is_left_and_answers_what_did_not_run(self):
        self.start("malla", "run", SAMPLES / "echo.so")
        self.answer("Echo.count")
        self.assertEqual(self.answer("Text.ask", "Echo.add", "[1,2]"), "3")
        about = json.loads(self.answer("Text.ask", "Text.about", "[]", "--timeout", "5s"))
        self.assertTrue(0 < about["left"] <= 5, about)
        code, _, err = self.malla("call", "Text.ask", "Nope.x", "[]")
        self.assertEqual(code, 1)
        self.assertRegex(err, r"^service_not_available \(503\): Service 'Nope'")

    def test_it_publishes_the_digest_of_what_it_lists(self):
        digests = self.program((*PYTHON, "-c", DIGESTS, self.address), stdout=subprocess.PIPE)
        listed, told, published = digests.communicate(timeout=LIMIT_S)[0].splitlines()
        self.assertEqual((told, published), (listed, listed))

    def test_it_leaves_when_what_it_took_is_answered(self):
        call = self.waiting_call(1)
        self.stop(self.server)
        self.assertEqual(call.communicate(timeout=LIMIT_S), ("false\n", ""))
        self.assertEqual(self.malla("call", "Text.upper", "x", "--no-wait")[0], 3)

    def test_its_death_is_seen_at_once(self):
        call = self.waiting_call(3000)
        self.server.kill()
        self.assertRegex(call.communicate(timeout=LIMIT_S)[1], r"^peer_lost \(502\)")
        self.assertEqual(call.returncode, 7)

    def test_it_comes_back_to_a_rendezvous_that_was_away(self):
        self.broker.kill()
        self.broker.wait()
        self.start("malla-broker", "--bind", self.endpoint, stdout=subprocess.DEVNULL)
        self.assertEqual(self.answer("Text.upper", "again"), "AGAIN")

    def test_others_may_join_through_it(self):
        self.broker.kill()
        code, out, err = self.malla("--peer", self.address, "call", "Text.upper", "direct")
        self.assertEqual((code, out, err), (0, "DIRECT\n", ""))

    def test_frames_that_are_wrong_are_refused_and_hurt_nobody(self):
        answers = self.program((*PYTHON, "-c", HOSTILE, self.address), stdout=subprocess.PIPE)
        self.assertEqual(answers.communicate(timeout=LIMIT_S)[0].splitlines(), WANTED)
        self.assertEqual(self.answer("Text.upper", "still"), "STILL")


class PythonCalls(Python, Calls, Clients):
    pass


class PythonHosts(Python, Hosts, Clients):
    pass


class JavaScriptCalls(JavaScript, Calls, Clients):
    pass


class JavaScriptHosts(JavaScript, Hosts, Clients):
    pass


class Together(Clients):
    """The two languages, each through a node of the other."""

    def test_each_calls_the_other(self):
        for caller, hosting in ((Python, JavaScript), (JavaScript, Python)):
            server, address = self.host(hosting, "--join", free_endpoint())
            there = ("--join", address, "call")
            code, out, err = self.run_client(*there, "Text.upper", "ü", of=caller)
            self.assertEqual((code, out, err), (0, "Ü\n", ""))
            self.environment.update(MALLA_LOOPBACK=address, FAILING=json.dumps(["Text.fail", "teapot", "short"]))
            out = self.program(caller.status, stdout=subprocess.PIPE).communicate(timeout=LIMIT_S)[0]
            self.assertEqual(json.loads(out.splitlines()[0]), ["teapot", 500, 0, "short", {"by": hosting.language}])
            self.stop(server)


class Readme(Clients):
    """The pages beside the clients show what happens."""

    def page(self, language):
        text = (ROOT / language.folder / "README.md").read_text(encoding="utf-8")
        return {kind: code for kind, code in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)}

    def test_the_commands_print_what_is_shown(self):
        for language in Python, JavaScript:
            block = self.page(language)["console"].replace("samples/js_client/", "build/release/js_client/")
            self.assertEqual(list(console_blocks.problems(language.language, block, BUILD)), [])

    def test_the_program_calls_a_service(self):
        self.start("malla", "run", SAMPLES / "echo.so")
        self.answer("Echo.count")
        python = self.page(Python)["python"].replace("Node()", "Node(os.environ['MALLA_LOOPBACK'])")
        js = self.page(JavaScript)["js"].replace("new Node()", "new Node({ endpoint: process.env.MALLA_LOOPBACK })")
        for command in (*PYTHON, "-c", f"import os\n{python}"), (*JS, js):
            out, _ = self.program(command, stdout=subprocess.PIPE).communicate(timeout=LIMIT_S)
            self.assertEqual(out, "hello\n")


class Secrets(Clients):
    """A mesh with a secret."""

    SECRET = "correct horse battery staple, 32 bytes or more"

    def setUp(self):
        super().setUp()
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def secret(self, text):
        file = pathlib.Path(self.folder, str(len(os.listdir(self.folder))))
        file.write_text(text)
        return "--secret-file", file


class Encrypted(Secrets):
    """A mesh with a secret, of nodes in both languages."""

    def test_who_has_the_secret_is_let_in_and_nobody_else(self):
        mine, other = self.secret(f"\n {self.SECRET}\n"), self.secret(self.SECRET.replace("correct", "wrong"))
        for hosting in (Python, JavaScript):
            server, address = self.host(hosting, *mine, "--join", free_endpoint())
            for caller in (Python, JavaScript):
                there = ("--join", address, "call", "--timeout", 2, "Text.upper", "ü")
                self.assertEqual(self.run_client(*self.secret(self.SECRET), *there, of=caller), (0, "Ü\n", ""))
                self.refused(2, "32 bytes", *self.secret(self.SECRET[:31]), *there, of=caller)
                for stranger in (other, ()):
                    self.refused(3, "^endpoint_unreachable", *stranger, *there, of=caller)
            self.stop(server)

    def test_the_keys_are_those_of_the_document(self):
        page = (ROOT / "docs" / "wire.md").read_text(encoding="utf-8")
        table = re.findall(r"^\| (server|client) \| `(.{40})` \| `(.{40})` \|$", page, re.MULTILINE)
        self.assertEqual(len(table), 2)
        for command in PYTHON_KEYS, JS_KEYS:
            out, _ = self.program((*command, self.SECRET), stdout=subprocess.PIPE).communicate(timeout=LIMIT_S)
            self.assertEqual([tuple(line.split()) for line in out.splitlines()], table)


class EncryptedWithCpp(Secrets):
    """The same with a broker, nodes and a command of C++."""

    def setUp(self):
        super().setUp()
        self.mine = self.secret(self.SECRET + "\n")
        self.start("malla-broker", "--bind", self.endpoint, *self.mine, stdout=subprocess.DEVNULL)

    def test_it_calls_and_is_called_by_cpp(self):
        self.start("malla", "run", *self.mine, "--broker", self.endpoint, SAMPLES / "echo.so")
        there = ("--broker", self.endpoint)
        self.assertEqual(self.malla(*self.mine, *there, "call", "Echo.text", "ü"), (0, "ü\n", ""))
        for language in Python, JavaScript:
            client = (*self.mine, "--join", self.endpoint)
            self.assertEqual(self.run_client(*client, "call", "Echo.text", "ü", of=language), (0, "ü\n", ""))
            server, _ = self.host(language, *client)
            self.assertEqual(self.malla(*self.mine, *there, "call", "Text.upper", "ü"), (0, "Ü\n", ""))
            self.stop(server)

    def test_without_the_secret_neither_side_lets_the_other_in(self):
        other = self.secret(self.SECRET.replace("correct", "wrong"))
        for language in Python, JavaScript:
            for stranger in (other, ()):
                self.refused(3, "^endpoint_unreachable", *stranger, "--join", self.endpoint, "call", "--timeout", 2,
                             "Echo.text", "ü", of=language)
            server, address = self.host(language, *self.mine, "--join", self.endpoint)
            for stranger in (other, ()):
                code, out, _ = self.malla(*stranger, "--timeout", "2s", "--peer", address, "call", "Text.upper", "ü")
                self.assertEqual(out, "")
                self.assertIn(code, (3, 5, 6))
            self.stop(server)


if __name__ == "__main__":
    unittest.main()
