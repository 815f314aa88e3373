#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nodes that find each other by DNS, by a beacon and by etcd."""

import base64
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

from dns_server import DnsServer
from machines import Machines
from mesh import BUILD, LIMIT_S, SAMPLES, Mesh, eventually, free_endpoint

# What is promised on a quiet machine is printed; a loaded one gets more.
GENEROUS = 20


def port_of(endpoint):
    return int(endpoint.rsplit(":", 1)[1])


class Finding(Mesh):
    """Nodes of one URL, and a watch that tells when they come and go."""

    def node(self, name, *peers, endpoint=None, module="echo.so"):
        words = ["malla", "run", SAMPLES / module, "--name", name]
        for peer in peers:
            words += ["--peer", peer]
        if endpoint:
            words += ["--bind", endpoint]
        return self.start(*words)

    def names(self, *peers):
        words = [word for peer in peers for word in ("--peer", peer)]
        code, out, _ = self.malla("nodes", *words)
        return {json.loads(line)["name"] for line in out.splitlines()} if code == 0 else set()

    def see(self, names, *peers):
        eventually(lambda: self.names(*peers) == set(names))

    def watch(self, *peers):
        """The lines of `malla watch`, as they come."""
        words = [word for peer in peers for word in ("--peer", peer)]
        return self.start("malla", "watch", "--format", "text", *words, stdout=subprocess.PIPE, text=True)

    def wait_for_line(self, watch, text):
        while watch.stdout.readline() != text + "\n":
            self.assertIsNone(watch.poll())

    def find_each_other(self, promised_s, url, endpoints=(None, None)):
        """Measured from the start of the second process until the first has it, as it tells a watch."""
        own = [endpoint or free_endpoint() for endpoint in endpoints]
        first = self.node("first", url, endpoint=own[0])
        self.see({"first"}, own[0])
        watch = self.watch(own[0])
        self.wait_for_line(watch, "node first: running")
        began = time.monotonic()
        second = self.node("second", url, endpoint=own[1])
        self.wait_for_line(watch, "node second: running")
        took = time.monotonic() - began
        print(f"found each other {took * 1000:.0f} ms after the start of the second process", flush=True)
        self.assertLess(took, promised_s * GENEROUS)
        self.see({"first", "second"}, own[1])
        self.see({"first", "second"}, url)
        return first, second, watch, own


