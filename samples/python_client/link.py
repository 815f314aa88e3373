# SPDX-License-Identifier: Apache-2.0
"""Sockets with the options and keys that docs/wire.md wants, and what becomes of a connection."""
import hmac
import struct
import time

import zmq
import zmq.utils.z85

from frames import MAX_BODY, MAX_HEADER, frame, parse

UP, LOST = 0x1000, 0x6a80  # events of libzmq: the handshake succeeded; it failed, or the connection ended


class Sockets:
    """Makes sockets for one mesh: an open one, or the encrypted one of those who know its secret."""

    def __init__(self, secret=None):
        if secret and len(secret.strip()) < 32:
            raise ValueError("a secret has 32 bytes or more")
        self.context, self.keys = zmq.Context(), {}
        for whose in ("server", "client") if secret else ():
            key = zmq.utils.z85.encode(hmac.digest(secret.strip(), f"malla curve {whose} 1".encode(), "sha256"))
            self.keys[whose] = zmq.curve_public(key), key
        self.guard = self.context.socket(zmq.REP) if secret else None
        if secret:
            self.guard.bind("inproc://zeromq.zap.01")

    def connector(self):
        made = self._made(zmq.DEALER)
        if self.keys:
            made.curve_serverkey = self.keys["server"][0]
            made.curve_publickey, made.curve_secretkey = self.keys["client"]
        return made

    def bound(self, kind, endpoint):
        made = self._made(kind)
        if self.keys:
            made.curve_server, made.curve_secretkey, made.zap_domain = 1, self.keys["server"][1], b"malla"
        made.bind(endpoint)
        return made, made.last_endpoint.decode()

    def let_in(self):
        """Answers libzmq, which asks of each that connects whether its key is the one."""
        version, request, *_, key = self.guard.recv_multipart()
        known = key == zmq.utils.z85.decode(self.keys["client"][0])
        self.guard.send_multipart([version, request, b"200" if known else b"400", b"", b"", b""])

    def _made(self, kind):
        made = self.context.socket(kind)
        made.immediate, made.linger, made.maxmsgsize = 1, 100, 8 + MAX_HEADER + MAX_BODY
        return made


class Link:
    """A DEALER and its connection."""

    def __init__(self, sockets, endpoint):
        self.up, self.leaving, self.socket, self.poller = False, False, sockets.connector(), zmq.Poller()
        self.monitor = self.socket.get_monitor_socket(UP | LOST)
        for each in (self.socket, self.monitor):
            self.poller.register(each, zmq.POLLIN)
        self.socket.connect(endpoint)

    def send(self, *parts):
        """Sends a frame; whether there was a connection to send it on."""
        try:
            if self.up:
                self.socket.send(frame(*parts), zmq.DONTWAIT)
            return self.up
        except zmq.Again:
            return False

    def receive(self, until):
        """The next frame; UP or LOST for its type when the connection came or went; no type when nothing came."""
        ready = dict(self.poller.poll(max(0, (until - time.monotonic()) * 1000)))
        if self.socket in ready:
            message = self.socket.recv_multipart()
            return parse(message[0] if len(message) == 1 else b"")
        if self.monitor not in ready:
            return None, None, b""
        self.up = struct.unpack_from("=H", self.monitor.recv_multipart()[0])[0] == UP
        return UP if self.up else LOST, None, b""

    def close(self):
        self.socket.disable_monitor()
        self.socket.close()
