# SPDX-License-Identifier: Apache-2.0
"""A node that hosts a service: it announces it to a rendezvous, and answers those who connect to it."""
import hashlib
import os
import socket
import struct
import sys
import time

import zmq

from frames import (ANNOUNCE, ASK, ASK_LISTING, BAD, BEAT, BYE, CALL, CANCEL, DIGEST, FAILURE, GONE, HELLO, LISTING,
                    MAX_BODY, NIL, PING, PONG, REFUSED, SNAPSHOT_END, SUSPECT, WELCOME, Status, digest, field, frame,
                    name, pairs, parse, read)
from link import LOST, UP, Link
from node import Node
from service import Service, read_call

NEVER, MAX_PEERS = float("inf"), 10_000


class Host(Node):
    """A node with one service. `bind` is the endpoint of its ROUTER and, with another port, of its PUB."""

    def __init__(self, service, functions, bind="tcp://127.0.0.1:*", **options):
        super().__init__(**options)
        self.service, self.draining, self.stopping, self.offsets = Service(service, functions), False, False, {}
        self.router, self.address = self.sockets.bound(zmq.ROUTER, bind)
        self.publisher, self.published = self.sockets.bound(zmq.PUB, bind)
        self.sequence, self.started, self.beat, self.link, self.silent_at = 1, int(time.time() * 1000), 0.5, None, 0

    def stop(self):
        """Ends `run` when all calls that came are answered. From any thread, and from signals."""
        self.stopping = True
        self.service.wake.send(b"x")

    def run(self):
        """Serves until `stop`."""
        next_beat, end = 0, NEVER
        while (now := time.monotonic()) < end:
            if now >= self.silent_at:
                self.join(now)
            if now >= next_beat:
                next_beat = now + self.beat
                topic = b"d/" + self.cluster.encode() + b"\0"
                self.publisher.send(topic + frame(DIGEST, digest([(self.id, self.sequence)])))
                if end == NEVER:
                    self.link.send(PING, bytes(8))
                    self.link.send(BEAT, self.id + struct.pack("<Q", self.sequence))
            if self.stopping and not self.draining:
                self.draining = True
                self.announce(self.sequence)
                for peer in self.offsets:
                    self.router.send_multipart([peer, frame(BYE, self.id + bytes(8))])
            if self.draining and not self.service.running and end == NEVER:
                self.link.send(BYE, self.id + struct.pack("<Q", self.sequence))
                end = now + 0.5
            self.hear(*self.link.receive(min(next_beat, end, self.silent_at))[:2])
            self.serve()
        self.link.close()
        self.router.close()
        self.publisher.close()

    def join(self, now):
        """Connects to the rendezvous, again when it was silent for three beats."""
        if self.link:
            self.link.close()
        self.link, self.silent_at = Link(self.sockets, self.endpoint), now + max(2, 3 * self.beat)
        for each in filter(None, (self.router, self.service.woken, self.sockets.guard)):
            self.link.poller.register(each, zmq.POLLIN)

    def hear(self, kind, header):
        """What the rendezvous says, and what its connection does."""
        if kind is None or header is None and kind not in (UP, LOST):
            return
        self.silent_at = time.monotonic() + 3 * self.beat
        if kind == UP:
            self.link.send(*self.hello(1))
        elif kind == WELCOME:
            self.beat = max(10, read("16sBBI", header)[3]) / 1000
            self.announce(0)
        elif kind == REFUSED:
            print(f"{self.endpoint}: {Status.read(header)}", file=sys.stderr)
            self.silent_at = time.monotonic() + 2
        elif kind == ASK:
            self.announce(0)
        elif kind in (SUSPECT, GONE) and header[:16] == self.id:
            self.announce(read("16sQ", header)[1])

    def announce(self, above):
        """Tells the rendezvous what there is, as something newer than `above`."""
        self.sequence = max(self.sequence, above + 1)
        self.link.send(ANNOUNCE, self.record())

    def record(self):
        service = self.service
        content = hashlib.sha256(repr(service.callbacks).encode()).digest()[:8]
        head = self.id + struct.pack("<QQIIBBB", self.sequence, self.started, os.getpid(), len(service.running), 1, 1,
                                     self.draining) + name(self.label) + name(self.cluster) + name(socket.gethostname())
        return head + field(1, self.address.encode()) + field(2, self.published.encode()) + field(
            3, name(service.label) + struct.pack("<HHHBBB", 1, 0, 0, 1, 0, 1) + content + pairs(1, service.callbacks))

    def serve(self):
        """Takes what has come to the ROUTER, and sends what is ready."""
        while self.sockets.guard and self.sockets.guard.poll(0):
            self.sockets.let_in()
        while self.router.poll(0):
            peer, raw, *more = self.router.recv_multipart()
            if not more:
                for kind, header in self.answers(peer, raw):
                    self.router.send_multipart([peer, frame(kind, header)])
        for peer, answer in self.service.finished():
            self.router.send_multipart([peer, answer])

    def answers(self, peer, raw):
        """The frames that answer a frame at once: type and header."""
        kind, header, body = parse(raw)
        try:
            if raw[:2] == b"ML" and raw[2:3] not in (b"", b"\1"):
                raise Status.of("version_unsupported", str(raw[2]))
            if header is None:
                raise ValueError("not a frame of version 1")
            if kind == HELLO:
                yield self.welcome(header)
            elif kind == PING:
                yield PONG, read("8s", header)[0] + self.id
            elif kind == ASK:
                yield from self.told(*read("I", header))
            elif kind == ASK_LISTING:
                yield LISTING, struct.pack("<I16sQ", 1, self.id, self.sequence)
            elif kind == CANCEL and (call := self.service.cancel(peer, *read("Q", header)[:1])) and not call.one_way:
                yield FAILURE, header[:8] + Status.of("cancelled").pack()
            elif kind == CALL:
                yield from self.call_came(peer, header, body)
        except Status as status:
            yield REFUSED, status.pack()
        except BAD:
            status = Status.of("bad_request").pack()
            yield (FAILURE, raw[8:16] + status) if kind == CALL and len(raw) >= 16 else (REFUSED, status)

    def welcome(self, header):
        origin, lowest, highest, _, _, cluster, _ = read("16sBBB n n", header)
        if not lowest <= 1 <= highest:
            raise Status.of("version_unsupported", str(lowest))
        if cluster != self.cluster:
            raise Status.of("wrong_cluster", self.cluster)
        if origin == self.id:
            raise Status.of("conflict")
        head = self.id + struct.pack("<BBIQ", 1, 0, int(self.beat * 1000), MAX_BODY)
        return WELCOME, head + name(self.label) + name(self.cluster) + field(2, self.published.encode())

    def told(self, count, ids):
        """Who asks is told of this node; it lists nobody else."""
        for each in (ids[at:at + 16] for at in range(0, 16 * count, 16)):
            yield (ANNOUNCE, self.record()) if each == self.id else (GONE, each + bytes(10))
        if count == 0:
            yield ANNOUNCE, self.record()
            yield SNAPSHOT_END, digest([(self.id, self.sequence)])

    def call_came(self, peer, header, body):
        def on_its_way(offset):
            if peer not in self.offsets and len(self.offsets) >= MAX_PEERS:
                del self.offsets[next(iter(self.offsets))]
            self.offsets[peer] = min(offset, self.offsets.get(peer, offset))
            return offset - self.offsets[peer]
        call = read_call(header, on_its_way)
        call.node = self
        try:
            if call.target not in (NIL, self.id):
                raise Status.of("wrong_instance")
            if self.draining:
                raise Status.of("draining", call.service)
            self.service.take(peer, call, body)
        except Status as status:
            if not call.one_way:
                yield FAILURE, header[:8] + status.pack()