class Schemes(Finding):
    def refused(self, url, said):
        code, out, err = self.malla("run", SAMPLES / "echo.so", "--peer", url)
        self.assertEqual((code, out), (2, ""), err)
        self.assertRegex(err, said)

    def test_that_nobody_knows_are_refused_with_where_they_were_looked_for(self):
        self.refused("nosuch://x", "nosuch://x: nobody finds nodes by nosuch://; nosuch.so was looked for in .*plugins")
        self.refused("dns://", "says nothing")
        self.refused("dns://a?every=never", "every is a duration")
        self.refused("dns://a?colour=red", "colour")
        self.refused("etcd://a:b", "etcd://HOST:PORT")

    def test_what_is_no_finder_is_not_loaded(self):
        # A copy of the programs with other plugins beside them.
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "bin").mkdir()
            (root / "plugins").mkdir()
            shutil.copy2(BUILD / "bin/malla", root / "bin/malla")
            shutil.copy2(SAMPLES / "echo.so", root / "plugins/aaa.so")
            shutil.copy2(BUILD / "plugins/dns.so", root / "plugins/bbb.so")
            other = re.sub(rb"malla-abi \d+", b"malla-abi 0", (BUILD / "plugins/dns.so").read_bytes())
            (root / "plugins/dns.so").write_bytes(other)
            for url, said in (("aaa://x", "aaa.so holds a service, not a finder"),
                              ("bbb://x", "finds nodes by dns://, not by bbb://"),
                              ("dns://x", "manifest_mismatch")):
                done = subprocess.run([root / "bin/malla", "ls", "--peer", url], env=self.environment, text=True,
                                      capture_output=True, timeout=LIMIT_S, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn(said, done.stderr)
        self.assertEqual(self.malla("run", BUILD / "plugins/dns.so")[0], 2)


class Dns(Finding):
    def server(self, records):
        server = DnsServer(records)
        self.addCleanup(server.close)
        return server

    def test_nodes_find_each_other_by_srv_records(self):
        own = [free_endpoint(), free_endpoint()]
        server = self.server({"_malla._tcp.fleet.test": {"SRV": [(port_of(each), "host.test") for each in own]},
                              "host.test": {"A": ["127.0.0.1"]}})
        first, _, watch, _ = self.find_each_other(1, f"dns://fleet.test?server={server.address}&every=500ms", own)

        # One that goes away and comes back.
        self.stop(first)
        url = f"dns://fleet.test?server={server.address}"
        self.see({"second"}, url)
        self.node("first", url, endpoint=own[0])
        self.see({"first", "second"}, url)
        self.assertIsNotNone(watch)

    def test_nodes_find_each_other_by_addresses_and_hear_of_changes(self):
        own = [free_endpoint(), "tcp://127.0.0.2:" + free_endpoint().rsplit(":", 1)[1]]
        port = port_of(own[0])
        own[1] = f"tcp://127.0.0.2:{port}"
        records = {"fleet.test": {"A": ["127.0.0.3"]}}
        server = self.server(records)
        url = f"dns://fleet.test:{port}?server={server.address}&every=100ms"
        self.node("first", url, endpoint=own[0])
        self.node("second", url, endpoint=own[1])
        self.see({"first"}, own[0])
        self.see({"second"}, own[1])
        records["fleet.test"] = {"A": ["127.0.0.2", "127.0.0.1", "127.0.0.3"], "AAAA": ["::1"]}
        self.see({"first", "second"}, own[0])
        self.see({"first", "second"}, url)

    def test_ipv6_addresses_are_written_as_endpoints_have_them(self):
        port = port_of(free_endpoint())
        server = self.server({"fleet.test": {"AAAA": ["::1"]}})
        self.node("six", endpoint=f"tcp://[::1]:{port}")
        self.see({"six"}, f"dns://fleet.test:{port}?server={server.address}")

    def test_a_name_that_does_not_exist_is_said_and_found_later(self):
        records = {}
        server = self.server(records)
        url = f"dns://nosuch.test?server={server.address}&every=100ms"
        code, _, err = self.malla("ls", "--peer", url)
        self.assertEqual(code, 6, err)
        self.assertIn("the DNS knows no nosuch.test", err)
        code, _, err = self.malla("call", "Echo.text", "x", "--peer", url, "--timeout", "2s")
        self.assertIn("the DNS knows no nosuch.test", err)

        own = free_endpoint()
        call = self.start("malla", "call", "Echo.text", "x", "--peer", url, stdout=subprocess.PIPE, text=True)
        eventually(lambda: server.asked > 3)
        self.node("late", url, endpoint=own)
        records["_malla._tcp.nosuch.test"] = {"SRV": [(port_of(own), "host.test")]}
        records["host.test"] = {"A": ["127.0.0.1"]}
        self.assertEqual(call.communicate(timeout=LIMIT_S)[0], "x\n")

    def test_a_server_that_is_away_is_said(self):
        silent = self.server({})
        silent.close()
        code, _, err = self.malla("ls", "--peer", f"dns://fleet.test?server={silent.address}", "--timeout", "10s")
        self.assertEqual(code, 6, err)
        self.assertIn("the DNS does not say where nodes are", err)


class EtcdServer:
    """One etcd on ports of its own, that can be ended and started again."""

    def __init__(self, mesh):
        self.mesh = mesh
        self.folder = tempfile.TemporaryDirectory()
        mesh.addCleanup(self.folder.cleanup)
        self.client, self.peer = (each.removeprefix("tcp://") for each in (free_endpoint(), free_endpoint()))
        self.process = None
        self.start()

    def start(self):
        self.process = self.mesh.start(
            "etcd", "--data-dir", self.folder.name, "--listen-client-urls", f"http://{self.client}",
            "--advertise-client-urls", f"http://{self.client}", "--listen-peer-urls", f"http://{self.peer}",
            "--initial-advertise-peer-urls", f"http://{self.peer}", "--initial-cluster", f"default=http://{self.peer}",
            "--unsafe-no-fsync", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self.is_ready)

    def is_ready(self):
        try:
            return self.post("/v3/kv/range", {"key": "AA=="}) is not None
        except OSError:
            return None

    def post(self, path, body):
        request = urllib.request.Request(f"http://{self.client}{path}", json.dumps(body).encode())
        with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
            return json.load(answer)

    def keys(self):
        first, last = (base64.b64encode(key).decode() for key in (b"/malla/", b"/malla0"))
        rows = self.post("/v3/kv/range", {"key": first, "range_end": last}).get("kvs", [])
        return [base64.b64decode(row["key"]).decode() for row in rows]

    def end(self):
        self.process.kill()
        self.process.wait()


class Etcd(Finding):
    def test_nodes_find_each_other_and_take_themselves_out(self):
        etcd = EtcdServer(self)
        url = f"etcd://{etcd.client}"
        first, second, watch, own = self.find_each_other(1, url)
        self.assertEqual(len(etcd.keys()), 2)
        self.assertTrue(all(key.startswith("/malla/malla/") for key in etcd.keys()))

        self.stop(first)
        eventually(lambda: len(etcd.keys()) == 1)
        self.see({"second"}, url)
        self.node("first", url, endpoint=own[0])
        self.see({"first", "second"}, url)
        second.kill()
        eventually(lambda: len(etcd.keys()) == 1)
        self.see({"first"}, url)

    def test_a_mesh_lives_on_without_its_etcd_and_takes_it_back(self):
        etcd = EtcdServer(self)
        url = f"etcd://{etcd.client}"
        _, _, _, own = self.find_each_other(1, url)
        etcd.end()
        code, _, err = self.malla("ls", "--peer", url, "--timeout", "5s")
        self.assertEqual(code, 6, err)
        self.assertIn("cannot be reached", err)
        self.assertEqual(self.names(own[0]), {"first", "second"})

        # It comes back and has forgotten everything.
        shutil.rmtree(pathlib.Path(etcd.folder.name) / "member")
        etcd.start()
        eventually(lambda: len(etcd.keys()) == 2)
        self.node("third", url)
        self.see({"first", "second", "third"}, url)

    def test_of_several_addresses_one_is_enough(self):
        etcd = EtcdServer(self)
        away = free_endpoint().removeprefix("tcp://")
        self.environment["MALLA_PEER"] = f"etcd://{away},{etcd.client}"
        self.start("malla", "run", SAMPLES / "echo.so", "--name", "here")
        self.see({"here"})
        self.assertEqual(self.answer("Echo.text", "x"), "x")

    def test_clusters_do_not_see_each_other(self):
        etcd = EtcdServer(self)
        url = f"etcd://{etcd.client}"
        self.node("here", url)
        self.see({"here"}, url)
        self.environment["MALLA_CLUSTER"] = "malla/x"
        self.assertEqual(self.names(url), set())
        self.node("there", url)
        self.see({"there"}, url)
        self.environment["MALLA_CLUSTER"] = "malla"
        self.see({"here"}, url)


class Beacon(Finding):
    def url(self):
        """A group and a port of its own, on this machine only."""
        return f"beacon://239.255.{os.getpid() % 256}.{len(free_endpoint.given)}:{port_of(free_endpoint())}?interface=lo"

    def test_nodes_find_each_other_and_notice_who_ends(self):
        url = self.url()
        first, second, watch, own = self.find_each_other(0.2, url)
        self.assertEqual(self.answer("Echo.text", "x", "--on", "first", "--peer", url), "x")
        self.stop(first)
        self.wait_for_line(watch, "node first: gone")
        self.see({"second"}, url)
        first = self.node("first", url, endpoint=own[0])
        self.see({"first", "second"}, url)
        first.kill()
        self.see({"second"}, url)
        self.assertIsNone(second.poll())

    def test_nobody_there_is_known_soon(self):
        code, out, err = self.malla("ls", "--peer", self.url())
        self.assertEqual((code, out, err), (0, "", ""))
        code, _, err = self.malla("ls", "--peer", "beacon://239.255.77.65?interface=nosuch0", "--timeout", "5s")
        self.assertEqual(code, 6)
        self.assertIn("nosuch0", err)

    def test_noise_and_strangers_change_nothing(self):
        url = self.url()
        group, port = url.removeprefix("beacon://").partition("?")[0].split(":")
        self.node("here", url)
        self.see({"here"}, url)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
            noise.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            noise.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 0)
            for size in range(1000):
                noise.sendto(b"MLLB\x01\x01"[:size] + os.urandom(size), (group, int(port)))
        self.environment["MALLA_CLUSTER"] = "other"
        self.assertEqual(self.names(url), set())
        self.environment["MALLA_CLUSTER"] = "malla"
        self.see({"here"}, url)

    def test_nodes_of_two_machines_find_each_other(self):
        url = "beacon://239.255.77.65:46255"
        machines = Machines(self)
        for side in range(2):
            self.start(*machines.on(side), "malla", "run", SAMPLES / "echo.so", "--name", f"side{side}", "--bind",
                       f"tcp://{machines.address(side)}:*", "--insecure", "--peer", url)

        def names():
            done = subprocess.run([*machines.on(1), "malla", "nodes", "--peer", url], env=self.environment,
                                  capture_output=True, text=True, timeout=LIMIT_S, check=False)
            return {json.loads(line)["name"] for line in done.stdout.splitlines()}
        eventually(lambda: names() == {"side0", "side1"})


