# SPDX-License-Identifier: Apache-2.0
"""A service to try: `malla.py serve Text text.py`. The first parameter of each callback is the call itself."""
import time

from frames import Status


def upper(call, s: str) -> str:
    return s.upper()


def echo(call, value):
    return value


def about(call) -> dict:
    """What a handler sees of its call."""
    return {"caller": call.caller, "left": call.deadline - time.monotonic(), "meta": call.meta}


def wait(call, seconds: float) -> bool:
    """Whether the caller went away before that."""
    print("waiting", flush=True)
    return call.cancelled.wait(seconds)


def ask(call, target: str, arguments: list):
    """What another service gives, in the time that is left and as a part of this call."""
    return call.node.call(target, *arguments, within=call)


def fail(call, status: str, info: str) -> None:
    raise Status(status, 500, 0, info, {"by": "python"})


def broken(call) -> None:
    raise KeyError("s")
