#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls the services of a Malla mesh, and hosts one; README.md shows how."""
import argparse
import json
import os
import pathlib
import runpy
import signal
import sys

from frames import Status
from host import Host
from node import Node


def value(word):
    """An argument: JSON if it reads as JSON, else text."""
    try:
        return json.loads(word)
    except ValueError:
        return word


def serve(options, **how):
    """Hosts the public functions of a Python file until it is told to stop."""
    functions = {key: each for key, each in runpy.run_path(options.file).items()
                 if callable(each) and not key.startswith("_") and getattr(each, "__module__", "") == "<run_path>"}
    host = Host(options.service, functions, options.bind, **how)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: host.stop())
    print("ready", host.address, flush=True)
    host.run()


def ls(node):
    for record in node.nodes().values():
        for service in record.services:
            state = "serving" if record.takes_calls_of(service) else "not serving"
            print(service, record.name, record.endpoints[0], state, *record.callbacks[service], sep="\t")


def arguments():
    asked = argparse.ArgumentParser(description=__doc__)
    named = filter(None, map(os.environ.get, ("MALLA_BROKER", "MALLA_PEER", "MALLA_LOOPBACK")))
    where = next(named, "tcp://127.0.0.1:6255").split(",")[0]
    asked.add_argument("--join", default=where, metavar="ENDPOINT", help="a broker, or a node that hosts (%(default)s)")
    asked.add_argument("--cluster", default=os.environ.get("MALLA_CLUSTER", "malla"))
    asked.add_argument("--name", default="python", help="of this node")
    asked.add_argument("--secret-file", type=pathlib.Path, default=os.environ.get("MALLA_SECRET_FILE"))
    commands = asked.add_subparsers(dest="command", required=True)
    commands.add_parser("ls")
    call = commands.add_parser("call")
    call.add_argument("--timeout", type=float, default=15, metavar="SECONDS")
    call.add_argument("--meta", action="append", default=[], metavar="KEY=VALUE")
    call.add_argument("target", metavar="SERVICE.CALLBACK")
    call.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGUMENT", help="- alone: a call for each line")
    serve_ = commands.add_parser("serve")
    serve_.add_argument("--bind", default="tcp://127.0.0.1:*", metavar="ENDPOINT")
    serve_.add_argument("service")
    serve_.add_argument("file")
    options = asked.parse_args()
    if options.command == "call" and "." not in options.target:
        asked.error(f"{options.target}: not SERVICE.CALLBACK")
    return options


def main():
    options = arguments()
    secret = pathlib.Path(options.secret_file).read_bytes() if options.secret_file else None
    how = {"endpoint": options.join, "cluster": options.cluster, "label": options.name, "secret": secret}
    if options.command == "serve":
        return serve(options, **how)
    if options.command == "ls":
        return ls(Node(**how))
    meta, node = [each.split("=", 1) for each in options.meta], Node(**how)
    lines = ([line.removesuffix("\n")] for line in sys.stdin) if options.arguments == ["-"] else [options.arguments]
    for words in lines:
        result = node.call(options.target, *map(value, words), timeout=options.timeout, meta=meta)
        print(result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError) as wrong:  # a file that is not there, a secret that is too short
        print(wrong, file=sys.stderr)
        sys.exit(2)
    except Status as status:
        print(status, file=sys.stderr)
        sys.exit((1, 3, 7)[status.outcome])
