# SPDX-License-Identifier: Apache-2.0
"""Programs on terminals of a given size."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios

from mesh import LIMIT_S, eventually


def resize(terminal, width, height):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


def on_terminal(mesh, *command, width=80, stdin=subprocess.DEVNULL, both=False, **environment):
    """Runs a command that ends by itself; gives its exit code, what it wrote to a terminal and its standard error.

    The latter is on the terminal too with `both`.
    """
    ours, its = pty.openpty()
    resize(ours, width, 24)
    process = subprocess.Popen([str(word) for word in command], env={**mesh.environment, "TERM": "xterm", **environment}, stdin=stdin,
                               stdout=its, stderr=its if both else subprocess.PIPE)
    mesh.processes.append(process)
    os.close(its)
    text = b""
    try:
        while more := os.read(ours, 65536):
            text += more
    except OSError:  # so a terminal says that its other end is closed
        pass
    os.close(ours)
    error = "" if both else process.stderr.read().decode()
    return process.wait(LIMIT_S), text.decode().replace("\r\n", "\n"), error


class Screen:
    """A terminal with a program in it; what is drawn is known by its last whole frame."""

    def __init__(self, mesh, *command, width=100, height=24, **environment):
        self.terminal, end = pty.openpty()
        self.resize(width, height)
        self.before = termios.tcgetattr(end)
        self.process = subprocess.Popen(command, env={**mesh.environment, "TERM": "xterm", "LANG": "C.UTF-8", **environment}, stdin=end,
                                        stdout=end, stderr=end, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.end = end
        self.drawn = b""
        mesh.processes.append(self.process)
        mesh.addCleanup(os.close, self.terminal)
        mesh.addCleanup(os.close, end)

    def resize(self, width, height):
        resize(self.terminal, width, height)

    def type(self, text):
        os.write(self.terminal, text.encode())

    def read(self):
        while select.select([self.terminal], [], [], 0.01)[0]:
            self.drawn += os.read(self.terminal, 65536)
        return self.drawn

    def frame(self):
        """The lines of the last whole frame, with their colours."""
        frames = self.read().split(b"\x1b[H")[1:]
        whole = [each.split(b"\x1b[J")[0] for each in frames if b"\x1b[J" in each]
        return whole[-1].decode().replace("\x1b[K", "").replace("\r", "").split("\n") if whole else []

    def lines(self):
        return [re.sub(r"\x1b\[[0-9]*m", "", line) for line in self.frame()]

    def line(self, begin):
        return next((line for line in self.lines() if line.startswith(begin)), "")

    def wait_for(self, condition):
        try:
            return eventually(condition)
        except AssertionError as late:
            raise AssertionError("\n".join([str(late), *self.lines()])) from None

    def exit_code(self):
        def ended():
            self.read() # it may wait for a reader
            return self.process.poll() is not None
        eventually(ended)
        return self.process.returncode

    def is_as_before(self):
        return termios.tcgetattr(self.end) == self.before and self.read().rstrip().endswith(b"\x1b[?25h\x1b[?1049l")


if __name__ == "__main__":
    sys.exit("import it")
