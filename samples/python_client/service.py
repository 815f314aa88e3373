# SPDX-License-Identifier: Apache-2.0
"""A service that others call: functions by the names of callbacks, run in threads as function(call, *arguments)."""
import contextlib
import inspect
import json
import queue
import socket
import struct
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

from frames import FAILURE, MAX_BODY, NIL, REPLY, Status, fields, frame, read, read_pairs

SCHEMAS = {int: "integer", float: "number", str: "string", bool: "boolean", list: "array", dict: "object", None: "null"}
YEAR_US, MAX_CALLS = 365 * 86_400_000_000, 1000


def describe(function):
    """The description of a callback, from its parameters and their types."""
    def schema(kind):
        return {"type": SCHEMAS[kind]} if kind in SCHEMAS else {}
    signature = inspect.signature(function)
    _, *parameters = signature.parameters.values()  # the first is the call
    params = [{"name": each.name, "schema": schema(each.annotation)} for each in parameters]
    return json.dumps({"params": params, "result": schema(signature.return_annotation)}, separators=(",", ":"))


def read_call(header, offset_of):
    """What a handler gets to see of a CALL; `offset_of` gives how long it was on its way, of its own clock's offset."""
    (number, origin, target, root, root_number, left, stamp, flags, content, _, service, callback,
     rest) = read("Q16s16s16sQQQBBH n n", header)
    if not (number and service and callback and origin != NIL and content < 2):
        raise ValueError("not a call")
    texts = {tag: raw.decode() for tag, raw in fields(rest) if tag in (1, 2)}
    now = time.monotonic_ns() // 1000
    deadline = (now + min(left, YEAR_US) - offset_of(now - stamp)) / 1e6
    return SimpleNamespace(number=number, origin=origin, target=target, service=service, name=callback,
                           root=(origin, number) if root == NIL else (root, root_number), deadline=deadline,
                           one_way=bool(flags & 1), json=content == 1, trace=texts.get(1, ""), caller=texts.get(2, ""),
                           meta=read_pairs(3, rest), cancelled=threading.Event())


class Service:
    """Runs the calls of one service. One thread uses it; `woken` is readable when there are results for it."""

    def __init__(self, label, functions, threads=8):
        self.label, self.functions, self.pool = label, functions, ThreadPoolExecutor(threads)
        self.results, self.running, (self.wake, self.woken) = queue.SimpleQueue(), {}, socket.socketpair()
        self.woken.setblocking(False)
        self.callbacks = {callback: describe(function) for callback, function in functions.items()}

    def take(self, peer, call, body):
        """Begins a call, or raises the Status that refuses it."""
        if call.service != self.label:
            raise Status.of("service_not_available", call.service)
        if call.name not in self.functions:
            raise Status.of("request_op_unknown", call.name)
        if not call.json:
            raise Status.of("content_type_invalid")
        if len(self.running) >= MAX_CALLS:
            raise Status.of("busy", self.label)
        try:
            arguments = json.loads(body)
        except (ValueError, RecursionError) as bad:
            raise Status.of("syntax_error", str(bad)) from None
        try:
            if not isinstance(arguments, (list, dict)):
                raise ValueError("neither an array nor an object")
            listed, named = (arguments, {}) if isinstance(arguments, list) else ([], arguments)
            bound = inspect.signature(self.functions[call.name]).bind(call, *listed, **named)
        except (ValueError, TypeError) as bad:
            raise Status.of("invalid_parameters", text=f"Invalid parameters: {bad}") from None
        self.running[peer, call.number] = call, self.pool.submit(self._run, peer, call, bound)

    def cancel(self, peer, number):
        """Nobody waits for it any more: whether it had not begun."""
        call, future = self.running.get((peer, number), (None, None))
        if call and future.cancel():
            return self.running.pop((peer, number))[0]
        if call:
            call.cancelled.set()
        return None

    def finished(self):
        """The answers that are ready: peer and frame."""
        with contextlib.suppress(BlockingIOError):
            self.woken.recv(MAX_CALLS)
        while not self.results.empty():
            peer, call, answer = self.results.get()
            self.running.pop((peer, call.number), None)
            if not call.one_way:
                yield peer, answer

    def _run(self, peer, call, bound):
        try:
            if time.monotonic() >= call.deadline:
                raise Status.of("expired")
            body = self._result(call, bound)
            answer = frame(REPLY, struct.pack("<QB", call.number, 1), body)
        except Status as status:
            answer = frame(FAILURE, struct.pack("<Q", call.number) + status.pack())
        self.results.put((peer, call, answer))
        self.wake.send(b"x")

    def _result(self, call, bound):
        """What the function gives; all that it raises is an answer."""
        try:
            body = json.dumps(self.functions[call.name](*bound.args, **bound.kwargs), ensure_ascii=False,
                              allow_nan=False).encode()
        except Status as status:
            raise Status(status.identifier, status.code, 0 if status.outcome == 1 else status.outcome, status.text,
                         status.data) from None
        except Exception as error:  # whatever it is
            traceback.print_exc()
            raise Status.of("internal_error", type(error).__name__) from None
        if len(body) > MAX_BODY:
            raise Status.of("body_too_large", f"{MAX_BODY} bytes")
        return body
