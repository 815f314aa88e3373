# SPDX-License-Identifier: Apache-2.0
"""A mesh whose test has files of keys and secrets."""

import pathlib
import sys
import tempfile

from mesh import Mesh


class Credentials(Mesh):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def path(self, name):
        return str(self.folder / name)

    def keygen(self, name):
        """A new key pair in a file; gives the public key."""
        code, out, err = self.malla("keygen", self.path(name))
        self.assertEqual((code, err), (0, ""))
        return out.strip()

    def secret(self, name):
        self.assertEqual(self.malla("keygen", "--secret", self.path(name)), (0, "", ""))
        return self.path(name)

    def allow(self, name, *lines):
        (self.folder / name).write_text("".join(line + "\n" for line in lines), encoding="ascii")
        return self.path(name)


if __name__ == "__main__":
    sys.exit("import it")
