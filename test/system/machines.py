# SPDX-License-Identifier: Apache-2.0
"""Two machines for a test, made of network namespaces. Needs to be root."""

import os
import subprocess
import sys
import unittest


def ip(*words, check=True):
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=check)


class Machines:
    """Two namespaces, each with an address of its own, at a bridge in a third one."""

    def __init__(self, test):
        tag = f"malla{os.getpid()}"
        self.switch, self.sides = f"{tag}s", [f"{tag}a", f"{tag}b"]
        for name in (self.switch, *self.sides):
            made = ip("netns", "add", name, check=False)
            if made.returncode != 0:
                raise unittest.SkipTest(f"no network namespace can be made: {made.stderr.strip()}")
            test.addCleanup(ip, "netns", "del", name, check=False)
        self.inside(self.switch, "link", "add", "bridge", "type", "bridge")
        self.inside(self.switch, "link", "set", "bridge", "up")
        for number, side in enumerate(self.sides):
            ip("link", "add", "eth0", "netns", side, "type", "veth", "peer", "name", f"port{number}", "netns",
               self.switch)
            self.inside(self.switch, "link", "set", f"port{number}", "master", "bridge", "up")
            self.inside(side, "address", "add", f"{self.address(number)}/24", "dev", "eth0")
            self.inside(side, "link", "set", "eth0", "up")
            self.inside(side, "link", "set", "lo", "up")
            self.inside(side, "route", "add", "default", "dev", "eth0")

    @staticmethod
    def inside(name, *words):
        ip("-n", name, *words)

    @staticmethod
    def address(number):
        return f"10.99.0.{number + 1}"

    def on(self, number):
        """What comes before a command that runs on that machine."""
        return ("ip", "netns", "exec", self.sides[number])

    def cut(self):
        """From now on packets vanish, and nobody is told."""
        self.inside(self.switch, "link", "set", "port1", "nomaster")

    def heal(self):
        self.inside(self.switch, "link", "set", "port1", "master", "bridge")


class Apart:
    """Two namespaces that both reach a third one, the middle, which lets nothing through from one to the other."""

    def __init__(self, test):
        tag = f"malla{os.getpid()}"
        self.middle, self.sides = f"{tag}m", [f"{tag}c", f"{tag}d"]
        for name in (self.middle, *self.sides):
            made = ip("netns", "add", name, check=False)
            if made.returncode != 0:
                raise unittest.SkipTest(f"no network namespace can be made: {made.stderr.strip()}")
            test.addCleanup(ip, "netns", "del", name, check=False)
            Machines.inside(name, "link", "set", "lo", "up")
        self.let_through(False)
        for number, side in enumerate(self.sides):
            ip("link", "add", "eth0", "netns", side, "type", "veth", "peer", "name", f"port{number}", "netns",
               self.middle)
            Machines.inside(self.middle, "address", "add", f"{self.middle_address(number)}/24", "dev", f"port{number}")
            Machines.inside(self.middle, "link", "set", f"port{number}", "up")
            Machines.inside(side, "address", "add", f"{self.address(number)}/24", "dev", "eth0")
            Machines.inside(side, "link", "set", "eth0", "up")
            Machines.inside(side, "route", "add", "default", "via", self.middle_address(number))

    @staticmethod
    def middle_address(number):
        """Of the middle, as that side sees it."""
        return f"10.98.{number}.1"

    @staticmethod
    def address(number):
        return f"10.98.{number}.2"

    def let_through(self, through):
        """Whether packets of one side reach the other; else they vanish, and nobody is told."""
        subprocess.run([*self.in_the_middle(), "sysctl", "-qw", f"net.ipv4.ip_forward={int(through)}"], check=True)

    def on(self, number):
        """What comes before a command that runs on that side."""
        return ("ip", "netns", "exec", self.sides[number])

    def in_the_middle(self):
        return ("ip", "netns", "exec", self.middle)


if __name__ == "__main__":
    sys.exit("import it")
