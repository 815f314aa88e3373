# SPDX-License-Identifier: Apache-2.0
"""A node that calls: it asks a rendezvous who is there, and calls them itself."""
import itertools
import json
import os
import random
import struct
import time

from frames import (ANNOUNCE, ASK, BAD, BYE, CALL, CANCEL, FAILURE, HELLO, MAX_BODY, NIL, REFUSED, REPLY, SNAPSHOT_END,
                    WELCOME, Record, Status, field, name, pairs, read)
from link import LOST, UP, Link, Sockets


class Node:
    """Somebody on the mesh who calls; threads may share it."""

    def __init__(self, endpoint="tcp://127.0.0.1:6255", cluster="malla", label="python", secret=None):
        self.endpoint, self.cluster, self.label, self.sockets = endpoint, cluster, label, Sockets(secret)
        self.id, self.numbers, self.known, self.links = os.urandom(16), itertools.count(1), {}, {}

    def hello(self, flags):
        return HELLO, self.id + bytes([1, 1, flags]) + name(self.label) + name(self.cluster)

    def nodes(self, limit=5.0):
        """Asks the rendezvous who is there: records by the nodes' ids."""
        link, until, found = Link(self.sockets, self.endpoint), time.monotonic() + limit, {}
        try:
            while time.monotonic() < until:
                kind, header, _ = link.receive(until)
                if kind == UP:
                    link.send(*self.hello(0))
                elif kind == WELCOME:
                    link.send(ASK, bytes(4))
                elif kind == REFUSED:
                    raise Status.read(header)
                elif kind == ANNOUNCE:
                    found[header[:16]] = Record(header)
                elif kind == SNAPSHOT_END:
                    return found
        finally:
            link.close()
        raise Status.of("endpoint_unreachable", self.endpoint)

    def call(self, target, *args, timeout=15.0, meta=(), within=None):
        """The result of `Service.callback`, or a Status. `within` is the call that it is part of, if there is one."""
        end = min(time.monotonic() + timeout, within.deadline if within else float("inf"))
        service, callback = target.split(".", 1)
        body = json.dumps(args, ensure_ascii=False, allow_nan=False).encode()
        if len(body) > MAX_BODY:
            raise Status.of("body_too_large", f"{MAX_BODY} bytes")
        header = name(service) + name(callback) + field(2, self.label.encode()) + pairs(3, dict(meta))
        if within and within.trace:
            header += field(1, within.trace.encode())
        tried, refused = set(), Status.of("service_not_available", service)
        for again in (False, True):  # those who were there before, then those who are there now
            if again or not self.known:
                self.known = self.nodes(end - time.monotonic())
            for record in random.sample(list(self.known.values()), len(self.known)):
                if record.id in tried or not record.takes_calls_of(service):
                    continue
                tried.add(record.id)
                result = self.call_on(record, end, within.root if within else (NIL, 0), header, body)
                if not isinstance(result, Status):
                    return result[0]
                if result.outcome != 1 or result.identifier == "expired":
                    raise result
                refused = result
        raise refused

    def call_on(self, record, end, root, names, body):
        """One attempt: a list with the value, or a Status. No other thread has its connection meanwhile."""
        link = self.connect(record, min(end, time.monotonic() + 1))
        number, now = next(self.numbers), time.monotonic_ns() // 1000
        left = int(end * 1e6) - now
        fixed = struct.pack("<Q16s16s16sQQQBBH", number, self.id, record.id, *root, max(0, left), now, 0, 1, 0)
        if left <= 0:
            result = Status.of("expired")
        elif not link.send(CALL, fixed + names, body):
            result = Status.of("endpoint_unreachable", record.endpoints[0])
        else:
            result = self.answer(link, number, end, record.name)
        if link.leaving or not link.up or self.links.setdefault(record.id, link) is not link:
            link.close()
        return result

    def connect(self, record, until):
        """The connection that an earlier call left if it is still good, or a new one."""
        link, kind = self.links.pop(record.id, None), UP
        while link and kind not in (None, LOST, BYE):
            kind = link.receive(0)[0]
        if link and kind is None:
            return link
        if link:
            link.close()
        link = Link(self.sockets, record.endpoints[0])
        link.receive(until)
        return link

    @staticmethod
    def answer(link, number, end, label):
        """What comes back for a call that was sent."""
        cancelled = False
        while True:
            kind, header, body = link.receive(end)
            if kind == LOST:
                return Status.of("peer_lost", label)
            if kind == BYE:
                link.leaving = True  # takes no further calls; this one is still answered
            try:
                if kind in (REPLY, FAILURE) and read("Q", header)[0] == number:
                    if kind == REPLY and header[8] != 1:
                        raise ValueError("not JSON")
                    result = [json.loads(body)] if kind == REPLY else Status.read(header[8:])
                    if not cancelled:
                        return result
                    if kind == FAILURE and result.outcome == 1:
                        return Status.of("expired")
            except BAD as bad:
                return Status.of("reply_invalid", str(bad))
            if time.monotonic() >= end:
                if cancelled:
                    return Status.of("deadline_exceeded")
                link.send(CANCEL, struct.pack("<Q", number))
                cancelled, end = True, end + 0.05
