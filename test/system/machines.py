# SPDX-License-Identifier: Apache-2.0
"""Machines for a test, made of network namespaces. Needs to be root."""

import os
import subprocess
import sys
import unittest


def ip(*words, check=True):
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=check)


class Namespaces:
    """Two sides, each with an `eth0`, and what is between them, where the other end of it is `port0` or `port1`."""

    def __init__(self, test):
        tag = f"malla{os.getpid()}"
        self.between, self.sides = f"{tag}m", [f"{tag}a", f"{tag}b"]
        for name in (self.between, *self.sides):
            made = ip("netns", "add", name, check=False)
            if made.returncode != 0:
                raise unittest.SkipTest(f"no network namespace can be made: {made.stderr.strip()}")
            test.addCleanup(ip, "netns", "del", name, check=False)
            self.inside(name, "link", "set", "lo", "up")
        for number, side in enumerate(self.sides):
            ip("link", "add", "eth0", "netns", side, "type", "veth", "peer", "name", f"port{number}", "netns",
               self.between)
            self.inside(self.between, "link", "set", f"port{number}", "up")
            self.inside(side, "address", "add", f"{self.address(number)}/24", "dev", "eth0")
            self.inside(side, "link", "set", "eth0", "up")

    @staticmethod
    def inside(name, *words):
        ip("-n", name, *words)

    def address(self, number):
        raise NotImplementedError

    def on(self, number):
        """What comes before a command that runs on that side."""
        return ("ip", "netns", "exec", self.sides[number])

    def in_the_middle(self):
        return ("ip", "netns", "exec", self.between)


class Machines(Namespaces):
    """Two at one switch."""

    def __init__(self, test):
        super().__init__(test)
        self.inside(self.between, "link", "add", "bridge", "type", "bridge")
        self.inside(self.between, "link", "set", "bridge", "up")
        for number, side in enumerate(self.sides):
            self.inside(self.between, "link", "set", f"port{number}", "master", "bridge")
            self.inside(side, "route", "add", "default", "dev", "eth0")

    def address(self, number):
        return f"10.99.0.{number + 1}"

    def cut(self):
        """From now on packets vanish, and nobody is told."""
        self.inside(self.between, "link", "set", "port1", "nomaster")

    def heal(self):
        self.inside(self.between, "link", "set", "port1", "master", "bridge")


class Apart(Namespaces):
    """Two that both reach a third one, the middle, which lets nothing through from one to the other."""

    def __init__(self, test):
        super().__init__(test)
        self.let_through(False)
        for number, side in enumerate(self.sides):
            self.inside(self.between, "address", "add", f"{self.middle_address(number)}/24", "dev", f"port{number}")
            self.inside(side, "route", "add", "default", "via", self.middle_address(number))

    @staticmethod
    def middle_address(number):
        """Of the middle, as that side sees it."""
        return f"10.98.{number}.1"

    def address(self, number):
        return f"10.98.{number}.2"

    def let_through(self, through):
        """Whether packets of one side reach the other; else they vanish, and nobody is told."""
        subprocess.run([*self.in_the_middle(), "sysctl", "-qw", f"net.ipv4.ip_forward={int(through)}"], check=True)


if __name__ == "__main__":
    sys.exit("import it")
