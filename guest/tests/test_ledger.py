import http.client
import json
import os
import tempfile
import threading
import unittest
from unittest import mock

from ptero_ledger import server, shapes, store

RUN = "0123456789abcdef" * 2
ATTEMPT = "f" * 32


def entry(job="job-1", event="start", attempt=ATTEMPT, run=RUN):
    return shapes.Entry(run, job, event, attempt)


class Shapes(unittest.TestCase):
    def test_takes_what_a_job_tells(self):
        self.assertEqual(shapes.write(f"/-/ledger/{RUN}/job-1/end/{ATTEMPT}"), entry(event="end"))
        self.assertEqual(shapes.read(f"/-/ledger/{RUN}"), RUN)

    def test_refuses_everything_else(self):
        for path in (f"/-/ledger/{RUN}/job-1/stop/{ATTEMPT}", f"/-/ledger/{RUN}/../start/{ATTEMPT}",
                     f"/-/ledger/{RUN}/{'j' * 65}/start/{ATTEMPT}", f"/-/ledger/{RUN[1:]}/job-1/start/{ATTEMPT}",
                     f"/-/ledger/{RUN}/job-1/start/{ATTEMPT}/", f"/-/ledger/{RUN}/job-1/start/{ATTEMPT}\n",
                     f"/-/ledger/{RUN.upper()}/job-1/start/{ATTEMPT}", f"/-/ledger/{RUN}/job-1/start/{ATTEMPT}?a=b"):
            self.assertIsNone(shapes.write(path), path)
        for path in ("/", "/-/ledger/", f"/-/ledger/{RUN}/", f"/-/ledger/{RUN}?x", f"/-/ledger/..{RUN[2:]}"):
            self.assertIsNone(shapes.read(path), path)

    def test_takes_names_of_machines_only(self):
        self.assertEqual(shapes.host(b"worker-0.example\n"), "worker-0.example")
        self.assertEqual(shapes.host(b""), "")
        self.assertIsNone(shapes.host(b'"a b"'))
        self.assertIsNone(shapes.host("é".encode()))


class Store(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.now = os.stat(self.folder).st_mtime
        self.store = self.opened()

    def opened(self):
        return store.Store(self.folder, lambda: self.now)

    def jobs(self, opened=None):
        return [json.loads(line)["job"] for line in (opened or self.store).lines(RUN).splitlines()]

    def test_writes_each_entry_once(self):
        for _ in range(2):
            self.store.add(entry(), "worker-0")
        self.store.add(entry(event="end"), "worker-0")
        first, second = [json.loads(line) for line in self.store.lines(RUN).splitlines()]
        self.assertEqual(first, {"at_ms": int(self.now * 1000), "job": "job-1", "event": "start",
                                 "attempt": ATTEMPT, "host": "worker-0"})
        self.assertEqual(second["event"], "end")

    def test_is_on_the_disk_before_it_returns(self):
        with mock.patch("os.fsync", wraps=os.fsync) as fsync:
            self.store.add(entry(), "")
            before = fsync.call_count
            self.store.add(entry("job-2"), "")
            self.assertEqual((before, fsync.call_count), (3, 4))

    def test_knows_its_entries_after_a_restart(self):
        self.store.add(entry(), "")
        again = self.opened()
        again.add(entry(), "")
        self.assertEqual(self.jobs(again), ["job-1"])

    def test_drops_half_a_line(self):
        self.store.add(entry(), "")
        with open(os.path.join(self.folder, RUN), "a", encoding="ascii") as torn:
            torn.write('{"at_ms": 1, "jo')
        again = self.opened()
        self.assertEqual(self.jobs(again), ["job-1"])
        again.add(entry("job-2"), "")
        self.assertEqual(self.jobs(again), ["job-1", "job-2"])

    def test_goes_on_after_a_full_disk(self):
        self.store.add(entry(), "")
        with mock.patch("os.fsync", side_effect=OSError("no space")), self.assertRaises(OSError):
            self.store.add(entry("job-2"), "")
        self.store.add(entry("job-2"), "")
        self.store.add(entry("job-3"), "")
        self.assertEqual(self.jobs(), ["job-1", "job-2", "job-3"])

    def test_has_bounds(self):
        other = "b" * 32
        with mock.patch.object(store, "RUNS_MAX", 1):
            self.store.add(entry(), "")
            with self.assertRaises(store.Full):
                self.store.add(entry(run=other), "")
        size = len(self.store.lines(RUN))
        with mock.patch.object(store, "RUN_BYTES_MAX", size + 10), self.assertRaises(store.Full):
            self.store.add(entry("job-2"), "")
        with mock.patch.object(store, "TOTAL_BYTES_MAX", size + 10), self.assertRaises(store.Full):
            self.store.add(entry(run=other), "")
        # What is written already needs no room.
        with mock.patch.object(store, "RUN_BYTES_MAX", size):
            self.store.add(entry(), "")

    def test_forgets_old_runs_when_a_new_one_begins(self):
        self.store.add(entry(), "")
        self.now += store.KEEP_S - 60
        self.store.add(entry(run="b" * 32), "")
        self.assertEqual(self.jobs(), ["job-1"])
        self.now += 120
        self.store.add(entry(run="c" * 32), "")
        self.assertEqual(self.jobs(), [])
        self.assertNotIn(RUN, os.listdir(self.folder))


class Server(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.server = server.Server(("127.0.0.1", 0), store.Store(folder.name))
        self.addCleanup(self.server.server_close)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.shutdown)

    def ask(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(*self.server.server_address, timeout=5)
        self.addCleanup(connection.close)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def test_takes_and_gives(self):
        self.assertEqual(self.ask("GET", f"/-/ledger/{RUN}"), (200, b""))
        path = f"/-/ledger/{RUN}/job-1/start/{ATTEMPT}"
        self.assertEqual(self.ask("POST", path, b"worker-0"), (204, b""))
        self.assertEqual(self.ask("POST", path), (204, b""))
        status, body = self.ask("GET", f"/-/ledger/{RUN}")
        self.assertEqual((status, json.loads(body)["host"]), (200, "worker-0"))

    def test_refuses_what_it_does_not_know(self):
        path = f"/-/ledger/{RUN}/job-1/start/{ATTEMPT}"
        self.assertEqual(self.ask("GET", path)[0], 404)
        self.assertEqual(self.ask("POST", f"/-/ledger/{RUN}")[0], 404)
        self.assertEqual(self.ask("PUT", path)[0], 501)
        self.assertEqual(self.ask("POST", path, b"a b")[0], 400)
        self.assertEqual(self.ask("POST", path, b"a" * 254)[0], 413)
        self.assertEqual(self.ask("POST", path, headers={"Content-Length": "-1"})[0], 400)
        self.assertEqual(self.ask("POST", path, headers={"Content-Length": "9" * 5000})[0], 413)
        self.assertEqual(self.ask("POST", path, headers={"Transfer-Encoding": "chunked"})[0], 411)
        self.assertEqual(self.ask("GET", f"/-/ledger/{RUN}"), (200, b""))

    def test_says_that_there_is_no_room(self):
        with mock.patch.object(store, "RUNS_MAX", 0), self.assertLogs("ptero-ledger"):
            self.assertEqual(self.ask("POST", f"/-/ledger/{RUN}/job-1/start/{ATTEMPT}")[0], 507)
