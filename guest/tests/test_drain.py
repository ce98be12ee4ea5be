import json
import os
import signal
import tempfile
import time
import unittest
from unittest import mock

from ptero_agent import __main__ as main
from ptero_agent import application, broker, cloud, deadline, deployments, drain, environment, progress, tasks, worker
from ptero_agent.errors import OutOfTime, Unreachable
from ptero_agent.worker import Job

DOCUMENT = {"version": 1, "task": "drain", "member": "m", "service": "s", "role": "worker", "kind": "application",
            "processes": ["worker"], "celery": "worker@%h", "deadline_s": 20, "policy": "wait"}


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Unit:
    """A worker whose jobs end at certain times; those without an end run for ever."""

    def __init__(self, clock, ends, stubborn=False):
        self.name, self.clock, self.ends, self.stubborn = "ptero-s-worker.service", clock, ends, stubborn
        self.stopped, self.signals, self.killed = False, [], False

    def main_pid(self):
        return 10

    def stop_without_limit(self):
        self.stopped = True

    stop = stop_without_limit

    def processes(self):
        return {10: 1, **{pid: 10 for pid, end in self.ends.items() if end is None or self.clock.now < end}}

    def pool(self, parent):
        return {pid for pid, of in self.processes().items() if of == parent}

    def ended(self):
        return self.stopped and (self.killed or not self.pool(10))

    def of_jobs(self, main):
        return [pid for pid, parent in self.processes().items() if pid != main and parent != main]

    def signal_jobs(self, _main, number):
        self.signals.append(number)
        if not self.stubborn:
            self.ends = {pid: self.clock.now + 2 for pid in self.ends}

    def kill(self):
        self.killed = True


class Told(list):
    always = {}

    def tell(self, jobs, oldest_s, phase):
        if self[-1:] != [(jobs, phase)]:
            self.append((jobs, phase))


