#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A remote call through the typed API against a bare DEALER-ROUTER echo, in the same run.

    remote_call.py BUILD_FOLDER [ROUNDS [CALLS]]

Both are two blocking processes over TCP loopback with a 16-byte body, one at a time; the service is serial and
each call has a deadline. The rounds alternate, so that what else the machine does meets both alike. Prints each
round, the medians of both and of the rounds' ratios. While that ratio is above LIMIT it takes more rounds, 4 x ROUNDS
at most; fails where it is still above LIMIT then.
"""

import os
import pathlib
import statistics
import subprocess
import sys

LIMIT = 1.5


class Server:
    """A process that prints its endpoint and serves until it is ended."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.endpoint = self.process.stdout.readline().strip()

    def __enter__(self):
        return self.endpoint

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def percentiles(*command):
    printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return float(printed[0]), float(printed[1])


def ratio_of(malla, bare):
    return statistics.median(ours[0] / theirs[0] for ours, theirs in zip(malla, bare))


def main():
    build = pathlib.Path(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 9
    calls = sys.argv[3] if len(sys.argv) > 3 else "3000"
    programs = [next(build.rglob(name)) for name in ("echo_peer", "bench_remote_call")]
    with Server(programs[0], "server") as bare_endpoint, Server(programs[1], "serve") as malla_endpoint:
        bare, malla = [], []
        for taken in range(4 * rounds):
            if taken > 0 and taken % rounds == 0 and ratio_of(malla, bare) <= LIMIT:
                break
            bare.append(percentiles(programs[0], "one", bare_endpoint, "16", calls))
            malla.append(percentiles(programs[1], "call", malla_endpoint, calls))
            print(f"bare p50 {bare[-1][0]:7.1f} µs p99 {bare[-1][1]:7.1f} | "
                  f"malla p50 {malla[-1][0]:7.1f} µs p99 {malla[-1][1]:7.1f}")
    p50 = [statistics.median(each[0] for each in side) for side in (bare, malla)]
    ratio = ratio_of(malla, bare)
    load = os.getloadavg()[0]
    print(f"median p50: bare {p50[0]:.1f} µs, malla {p50[1]:.1f} µs, ratio {ratio:.2f} (load {load:.1f}, limit {LIMIT})")
    return ratio > LIMIT


if __name__ == "__main__":
    sys.exit(main())
