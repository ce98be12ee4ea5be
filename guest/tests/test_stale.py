import time
import unittest
from unittest import mock

from ptero_agent import cloud, database, stale, watch
from ptero_agent.errors import TaskFailed

BOOT = {"version": 1, "task": "boot", "service": "workflow", "role": "worker", "processes": ["worker"],
        "ready": {"celery": "worker@%h", "http": None}, "migrate": {"database_url": "postgresql://a:b@10.0.0.4/c"}}


def deployment(**changed):
    return cloud.Deployment("1", "boot", {"document": {**BOOT, **changed}})


class Look(unittest.TestCase):
    """Whether a unit that has run for 100 s is started anew."""

    def renewed(self, deployments, database_age, **state):
        known = {"ActiveState": "active", "UnitFileState": "enabled",
                 "ActiveEnterTimestampMonotonic": str(int((time.monotonic() - 100) * 1e6)), **state}
        shown = "".join(f"{name}={value}\n" for name, value in known.items())
        with mock.patch.object(database.command, "run", return_value=database_age) as asked, \
                mock.patch.object(stale.subprocess, "run", return_value=mock.Mock(stdout=shown)) as ran:
            if isinstance(database_age, Exception):
                asked.side_effect = database_age
            watch.turn([watch.Watch(stale.look, stale.LOOK_EVERY_S)], deployments)
        self.asked = asked.called
        return [call.args[0][-1] for call in ran.call_args_list if "try-restart" in call.args[0]]

    def test_a_worker_older_than_its_database_is_started_anew(self):
        with self.assertLogs("ptero-agent"):
            self.assertEqual(self.renewed([deployment()], " 20.5\n"), ["ptero-workflow-worker.service"])

    def test_a_younger_one_is_left_alone(self):
        self.assertEqual(self.renewed([deployment()], "5000"), [])

    def test_a_database_that_does_not_answer_is_no_reason(self):
        self.assertEqual(self.renewed([deployment()], TaskFailed("refused")), [])
        self.assertEqual(self.renewed([deployment()], ""), [])
        self.assertEqual(self.renewed([deployment()], "-3600"), [])

    def test_what_is_stopping_or_drained_stays_so(self):
        self.assertEqual(self.renewed([deployment()], "20", ActiveState="deactivating"), [])
        self.assertEqual(self.renewed([deployment()], "20", UnitFileState="disabled"), [])

    def test_nothing_is_asked_during_a_drain_or_of_other_members(self):
        drain = cloud.Deployment("2", "drain", {"document": {"version": 1, "task": "drain"}})
        for others in ([deployment(), drain], [deployment(ready={"celery": None})], [deployment(migrate=None)],
                       [cloud.Deployment("3", "x", {"document": "{"})]):
            self.assertEqual(self.renewed(others, "20"), [])
            self.assertFalse(self.asked)

    def test_looks_are_spaced(self):
        with mock.patch.object(stale, "age_of_database", return_value=None) as asked:
            looks = watch.Watch(stale.look, stale.LOOK_EVERY_S)
            looks.turn([deployment()])
            looks.turn([deployment()])
        self.assertEqual(asked.call_count, 1)
