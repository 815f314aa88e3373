#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls a service of a Malla mesh: a client in one file, written from docs/wire.md, to begin from."""
import argparse, hmac, itertools, json, os, pathlib, random, struct, sys, time
import zmq, zmq.utils.z85

HELLO, REFUSED, CALL, REPLY, FAILURE, CANCEL, ANNOUNCE, ASK, SNAPSHOT_END = 1, 3, 16, 17, 18, 19, 48, 51, 52

class Status(Exception):
    """Why a call has no result: code, outcome (0 answered, 1 not run, 2 perhaps run), identifier, sentence."""

def sized(content, length="<B"):  # bytes or text, behind their length
    raw = content.encode() if isinstance(content, str) else content
    return struct.pack(length, len(raw)) + raw

def split(raw, length="<B"):  # what stands behind its length, and what follows it; struct.error if there is less
    size, begin = struct.unpack_from(length, raw)[0], struct.calcsize(length)
    return struct.unpack(f"{size}s{len(raw) - begin - size}s", raw[begin:])

def frame(kind, header, body=b""):
    return b"ML\1" + bytes([kind]) + sized(header, "<I") + body

def read_status(raw):
    (code, outcome), (identifier, rest) = struct.unpack_from("<HB", raw), split(raw[3:])
    return Status(code, min(outcome, 2), identifier.decode(), split(rest, "<H")[0].decode())

def endpoints(record, service):  # of an ANNOUNCE: the best one, or none if calls of the service may not go there
    rest, found, takes = split(split(split(record[43:])[1])[1])[1], [], False  # behind name, cluster and host
    while rest:
        tag, (content, rest) = rest[0], split(rest[1:], "<I")
        found += [content.decode()] if tag == 1 else []
        if tag == 3 and split(content)[0] == service.encode():  # running, active, and the node is not draining
            takes = split(content)[1][6:8] == b"\1\0" and not record[42] & 1
    return found[:takes]

class Malla:
    """A node of the mesh of `join`, a broker or a node that hosts; encrypted if there is a secret, in bytes."""
    def __init__(self, join="tcp://127.0.0.1:6255", cluster="malla", name="python", secret=None):
        self.join, self.names, self.context = join, sized(name) + sized(cluster), zmq.Context.instance()
        self.id, self.numbers, self.keys = os.urandom(16), itertools.count(1), []
        if secret is not None and len(secret.strip()) < 32:
            raise ValueError("a secret has 32 bytes or more")
        for whose in ("server", "client") if secret else ():
            key = zmq.utils.z85.encode(hmac.digest(secret.strip(), f"malla curve {whose} 1".encode(), "sha256"))
            self.keys.append((zmq.curve_public(key), key))

    def dealer(self, endpoint, again_ms=-1):
        made = self.context.socket(zmq.DEALER)
        made.immediate, made.linger, made.sndtimeo, made.maxmsgsize, made.reconnect_ivl = 1, 100, 0, 9 << 20, again_ms
        if self.keys:
            made.curve_serverkey, (made.curve_publickey, made.curve_secretkey) = self.keys[0][0], self.keys[1]
        made.connect(endpoint)
        return made

    def ask(self, endpoint, end, *frames):  # sends them on a new connection; gives type, header, body of what comes
        with self.dealer(endpoint) as dealer:
            if not dealer.poll(1000, zmq.POLLOUT):  # nothing can be sent before the handshake
                raise Status(503, 1, "endpoint_unreachable", f"Cannot reach {endpoint}, or not with this secret")
            for each in frames:
                dealer.send(each)
            while (left := end - time.monotonic()) > 0:
                if dealer.poll(min(100, 1000 * left)):
                    for raw in dealer.recv_multipart():
                        if raw[:3] == b"ML\1" and time.monotonic() < end:
                            yield raw[3], *split(raw[4:], "<I")
                elif not dealer.poll(0, zmq.POLLOUT):  # as it does not connect anew
                    raise Status(502, 2, "peer_lost", f"The connection to {endpoint} was lost: it may have run")
            dealer.send(frame(CANCEL, frames[0][8:16]))

    def find(self, service, end):  # endpoints of those who take its calls, in any order
        found, hello = [], frame(HELLO, self.id + b"\1\1\0" + self.names)
        for kind, header, _ in self.ask(self.join, end, hello, frame(ASK, bytes(4))):
            if kind == REFUSED:
                raise read_status(header)
            if kind == SNAPSHOT_END:
                break
            found += endpoints(header, service) if kind == ANNOUNCE else []
        return random.sample(found, len(found))

    def call(self, service, callback, args=(), deadline=15.0, at=None):
        """What the callback gives, or a Status; args are a list, or a dict by name; `at` is an endpoint, if known."""
        end, body, names = time.monotonic() + deadline, json.dumps(args).encode(), sized(service) + sized(callback)
        try:
            for endpoint in [at] if at else self.find(service, end):
                number, now = struct.pack("<Q", next(self.numbers)), time.monotonic_ns() // 1000
                times = struct.pack("<QQBBH", max(0, int(end * 1e6) - now), now, 0, 1, 0)
                request = frame(CALL, number + self.id + bytes(40) + times + names, body)
                for kind, header, answer in self.ask(endpoint, end, request):
                    if kind == REPLY and header[:9] == number + b"\1":
                        return json.loads(answer)
                    if kind == FAILURE and header[:8] == number:
                        raise read_status(header[8:])
                raise Status(504, 2, "deadline_exceeded", "The deadline passed and the call may have run")
        except (ValueError, IndexError, RecursionError, struct.error, zmq.Again) as bad:
            raise Status(502, 2, "reply_invalid", f"The answer could not be read: {bad}") from None
        raise Status(503, 1, "service_not_available", f"Service '{service}' is not available")

def run(asked, action):  # with the options of a mesh, and what the environment says of it
    where = filter(None, map(os.environ.get, ("MALLA_BROKER", "MALLA_PEER", "MALLA_LOOPBACK")))
    asked.add_argument("--join", metavar="ENDPOINT", default=next(where, "tcp://127.0.0.1:6255"), help="%(default)s")
    asked.add_argument("--cluster", default=os.environ.get("MALLA_CLUSTER", "malla"))
    asked.add_argument("--secret-file", type=pathlib.Path, default=os.environ.get("MALLA_SECRET_FILE"))
    given = asked.parse_args()
    try:
        secret = given.secret_file and given.secret_file.read_bytes()
        action(given, {"join": given.join, "cluster": given.cluster, "secret": secret})
    except Status as status:
        print("{2} ({0}): {3}".format(*status.args), file=sys.stderr)
        sys.exit((1, 3, 7)[status.args[1]])
    except (OSError, ValueError, zmq.ZMQError) as wrong:
        asked.error(str(wrong))

if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--at", metavar="ENDPOINT", help="of a node that hosts it; else it is asked for")
    asked.add_argument("--deadline", type=float, default=15, metavar="SECONDS")
    asked.add_argument("callback", type=lambda text: text.partition(".")[::2], metavar="SERVICE.CALLBACK")
    asked.add_argument("arguments", nargs=argparse.REMAINDER, type=json.loads, metavar="JSON")
    run(asked, lambda given, mesh: print(json.dumps(Malla(**mesh).call(
        *given.callback, given.arguments, given.deadline, given.at), ensure_ascii=False)))
