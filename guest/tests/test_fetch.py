import hashlib
import os
import tempfile
import unittest

from bakery import fetch, job


class Base(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.content = b"head" + bytes(3 << 20) + b"tail" + bytes(1 << 20)
        self.source = f"{self.folder.name}/source"
        with open(self.source, "wb") as source:
            source.write(self.content)

    def fetch(self, checksum=None):
        base = job.Base("d", f"file://{self.source}", "sha512", checksum)
        fetch.base(base, f"{self.folder.name}/base", None, lambda *_: None)
        with open(f"{self.folder.name}/base", "rb") as copy:
            return copy.read()

    def test_copies_holes_and_all(self):
        self.assertEqual(self.fetch(hashlib.sha512(self.content).hexdigest()), self.content)

    def test_refuses_another_checksum(self):
        with self.assertRaisesRegex(fetch.Problem, "sha512 is"):
            self.fetch("00")
        self.assertFalse(os.path.exists(f"{self.folder.name}/base"))
