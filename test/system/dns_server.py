# SPDX-License-Identifier: Apache-2.0
"""A DNS server for tests: answers from a table that a test may change, on a loopback port of its own."""

import ipaddress
import socket
import struct
import threading

TYPES = {"A": 1, "AAAA": 28, "SRV": 33}
NAME_ERROR = 3


def encode_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.rstrip(".").split(".") if label) + b"\0"


def decode_name(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels).lower(), at + 1


def encode_value(kind, value):
    if kind == "SRV":
        port, target = value
        return struct.pack("!HHH", 0, 0, port) + encode_name(target)
    return ipaddress.ip_address(value).packed


class DnsServer:
    """`records` is {name: {"A": [address...], "SRV": [(port, target)...]}}; names that are not in it do not exist."""

    def __init__(self, records):
        self.records = records
        self.asked = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                query, sender = self.socket.recvfrom(512)
                self.socket.sendto(self.answer(query), sender)
            except OSError:  # it was closed
                return
            self.asked += 1

    def answer(self, query):
        name, at = decode_name(query)
        question = query[12:at + 4]
        number = struct.unpack("!H", query[at:at + 2])[0]
        kind = next((kind for kind, value in TYPES.items() if value == number), None)
        known = self.records.get(name)
        values = (known or {}).get(kind, [])
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | (NAME_ERROR if known is None else 0), 1, len(values), 0, 0)
        body = b""
        for value in values:
            data = encode_value(kind, value)
            body += b"\xc0\x0c" + struct.pack("!HHIH", number, 1, 0, len(data)) + data
        return head + question + body

    def close(self):
        self.socket.close()
