import os
import tempfile
import unittest
from unittest import mock

from ptero_agent import metadata


class Insist(unittest.TestCase):
    """A cloud-init that finds metadata at the try of that number, or never."""

    def insist(self, found_at):
        self.ran, self.clock = [], 0.0
        with tempfile.TemporaryDirectory() as folder:
            source = os.path.join(folder, "datasource")

            def write():
                tries = 1 + self.ran.count("init")
                with open(source, "w", encoding="utf-8") as note:
                    note.write("DataSourceOpenStack: at last" if tries == found_at else "DataSourceNone: DataSourceNone")

            def run(words, **_rest):
                self.ran.append(words[1])
                self.clock += 100
                os.remove(source) if words[1] == "clean" else write()
                return mock.Mock(returncode=0)

            write()
            with mock.patch.object(metadata, "SOURCE", source), \
                    mock.patch.object(metadata.subprocess, "run", run), \
                    mock.patch.object(metadata.time, "sleep", lambda _: None), \
                    mock.patch.object(metadata.time, "monotonic", lambda: self.clock):
                return metadata.insist()

    def test_leaves_a_server_alone_that_has_its_metadata(self):
        self.assertTrue(self.insist(found_at=1))
        self.assertEqual(self.ran, [])

    def test_asks_until_it_is_there(self):
        self.assertTrue(self.insist(found_at=3))
        self.assertEqual(self.ran, ["clean", "init"] * 2)

    def test_ends_where_there_is_none(self):
        with self.assertLogs("ptero-metadata", "ERROR"):
            self.assertFalse(self.insist(found_at=None))
        self.assertLessEqual(self.clock, metadata.TRY_FOR_S + 200)
