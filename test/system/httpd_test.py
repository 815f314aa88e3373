#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Health over HTTP, of a program that runs services from files."""

import unittest
import urllib.error
import urllib.request

from mesh import BUILD, LIMIT_S, SAMPLES, Mesh, eventually, free_endpoint

PLUGINS = BUILD / "plugins"


def ask(port, path, method="GET"):
    """The code and the text of an answer; nothing where nobody listens."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return None


class Health(Mesh):
    def setUp(self):
        super().setUp()
        self.port = int(free_endpoint().rsplit(":", 1)[1])
        self.server = self.start("malla", "run", "--name", "anna", SAMPLES / "echo.so", PLUGINS / "httpd.so",
                                 PLUGINS / "httpd_lifecycle.so", "--set", f"Echo.httpd.port={self.port}")
        self.answer("Echo.text", "hello")
        self.assertEqual(self.malla("plugins", "Echo", "add", "HttpdLifecycle"), (0, "", ""))

    def test_shows_how_the_node_is_while_a_call_takes_long(self):
        slow = self.start_sleeper(60_000)
        self.assertEqual(ask(self.port, "/node"), (200, "anna"))
        self.assertEqual(ask(self.port, "/is_live"), (200, "live"))
        self.assertEqual(ask(self.port, "/is_ready"), (200, "ready"))
        self.assertIsNone(slow.poll(), "the call was to outlast the questions")
        self.assertEqual(ask(self.port, "/nothing"), (404, "Not found"))

    def test_stop_ends_the_program(self):
        self.assertEqual(ask(self.port, "/stop", "POST"), (200, "stopping"))
        self.assertEqual(self.server.wait(LIMIT_S), 0)
        self.assertIsNone(ask(self.port, "/is_live"))

    def test_leaves_without_a_trace_and_moves_when_it_is_configured_anew(self):
        other = int(free_endpoint().rsplit(":", 1)[1])
        self.assertEqual(self.malla("config", "Echo", "set", f"httpd.port={other}"), (0, "", ""))
        self.assertEqual(ask(other, "/is_live"), (200, "live"))
        self.assertIsNone(ask(self.port, "/is_live"))
        self.assertEqual(self.malla("plugins", "Echo", "set"), (0, "", ""))
        eventually(lambda: ask(other, "/is_live") is None)
        self.stop(self.server)


if __name__ == "__main__":
    unittest.main()