class Drain(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.clock, self.told = Clock(), Told()
        for patch in (mock.patch.object(drain, "time", self.clock),
                      mock.patch.object(drain, "STATE", f"{folder.name}/drain.json"),
                      mock.patch.object(drain, "boot_id", lambda: "boot")):
            patch.start()
            self.addCleanup(patch.stop)
        self.inventory = [Job(11, "a", 400.0), Job(12, "b", 990.0)]

    def drain(self, unit, **changes):
        with mock.patch.object(drain, "Unit", lambda _name: unit), self.assertLogs("ptero-agent"), \
                mock.patch.object(drain.Drain, "inventory", lambda *_: self.inventory):
            return drain.drain({**DOCUMENT, **changes}, self.told)

    def test_waits_for_the_jobs_and_tells_how_many(self):
        said = self.drain(Unit(self.clock, {11: 1010.0, 12: 1003.0, 13: 1001.0}))
        self.assertEqual(said, "jobs: 2 came to their end; stopped after 10 s")
        self.assertEqual(self.told, [(0, "stopping"), (2, "waiting"), (1, "waiting")])

    def test_an_idle_process_is_no_job_and_a_busy_one_that_was_not_named_is(self):
        said = self.drain(Unit(self.clock, {21: 1002.0, 22: 1009.0}))
        self.assertEqual(said, "jobs: 1 came to their end; stopped after 9 s")

    def test_the_policy_wait_goes_on_past_the_deadline(self):
        said = self.drain(Unit(self.clock, {11: 1100.0}))
        self.assertEqual(said, "jobs: 1 came to their end; stopped after 100 s")
        self.assertEqual(self.told[-1], (1, "overdue"))

    def test_the_policy_requeue_kills_at_the_deadline(self):
        unit = Unit(self.clock, {11: None, 12: 1005.0})
        said = self.drain(unit, policy="requeue")
        self.assertEqual(said, "jobs: 1 came to their end, 1 handed back to the broker; stopped after 21 s")
        self.assertEqual(unit.signals, [])

    def test_the_policy_abort_ends_the_jobs_only(self):
        unit = Unit(self.clock, {11: None, 12: None})
        said = self.drain(unit, policy="abort")
        self.assertEqual(said, "jobs: 2 aborted; stopped after 22 s")
        self.assertEqual((unit.signals, unit.killed), ([signal.SIGTERM], False))
        self.assertEqual(self.told[-1], (2, "aborting"))

    def gone(self, since, child_until):
        """Says of a worker whose broker is gone since a moment, with a job whose own process ends at another."""
        unit = Unit(self.clock, {11: None})
        whole = unit.processes
        unit.processes = lambda: {**whole(), **({31: 11} if self.clock.now < child_until else {})}
        with mock.patch.object(broker.probe, "port", lambda *_: "gone" if self.clock.now >= since else None), \
                mock.patch.object(broker, "time", self.clock), \
                mock.patch.object(drain.environment, "read", lambda _: {"URL": "amqp://a:b@10.0.0.9/v", "X": 1}):
            return self.drain(unit)

    def test_a_worker_whose_broker_is_gone_is_killed(self):
        self.assertEqual(self.gone(1000.0, 0), "jobs: 1 given up, as the broker is gone; stopped after 61 s")

    def test_not_before_its_job_has_ended(self):
        self.assertEqual(self.gone(1000.0, 1200.0), "jobs: 1 given up, as the broker is gone; stopped after 201 s")

    def test_what_cannot_be_aborted_is_handed_back(self):
        unit = Unit(self.clock, {11: None}, stubborn=True)
        said = self.drain(unit, policy="abort")
        self.assertIn("1 handed back to the broker", said)
        self.assertNotIn("aborted", said)
        self.assertEqual((unit.signals[0], unit.signals[-1]), (signal.SIGTERM, signal.SIGKILL))

    def test_is_taken_up_again_with_its_first_deadline(self):
        unit = Unit(self.clock, {11: None})
        with mock.patch.object(drain.Drain, "jobs", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            self.drain(unit, policy="requeue")
        self.clock.now += 15
        self.inventory = []
        self.assertIn("stopped after 20 s", self.drain(unit, policy="requeue").replace("21 s", "20 s"))

    def test_starts_over_after_a_reboot(self):
        unit = Unit(self.clock, {})
        self.drain(unit)
        self.clock.now += 100
        with mock.patch.object(drain, "boot_id", lambda: "another"):
            self.assertEqual(self.drain(Unit(self.clock, {})), "jobs: none; stopped after 0 s")

    def test_a_web_server_is_only_stopped(self):
        unit = Unit(self.clock, {})
        with mock.patch.object(drain, "Unit", lambda _name: unit):
            self.assertEqual(drain.drain({**DOCUMENT, "celery": None}, self.told), "stopped")
        self.assertTrue(unit.stopped)

    def test_a_backing_server_has_nothing_to_drain(self):
        self.assertEqual(drain.drain({**DOCUMENT, "kind": "redis"}, self.told), "nothing to drain")


class Worker(unittest.TestCase):
    def test_reads_when_jobs_began_on_either_clock(self):
        text = 'noise\nptero:[["a", 5, 1700000000.0], ["b", 6, 90.5], ["c", null, null]]\n'
        self.assertEqual(worker.parse(text, 1700000030.0, 100.0), [Job(5, "a", 70.0), Job(6, "b", 90.5)])

    def test_takes_no_answer_for_no_job(self):
        for text in ("", "ptero:nonsense", 'ptero:{"a": 1}'):
            self.assertEqual(worker.parse(text, 1.7e9, 1.0), [])

    def test_finds_the_processes_of_a_unit(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(worker, "PROC", folder):
            for pid, unit, state, parent in ((7, "worker", "S", 1), (8, "worker", "R", 7), (9, "worker", "Z", 7),
                                             (10, "web", "S", 1)):
                os.mkdir(f"{folder}/{pid}")
                with open(f"{folder}/{pid}/cgroup", "w", encoding="ascii") as text:
                    text.write(f"0::/system.slice/{unit}.service\n")
                with open(f"{folder}/{pid}/stat", "w", encoding="ascii") as text:
                    text.write(f"{pid} (a (b) c) {state} {parent} 1 1\n")
            os.mkdir(f"{folder}/11")  # Ended while it was looked at.
            os.mkdir(f"{folder}/self")
            self.assertEqual(worker.Unit("worker.service").processes(), {7: 1, 8: 7})

    def test_knows_a_node_by_the_command_of_its_process(self):
        entry = {"roles": {"worker": {"processes": {"fork": {"command": ["celery", "-A", "x", "-n", "fork@%h"]}}}}}
        self.assertEqual(drain.node_of(entry, "worker", "fork"), "fork@%h")
        self.assertEqual(drain.node_of(entry, "worker", "worker-fork"), "fork@%h")
        self.assertIsNone(drain.node_of(entry, "worker", "other"))
        self.assertEqual(application.celery_app(entry), "x")


class Progress(unittest.TestCase):
    INPUTS = {"deploy_stack_id": "a/1", "progress": json.dumps(
        {"auth_url": "http://k", "user_id": "u", "password": "p", "project_id": "t", "region_name": "R"})}

    def test_signals_the_handle_of_its_own_stack(self):
        told = progress.of(self.INPUTS)
        told.always = {"policy": "wait"}
        with mock.patch.object(told.session, "call", return_value=(200, {})) as call:
            told.tell(3, 720, "waiting")
            told.tell(3, 721, "waiting")
        (method, path, body), _ = call.call_args
        self.assertEqual(call.call_count, 1)
        self.assertEqual((method, path, body["id"]), ("POST", "/stacks/a/1/resources/progress/signal", "drain"))
        data = json.loads(body["data"])
        self.assertEqual((data["jobs"], data["oldest_s"], data["phase"], data["policy"]), (3, 720, "waiting", "wait"))

    def test_a_drain_does_not_depend_on_it(self):
        with self.assertLogs("ptero-agent"):
            progress.of({}).tell(1, None, "waiting")
            progress.of({"progress": "{"}).tell(1, None, "waiting")
            told = progress.of(self.INPUTS)
            with mock.patch.object(told.session, "call", side_effect=Unreachable("away")):
                told.tell(1, None, "waiting")


class Environment(unittest.TestCase):
    def test_reads_what_it_wrote(self):
        variables = {"A": 'a "b" $c \\ `d`', "B": "", "C": "two\nlines"}
        with tempfile.TemporaryDirectory() as folder:
            environment.write("environment", variables, folder)
            self.assertEqual(environment.read("environment", folder), variables)
            self.assertEqual(environment.read("other", folder), {})


class Poll(unittest.TestCase):
    """A boot that waits and a drain that comes."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.records = deployments.Records(folder.name)
        self.boot = cloud.Deployment("1", "boot", {"document": {"version": 1, "task": "boot"}})
        self.drain = cloud.Deployment("2", "drain", {"document": {**DOCUMENT, "kind": "redis"}})
        self.heat = mock.Mock()
        patch = mock.patch.object(main, "POLL_LATER_S", 0.05)
        patch.start()
        self.addCleanup(patch.stop)

    def test_a_boot_is_given_up_for_a_drain(self):
        def boot(_document, _inputs, given_up):
            limit = deadline.Deadline(60, given_up)
            while True:
                limit.pause(0.05, "waiting")

        self.heat.deployments.side_effect = [[self.boot], [self.boot], Unreachable("away"), [self.boot, self.drain]]
        begun = time.monotonic()
        with mock.patch.object(tasks, "run", boot), self.assertLogs("ptero-agent"):
            main.perform(self.heat.deployments(), self.heat, self.records)
        self.assertLess(time.monotonic() - begun, 10)
        self.heat.signal.assert_not_called()
        self.assertTrue(self.records.of(self.boot).signalled)
        self.heat.deployments.side_effect = [[self.boot, self.drain]]
        with self.assertLogs("ptero-agent"):
            main.perform(self.heat.deployments(), self.heat, self.records)
        (deployment, result), _ = self.heat.signal.call_args
        self.assertEqual((deployment.name, result["deploy_status_code"]), ("drain", 0))

    def test_a_member_that_goes_starts_nothing(self):
        self.heat.deployments.return_value = [self.boot, self.drain]
        with self.assertLogs("ptero-agent"):
            main.perform(self.heat.deployments(), self.heat, self.records)
        self.assertFalse(self.records.of(self.boot).started)
        self.assertTrue(self.records.of(self.drain).signalled)

    def test_a_drain_is_begun_again_and_a_boot_is_not(self):
        for one in (self.boot, self.drain):
            self.records.of(one).start()
        self.heat.deployments.return_value = [self.boot]
        with self.assertLogs("ptero-agent"):
            main.perform(self.heat.deployments(), self.heat, self.records)
        self.assertEqual(self.records.of(self.boot).result["deploy_status_code"], 1)
        self.heat.deployments.return_value = [self.drain]
        with self.assertLogs("ptero-agent"):
            main.perform(self.heat.deployments(), self.heat, self.records)
        self.assertEqual(self.records.of(self.drain).result["deploy_stdout"], "nothing to drain")

    def test_the_watches_look_though_heat_is_away(self):
        self.heat.deployments.side_effect = [[], Unreachable("away")]
        with mock.patch.object(main.cloud, "Heat", return_value=self.heat), \
                mock.patch.multiple(main, firewall=mock.Mock(), signal=mock.Mock()), \
                mock.patch.object(main.deployments, "Records", return_value=self.records), \
                mock.patch.object(main.watch, "turn") as turn, \
                mock.patch.object(main.time, "sleep", side_effect=[None, SystemExit]), \
                self.assertLogs("ptero-agent"), self.assertRaises(SystemExit):
            main.main()
        self.assertEqual(turn.call_count, 2)

    def test_a_given_up_deadline_has_passed(self):
        given_up = mock.Mock(is_set=lambda: True)
        with self.assertRaises(OutOfTime):
            deadline.Deadline(60, given_up).check("anything")
