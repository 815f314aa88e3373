#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Hosts a service on a Malla mesh, each call in a thread: the other half of malla.py, written from docs/wire.md."""
import argparse, asyncio, contextlib, inspect, json, os, signal, socket, struct, time, zlib, zmq.asyncio, zmq.utils.z85
from malla import ANNOUNCE, CALL, FAILURE, HELLO, REPLY, Malla, Status, frame, run, sized, split

WELCOME, PING, PONG, BEAT, BYE, GONE, SUSPECT = 2, 20, 21, 49, 50, 53, 54

def described(name, function):  # the field that announces a callback
    params = [{"name": each, "schema": {}} for each in inspect.signature(function).parameters]
    return b"\1" + sized(sized(name) + json.dumps({"params": params, "result": {}}).encode(), "<I")

class Host(Malla):  # a node with one service: functions, by the names of its callbacks
    def __init__(self, service, functions, bind="tcp://127.0.0.1:*", **mesh):
        super().__init__(**mesh)
        self.service, self.functions, self.sequence, self.draining, self.calls = service, functions, 1, False, set()
        self.started, self.context.tcp_maxrt = int(time.time() * 1000), 2000  # then a machine that is silent is gone
        self.router, self.guard = (zmq.asyncio.Socket(self.context, kind) for kind in (zmq.ROUTER, zmq.REP))
        self.router.linger, self.router.maxmsgsize = 100, 9 << 20
        if self.keys:
            self.guard.bind("inproc://zeromq.zap.01")
            self.router.curve_server, self.router.curve_secretkey, self.router.zap_domain = 1, self.keys[0][1], b"malla"
        self.router.bind(bind)
        self.link = zmq.asyncio.Socket.from_socket(self.dealer(self.join, again_ms=100))

    def record(self):  # what is announced
        callbacks = b"".join(described(*each) for each in self.functions.items())
        state = struct.pack("<HHHBBBQ", 1, 0, 0, 1, 0, 1, zlib.crc32(callbacks))  # 1.0.0, running, active, concurrent
        head = struct.pack("<QQIIBBB", self.sequence, self.started, os.getpid(), len(self.calls), 1, 1, self.draining)
        at, service = sized(self.router.last_endpoint, "<I"), sized(sized(self.service) + state + callbacks, "<I")
        return frame(ANNOUNCE, self.id + head + self.names + sized(socket.gethostname()) + b"\1" + at + b"\3" + service)

    async def serve(self):  # until SIGINT or SIGTERM; what came before that is answered
        stopped = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
        tasks = [asyncio.create_task(each()) for each in (self.stay, self.listen, self.let_in)]
        print("ready", self.router.last_endpoint.decode(), flush=True)
        await stopped.wait()
        self.draining, self.sequence = True, self.sequence + 1
        await self.tell(self.record())
        while self.calls:
            await asyncio.wait(self.calls)
        await self.tell(frame(BYE, self.id + struct.pack("<Q", self.sequence)))
        await asyncio.sleep(0.5)  # callers receive what is on its way
        for each in (self.router, self.guard, self.link):
            each.close()

    async def tell(self, *frames):  # the rendezvous, if it is there
        with contextlib.suppress(zmq.Again):
            for each in frames:
                await self.link.send(each, zmq.NOBLOCK)

    async def stay(self):  # ZeroMQ connects anew by itself, and HELLO comes first then: so does each beat
        beat, hello = 0.5, frame(HELLO, self.id + b"\1\1\1" + self.names)
        while True:
            await self.tell(hello, self.record(), frame(BEAT, self.id + struct.pack("<Q", self.sequence)))
            await asyncio.sleep(beat)
            while await self.link.poll(0):
                raw = (await self.link.recv()).ljust(32, b"\0")
                if raw[3] == WELCOME:
                    beat = max(10, struct.unpack_from("<I", raw, 26)[0]) / 1000
                elif raw[3] in (SUSPECT, GONE) and raw[8:24] == self.id:  # others may think that it is gone
                    self.sequence = max(self.sequence, 1 + struct.unpack_from("<Q", raw, 24)[0])

    async def let_in(self):  # those whose key is that of the secret's clients
        while self.keys:
            version, request, *_, key = await self.guard.recv_multipart()
            code = b"200" if zmq.utils.z85.encode(key) == self.keys[1][0] else b"400"
            await self.guard.send_multipart([version, request, code, b"", b"", b""])

    async def listen(self):
        while True:
            peer, *together = await self.router.recv_multipart()
            for raw in together:
                if raw[3:4] == bytes([PING]):
                    await self.router.send_multipart([peer, frame(PONG, raw[8:16] + self.id)])
                elif raw[3:4] == bytes([CALL]):
                    self.calls.add(task := asyncio.create_task(self.answer(peer, raw)))
                    task.add_done_callback(self.calls.discard)

    async def answer(self, peer, raw):
        try:
            result = await asyncio.to_thread(self.run, *split(raw[4:], "<I"), time.monotonic())
            reply = frame(REPLY, raw[8:16] + b"\1", json.dumps(result).encode())
        except Exception as error:  # whatever it is, the caller is told
            failed = error.args if isinstance(error, Status) else (500, 0, "internal_error", f"Internal error: {error}")
            status = struct.pack("<HB", *failed[:2]) + sized(failed[2]) + sized(failed[3][:999], "<H")
            reply = frame(FAILURE, raw[8:16] + status)
        if int.from_bytes(raw[88:89], "little") & 1 == 0:  # else it is one way
            await self.router.send_multipart([peer, reply])

    def run(self, header, body, came_at):  # in a thread
        (service, rest), (left, _, _, content) = split(header[84:]), struct.unpack_from("<QQBB", header, 64)
        callback = split(rest)[0].decode()
        for refused, *status in (
                (header[24:40] not in (self.id, bytes(16)), 503, 1, "wrong_instance", "It is no longer there"),
                (self.draining, 503, 1, "draining", f"Service '{self.service}' is draining"),
                (service.decode() != self.service, 503, 1, "service_not_available", f"It is not '{service.decode()}'"),
                (time.monotonic() > came_at + left / 1e6, 408, 1, "expired", "The deadline passed before it began"),
                (callback not in self.functions, 400, 0, "request_op_unknown", f"Request OP unknown: {callback}"),
                (content != 1, 400, 0, "content_type_invalid", "Content type is invalid: it takes JSON")):
            if refused:
                raise Status(*status)
        try:
            args, bind = json.loads(body), inspect.signature(self.functions[callback]).bind
            bound = bind(**args) if isinstance(args, dict) else bind(*args)
        except (ValueError, TypeError, RecursionError) as wrong:
            raise Status(400, 0, "invalid_parameters", f"Invalid parameters: {wrong}") from None
        try:
            return self.functions[callback](*bound.args, **bound.kwargs)
        except Status as status:  # of a call that it made; its own has run
            raise Status(status.args[0], status.args[1] & 2, *status.args[2:]) from None

if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--bind", default="tcp://127.0.0.1:*", metavar="ENDPOINT", help="that others can reach")
    asked.add_argument("service", nargs="?", default="Sample")
    callbacks = {"echo": lambda value: value, "add": lambda a, b: a + b, "upper": lambda text: text.upper()}
    run(asked, lambda given, mesh: asyncio.run(Host(given.service, callbacks, given.bind, **mesh).serve()))
