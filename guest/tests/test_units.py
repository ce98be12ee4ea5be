import unittest
from unittest import mock

from ptero_agent import deadline, units
from ptero_agent.errors import TaskFailed

STATES = {"data.mount": "activating", "-.mount": "active"}


class Start(unittest.TestCase):
    def test_a_mount_that_is_missing_says_why_too(self):
        def show(name, properties):
            if properties == "Requires":
                return {"Requires": "-.mount system.slice data.mount"}
            return {"ActiveState": STATES[name]}

        failing = TaskFailed("start of worker: exit code 1", "A dependency job failed.\n")
        with mock.patch.object(units.command, "run", side_effect=["", failing]), \
                mock.patch.object(units, "show", show), \
                mock.patch.object(units.journal, "tail", lambda name: f"log of {name}\n"), \
                self.assertRaises(TaskFailed) as raised:
            units.start(["worker"], deadline.Deadline(5))
        self.assertEqual(raised.exception.tail, "A dependency job failed.\nlog of worker\n"
                                                "== data.mount: activating\nlog of data.mount\n")
