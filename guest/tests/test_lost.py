import json
import unittest
from unittest import mock

from ptero_agent import cloud, lost, watch

ACCESS = {"auth_url": "http://10.0.0.1/identity", "user_id": "u", "password": "p", "project_id": "1"}
ABOUT = {"query": "select", "stack_name": "ptero-a", "stack_id": "7", "resource": "lost_jobs", "access": json.dumps(ACCESS)}
BOOT = {"version": 1, "task": "boot", "service": "shell-command", "role": "worker", "processes": ["worker"],
        "ready": {"celery": "worker@%h"}, "migrate": {"database_url": "postgresql://a:b@10.0.0.4/c"}, "lost_jobs": ABOUT}


def deployment(**changed):
    return cloud.Deployment("1", "boot", {"document": {**BOOT, **changed}})


class Look(unittest.TestCase):
    def looks(self, answers, statuses=(), deployments=None):
        """What Heat was told, look by look, when the database gave these answers."""
        calls, statuses = [], list(statuses)

        def call(_session, method, path, body):
            calls.append((method, path, body["id"], json.loads(body["data"])))
            return (statuses.pop(0) if statuses else 200), {}

        self.time = 1000.0
        told = []
        with mock.patch.object(watch.time, "monotonic", lambda: self.time), \
                mock.patch.object(lost.database, "ask", side_effect=answers) as self.ask, \
                mock.patch.object(cloud.Session, "call", call), mock.patch.object(lost.log, "warning"):
            looks = [watch.Watch(lost.Jobs().look, lost.LOOK_EVERY_S, lost.LOOK_EVERY_S)]
            for _ in answers:
                self.time += lost.LOOK_EVERY_S
                calls.clear()
                watch.turn(looks, deployments or [deployment()])
                told.append(list(calls))
        return told

    def test_a_job_is_told_that_two_looks_find(self):
        first, second = {"id": "a", "of": "http://10.0.0.9:7000/v1/executions/7"}, {"id": "b", "of": ""}
        lines = [f"{first['id']}|{first['of']}\n", f"{first['id']}|{first['of']}\n{second['id']}|\n"]
        place = ("POST", "/stacks/ptero-a/7/resources/lost_jobs/signal", "shell-command")
        self.assertEqual(self.looks([*lines, lines[1], lines[1], ""]),
                         [[], [(*place, [first])], [(*place, [first, second])], [], [(*place, [])]])

    def test_a_database_that_does_not_answer_changes_nothing(self):
        self.assertEqual([len(calls) for calls in self.looks(["a|\n", None, "a|\n", None, "a|\n"])], [0, 0, 1, 0, 0])

    def test_what_heat_did_not_take_is_told_again(self):
        self.assertEqual([len(calls) for calls in self.looks(["a|\n"] * 4, [500])], [0, 1, 1, 0])

    def test_an_agent_that_begins_corrects_what_an_earlier_one_told(self):
        self.assertEqual([len(calls) for calls in self.looks(["", "", ""])], [0, 1, 0])

    def test_nothing_is_asked_during_a_drain_or_where_there_is_no_query(self):
        drain = cloud.Deployment("2", "drain", {"document": {"version": 1, "task": "drain"}})
        for others in ([deployment(), drain], [deployment(lost_jobs=None)], [deployment(migrate=None)]):
            self.assertEqual(self.looks(["a|\n"] * 2, deployments=others), [[], []])
            self.assertFalse(self.ask.called)