class Together(Finding):
    def test_all_kinds_serve_one_mesh(self):
        etcd = EtcdServer(self)
        dns = DnsServer({})
        self.addCleanup(dns.close)
        own = [free_endpoint() for _ in range(4)]
        dns.records.update({"_malla._tcp.fleet.test": {"SRV": [(port_of(own[1]), "host.test")]},
                            "host.test": {"A": ["127.0.0.1"]}})
        beacon = f"beacon://239.255.{os.getpid() % 256}.200:{port_of(free_endpoint())}?interface=lo"
        by_dns = f"dns://fleet.test?server={dns.address}&every=500ms"
        by_etcd = f"etcd://{etcd.client}"
        self.node("of-beacon", beacon, endpoint=own[0])
        self.node("of-dns", beacon, endpoint=own[1])
        self.node("of-both", by_dns, by_etcd, endpoint=own[2])
        self.node("of-etcd", by_etcd, endpoint=own[3])
        everybody = {"of-beacon", "of-dns", "of-both", "of-etcd"}
        for peers in ((beacon,), (by_dns,), (by_etcd,), (beacon, by_dns, by_etcd, own[0])):
            self.see(everybody, *peers)
        for endpoint in own:
            self.see(everybody, endpoint)


if __name__ == "__main__":
    unittest.main()
