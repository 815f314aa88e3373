# SPDX-License-Identifier: Apache-2.0
"""The frames of docs/wire.md: bytes from values, and values from bytes of which nothing is believed."""
import re
import struct

HELLO, WELCOME, REFUSED, CALL, REPLY, FAILURE, CANCEL, PING, PONG = 1, 2, 3, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15
ANNOUNCE, BEAT, BYE, ASK, SNAPSHOT_END, GONE, SUSPECT, DIGEST = 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37
ASK_LISTING, LISTING = 0x38, 0x39
NIL, MAX_BODY, MAX_HEADER = bytes(16), 8 << 20, 1 << 18
BAD = (ValueError, IndexError, TypeError, RecursionError, struct.error)  # what comes of bytes that are wrong

# Of the statuses of docs/wire.md those that a client needs: code, outcome, sentence, name of what it is about.
STATUSES = {
    "bad_request": (400, 0, "Bad Request", ""),
    "content_type_invalid": (400, 0, "Content type is invalid", ""),
    "invalid_parameters": (400, 0, "Invalid parameters", ""),
    "syntax_error": (400, 0, "Syntax error: '{}'", "field"),
    "request_op_unknown": (400, 0, "Request OP unknown: {}", "operation"),
    "body_too_large": (413, 0, "The body is too large: {}", "limit"),
    "internal_error": (500, 0, "Internal error: {}", ""),
    "conflict": (409, 0, "Conflict", ""),
    "service_not_available": (503, 1, "Service '{}' is not available", "service"),
    "busy": (503, 1, "Service '{}' is busy: its queue is full", "service"),
    "draining": (503, 1, "Service '{}' is draining", "service"),
    "wrong_instance": (503, 1, "The node that was called is no longer there", ""),
    "wrong_cluster": (503, 1, "The node belongs to cluster '{}'", "cluster"),
    "cancelled": (499, 1, "Cancelled before it began", ""),
    "expired": (408, 1, "The deadline passed before the call began", ""),
    "version_unsupported": (505, 1, "Protocol version not supported: {}", "versions"),
    "endpoint_unreachable": (503, 1, "Cannot reach {}", "endpoint"),
    "deadline_exceeded": (504, 2, "The deadline passed and the call may have run", ""),
    "peer_lost": (502, 2, "The connection to node '{}' was lost and the call may have run", "node"),
    "reply_invalid": (502, 2, "The node's answer could not be read: {}", "reason"),
}


class Status(Exception):
    """How a call ended that has no value; outcome: 0 answered, 1 not run, 2 nobody knows whether it ran."""

    def __init__(self, identifier, code, outcome, text, data=()):
        super().__init__(f"{identifier} ({code}): {text}")
        self.identifier, self.code, self.outcome, self.text, self.data = identifier, code, outcome, text, dict(data)

    @staticmethod
    def of(identifier, about="", text=""):
        """One of those in the table; `text` replaces its sentence."""
        code, outcome, sentence, key = STATUSES[identifier]
        return Status(identifier, code, outcome, text or sentence.format(about), {key: about} if key else {})

    def pack(self):
        text = self.text.encode(errors="replace")[:8000].decode(errors="ignore").encode()
        head = struct.pack("<HB", self.code, self.outcome) + name(self.identifier) + struct.pack("<H", len(text))
        return head + text + pairs(1, self.data)

    @staticmethod
    def read(raw):
        code, outcome, identifier, text, rest = read("HB n t", raw)
        return Status(identifier, code, outcome if outcome < 3 else 2, text, read_pairs(1, rest))


def read(form, raw):
    """The values of a form at the beginning of `raw` (n: name, t: text, others as in struct), and what is left."""
    values = []
    for part in form.split():
        number = "<" + {"n": "B", "t": "H"}.get(part, part)
        values += struct.unpack_from(number, raw)
        raw = raw[struct.calcsize(number):]
        if part in ("n", "t"):
            size, values[-1] = values[-1], raw[:values[-1]].decode()
            if size > len(raw) or part == "n" and re.search("[\0-\x1f\x7f-\x9f]", values[-1]):
                raise ValueError("not a name or text")
            raw = raw[size:]
    return (*values, raw)


def fields(raw):
    """The optional fields: tag and content of each."""
    while raw:
        tag, size, raw = read("BI", raw)
        if size > len(raw):
            raise ValueError("cut short")
        yield tag, raw[:size]
        raw = raw[size:]


def read_pairs(wanted, raw):
    return {key: value.decode() for key, value in (read("n", pair) for tag, pair in fields(raw) if tag == wanted)}


def parse(raw):
    """Type, header and body of a frame; no type if it is to be ignored, no header if it is to be refused."""
    if len(raw) < 8 or raw[:3] != b"ML\x01":
        return None, None, b""
    end = 8 + int.from_bytes(raw[4:8], "little")
    longest = MAX_BODY if raw[3] in (CALL, REPLY) else 0
    bad = end > min(len(raw), 8 + MAX_HEADER) or len(raw) - end > longest
    return raw[3], None if bad else raw[8:end], raw[end:]


def name(text):
    return bytes([len(text.encode())]) + text.encode()


def field(tag, raw):
    return struct.pack("<BI", tag, len(raw)) + raw


def pairs(tag, values):
    return b"".join(field(tag, name(key) + value.encode()) for key, value in values.items())


def frame(kind, header=b"", body=b""):
    return struct.pack("<2sBBI", b"ML", 1, kind, len(header)) + header + body


def mix(x):
    x = (x + 0x9e3779b97f4a7c15) % 2**64
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 % 2**64
    x = (x ^ x >> 27) * 0x94d049bb133111eb % 2**64
    return x ^ x >> 31


def digest(entries):
    """The digest of a directory: pairs of id and sequence."""
    halves = [(*struct.unpack("<QQ", node), sequence) for node, sequence in entries]
    return struct.pack("<IQ", len(halves), sum(mix(mix(mix(low) ^ high) ^ last) for low, high, last in halves) % 2**64)


class Record:
    """What a node announces of itself."""

    def __init__(self, header):
        (self.id, self.sequence, _, self.pid, _, _, _, flags, self.name, self.cluster, self.host,
         rest) = read("16s QQIIBBB n n n", header)
        self.draining, self.endpoints, self.services, self.callbacks = bool(flags & 1), [], {}, {}
        for tag, raw in fields(rest):
            if tag == 1:
                self.endpoints.append(raw.decode())
            elif tag == 3:
                service, _, _, _, running, admin, _, _, more = read("n HHHBBBQ", raw)
                self.services[service], self.callbacks[service] = (running, admin), read_pairs(1, more)

    def takes_calls_of(self, service):
        return not self.draining and self.endpoints and self.services.get(service) == (1, 0)
