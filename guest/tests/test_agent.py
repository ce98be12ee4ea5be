import json
import os
import socket
import tempfile
import threading
import unittest
from unittest import mock

from ptero_agent import cloud, database, deadline, deployments, environment, journal, migration, probe, secrets, servers, tasks
from ptero_agent.errors import OutOfTime, TaskFailed, Unreachable


class Environment(unittest.TestCase):
    def test_quotes_as_systemd_reads(self):
        self.assertEqual(environment.render({"B": 'a "b" $c \\ `d`', "A": 1}),
                         'A="1"\nB="a \\"b\\" \\$c \\\\ \\`d\\`"\n')

    def test_refuses_a_name_that_is_none(self):
        with self.assertRaises(ValueError):
            environment.render({"A B": "c"})

    def test_is_readable_by_its_owner_only(self):
        with tempfile.TemporaryDirectory() as folder:
            path = environment.write("environment", {"A": "b"}, f"{folder}/ptero")
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)


class Database(unittest.TestCase):
    def test_takes_an_address_apart(self):
        found = database.environment("postgresql+psycopg2://role:p%40ss%2F@10.0.0.4/db")
        self.assertEqual((found["PGUSER"], found["PGPASSWORD"], found["PGHOST"], found["PGPORT"], found["PGDATABASE"]),
                         ("role", "p@ss/", "10.0.0.4", "5432", "db"))

    def test_refuses_another_database(self):
        with self.assertRaises(ValueError):
            database.environment("mysql://a/b")


class OlderCode(unittest.TestCase):
    """A database that a newer release brought further than this code knows."""

    LACKS = "FAILED: Can't locate revision identified by 'newer'\n"

    def migrated(self, shown, older_code):
        def run(words, _deadline, doing, *_rest):
            self.ran.append(doing)
            if doing == "look at a revision":
                self.assertEqual(words, ["/opt/a/venv/bin/alembic", "show", "newer"])
                if shown:
                    raise TaskFailed("exit code 255", shown)
            return "newer\n" if doing == "schema" else ""

        self.ran = []
        entry = {"migrate": {"command": ["alembic", "upgrade", "head"], "head": ["alembic", "heads"]}}
        wanted = {"database_url": "postgresql://a:b@c/d", "lock": 7, "older_code": older_code}
        with mock.patch.object(migration, "Lock", mock.MagicMock()), \
                mock.patch.object(migration.command, "run", run), \
                mock.patch.object(migration, "schema_of_code", return_value="older"):
            return migration.migrate("/opt/a", entry, wanted, {}, deadline.Deadline(60))

    def test_runs_where_the_catalogue_says_so(self):
        for rule in ("works", ["older", "oldest"]):
            self.assertIn("newer than this code", self.migrated(self.LACKS, rule))
            self.assertNotIn("migration", self.ran)

    def test_is_refused_where_it_does_not(self):
        for rule in ("fails", ["oldest"], None):
            with self.assertRaisesRegex(TaskFailed, "the schema is at newer, which this code does not know"):
                self.migrated(self.LACKS, rule)

    def test_a_known_revision_is_brought_on(self):
        self.assertEqual(self.migrated(None, "fails"), "schema is at older now")
        self.assertEqual(self.ran[-1], "migration")

    def test_another_mistake_is_told(self):
        with self.assertRaises(TaskFailed) as raised:
            self.migrated("FAILED: no config file\n", "works")
        self.assertIn("no config file", raised.exception.tail)


class Migrated(unittest.TestCase):
    """A release with revisions that the database, at `there`, did not have."""

    def migrated(self, there, after, kept=("0002.py",)):
        revisions_of = iter([there, after])
        entry = {"migrate": {"command": ["false"], "head": ["alembic", "heads"]}}
        wanted = {"database_url": "postgresql://a:b@c/d", "lock": 7, "older_code": "works"}
        with mock.patch.multiple(
                migration, Lock=mock.MagicMock(), knows=mock.Mock(return_value=True),
                schema_of_code=mock.Mock(return_value="2"), schema_of_database=lambda *_: next(revisions_of)), \
                mock.patch.multiple(migration.revisions, folders=mock.Mock(return_value=["/opt/a/source/versions"]),
                                    keep=mock.Mock(return_value=list(kept))), \
                mock.patch.object(migration.command, "run", side_effect=TaskFailed("exit code 1")), \
                mock.patch.object(deadline.Deadline, "pause") as self.pause:
            return migration.migrate("/opt/a", entry, wanted, {}, deadline.Deadline(60))

    def test_waits_until_older_members_have_the_files(self):
        self.migrated("1", "2")
        self.pause.assert_called_once_with(migration.revisions.TAKEN_WITHIN_S, mock.ANY)

    def test_does_not_wait_where_nobody_can_be_there_or_nothing_is_new(self):
        self.migrated(None, "2")
        self.pause.assert_not_called()
        self.migrated("1", "2", kept=())
        self.pause.assert_not_called()

    def test_a_process_of_the_older_release_may_have_been_first(self):
        self.assertEqual(self.migrated("1", "2"), "schema is at 2 now")
        with self.assertRaises(TaskFailed):
            self.migrated("1", "1")


class SchemaOfDatabase(unittest.TestCase):
    def asked(self, *answers):
        with mock.patch.object(migration.command, "run", side_effect=answers), \
                mock.patch.object(deadline.Deadline, "pause") as self.pause:
            return migration.schema_of_database({}, deadline.Deadline(60))

    def test_is_none_only_where_the_table_is_missing(self):
        self.assertIsNone(self.asked("\n"))
        self.assertEqual(self.asked("alembic_version\n", "12ab\n"), "12ab")

    def test_of_one_that_cannot_be_asked_is_asked_for_again(self):
        full = TaskFailed("schema: exit code 2", "FATAL:  sorry, too many clients already\n")
        self.assertEqual(self.asked(full, "alembic_version\n", full, "alembic_version\n", "12ab\n"), "12ab")
        self.pause.assert_called_with(migration.RETRY_SECONDS, "schema: FATAL:  sorry, too many clients already")


class MigrationLock(unittest.TestCase):
    def lock(self, folder, script, seconds):
        psql = f"{folder}/psql"
        with open(psql, "w", encoding="utf-8") as text:
            text.write("#!/bin/sh\n" + script)
        os.chmod(psql, 0o755)
        changed = mock.patch.multiple(migration, PSQL=[psql], RETRY_SECONDS=0.01)
        return changed, migration.Lock({"PATH": "/usr/bin:/bin"}, 7, deadline.Deadline(seconds))

    def test_is_asked_for_again_after_a_refusal(self):
        with tempfile.TemporaryDirectory() as folder:
            changed, lock = self.lock(folder, f"""if mkdir {folder}/refused 2>/dev/null
                then echo 'FATAL: permission denied for database'; exit 2; fi
                read order; echo locked; cat""", 60)
            with changed, lock:
                self.assertIsNone(lock.psql.poll())
            self.assertIsNotNone(lock.psql.poll())

    def test_tells_the_last_refusal_when_time_is_over(self):
        with tempfile.TemporaryDirectory() as folder:
            changed, lock = self.lock(folder, "echo 'FATAL: no such role'; exit 2", 60)
            lock.deadline.given_up = mock.Mock(is_set=lambda: lock.psql.poll() is not None)
            with changed, self.assertRaisesRegex(OutOfTime, "lock of the migration: FATAL: no such role"):
                lock.__enter__()


class Journal(unittest.TestCase):
    def test_keeps_the_end_from_a_whole_line(self):
        self.assertEqual(journal.cut("first\nsecond\nthird\n", 12), "third\n")
        self.assertEqual(journal.cut("short", 12), "short")

    def test_survives_a_cut_inside_a_character(self):
        self.assertLessEqual(len(journal.cut("é" * 100, 11)), 11)


class Perform(unittest.TestCase):
    def case(self, document, code, said):
        answer = tasks.perform(cloud.Deployment("id", "boot", {"document": document}))
        self.assertEqual(answer["deploy_status_code"], code)
        self.assertIn(said, answer["deploy_stderr"] + answer["deploy_stdout"])
        return answer

    def test_signals_whatever_is_wrong_with_the_document(self):
        with self.assertLogs("ptero-agent"):
            self.case(None, 1, "no document")
            self.case({"version": 2}, 1, "version 2")
            self.case(json.dumps({"version": 1, "task": "dance"}), 1, "unknown task `dance`")
            self.case("{", 1, "JSONDecodeError")

    def test_tells_nothing_of_a_document_that_breaks_it(self):
        with self.assertLogs("ptero-agent"), mock.patch.object(tasks, "run", side_effect=KeyError("s3cret")):
            self.assertNotIn("s3cret", str(self.case({"version": 1}, 1, "KeyError")))

    def test_keeps_the_first_line_and_the_end_of_the_log(self):
        long = TaskFailed("unit died", "line\n" * 9000 + "last\n")
        with self.assertLogs("ptero-agent"), mock.patch.object(tasks, "run", side_effect=long):
            said = self.case({"version": 1}, 1, "unit died")["deploy_stderr"]
        self.assertTrue(said.startswith("unit died\n"))
        self.assertTrue(said.endswith("last"))
        self.assertLessEqual(len(said.encode()), journal.TAIL_BYTES)


class Records(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.records = deployments.Records(folder.name)

    def deployment(self, document="a", password="x"):
        return cloud.Deployment("id", "boot", {"document": document, "deploy_password": password})

    def test_remembers_over_a_restart(self):
        record = self.records.of(self.deployment())
        self.assertFalse(record.started)
        record.start()
        self.assertTrue(self.records.of(self.deployment()).started)
        record.finish({"deploy_status_code": 0})
        again = self.records.of(self.deployment())
        self.assertEqual(again.result, {"deploy_status_code": 0})
        self.assertFalse(self.records.any_finished())
        again.signal_sent()
        self.assertTrue(self.records.of(self.deployment(password="y")).signalled)
        self.assertTrue(self.records.any_finished())

    def test_takes_other_inputs_for_another_deployment(self):
        self.records.of(self.deployment()).start()
        self.assertFalse(self.records.of(self.deployment("b")).started)

    def test_takes_a_torn_record_for_started(self):
        record = self.records.of(self.deployment())
        with open(record.path, "w", encoding="ascii") as torn:
            torn.write("{")
        self.assertTrue(self.records.of(self.deployment()).started)


class Cloud(unittest.TestCase):
    CATALOGUE = [
        {"type": "orchestration", "endpoints": [
            {"interface": "internal", "region": "A", "url": "http://internal"},
            {"interface": "public", "region": "A", "url": "http://a/v1/p/"},
            {"interface": "public", "region": "B", "url": "http://b/v1/p"},
        ]},
    ]

    def test_takes_the_endpoint_of_its_region(self):
        self.assertEqual(cloud.orchestration(self.CATALOGUE, None), "http://a/v1/p")
        self.assertEqual(cloud.orchestration(self.CATALOGUE, "B"), "http://b/v1/p")
        with self.assertRaises(Unreachable):
            cloud.orchestration([], None)

    def test_waits_for_credentials_that_are_not_there_yet(self):
        self.assertEqual(cloud.Heat("/nonexistent").deployments(), [])

    def test_logs_in_again_once_when_refused(self):
        session = cloud.Session("http://k", "u", "p", "t", None)
        session.token, session.endpoint = "old", "http://h"
        answers = [(401, {}), (200, {"metadata": {}})]
        with mock.patch.object(cloud, "request", side_effect=lambda *_: answers.pop(0)), \
                mock.patch.object(session, "log_in") as log_in:
            self.assertEqual(session.call("GET", "/x")[0], 200)
        log_in.assert_called_once()

    def answered(self, answer):
        """What a request makes of these bytes, after which the server hangs up."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            def serve():
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

            thread = threading.Thread(target=serve)
            thread.start()
            try:
                return cloud.request("GET", f"http://127.0.0.1:{server.getsockname()[1]}/", None, "token")
            finally:
                thread.join()

    def test_a_cut_answer_is_no_answer(self):
        self.assertEqual(self.answered(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), (200, {}))
        for cut in (b"", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
                    b"HTTP/1.1 200 OK\r\n\r\n{"):
            with self.assertRaises(Unreachable):
                self.answered(cut)

    def test_an_answer_of_another_shape_is_no_answer(self):
        heat = cloud.Heat()
        for answer in ([], {"metadata": []}, {"metadata": {"deployments": [1]}}, {"metadata": {"deployments": [{}]}}):
            heat.session = mock.Mock(call=mock.Mock(return_value=(200, answer)))
            with self.assertRaises(Unreachable):
                heat.deployments()


class Gateway(unittest.TestCase):
    def test_reads_health_from_haproxy(self):
        text = ("# pxname,svname,status,check_status,\nweb-workflow,FRONTEND,OPEN,,\nweb-workflow,m0,UP,* L7OK,\nweb-petri,m2,UP,INI,\n"
                "web-shell-command,m1,DOWN,L4CON,\nweb-shell-command,BACKEND,UP,,\n")
        self.assertEqual(servers.healthy_backends(text), {"web-workflow"})


class Backends(unittest.TestCase):
    """A gateway with one service; its HAProxy lists what it was last told, and has one process per reload."""

    def setUp(self):
        self.rows, self.asked, self.pool, self.slept = [("web-a", "m0")], [], {20}, []
        haproxy = mock.Mock(main_pid=lambda: 1, pool=lambda _main: set(self.pool))
        for name, value in (("listed", lambda: set(self.rows)), ("apply", self.reload), ("healthy", lambda _: None),
                            ("save_states", lambda: None),
                            ("answers", lambda _frontend, server: self.asked.append(server["name"])),
                            ("Unit", lambda _name: haproxy)):
            patch = mock.patch.object(servers, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        patch = mock.patch.object(servers.time, "sleep", self.sleep)
        patch.start()
        self.addCleanup(patch.stop)

    def reload(self, _kind, settings, _deadline):
        self.rows = servers.names(settings["frontends"])
        self.pool.add(21)

    def sleep(self, seconds):
        self.slept.append(seconds)
        if len(self.slept) == 3:
            self.pool.discard(20)

    def told(self, *names):
        members = [{"name": name, "address": "10.0.0.1"} for name in names]
        frontends = [{"service": "a", "port": 80, "check": None, "servers": members}]
        return servers.backends({"frontends": frontends}, deadline.Deadline(10))

    def test_asks_only_new_servers_before_they_get_requests(self):
        self.told("m0", "m1")
        self.assertEqual((self.asked, self.slept), (["m1"], []))

    def test_waits_until_nobody_asks_those_that_go(self):
        self.told("m1")
        self.assertEqual((self.asked, len(self.slept), self.pool), (["m1"], 3, {21}))


class Probe(unittest.TestCase):
    def test_says_what_is_wrong(self):
        self.assertIn("http", probe.web("127.0.0.1", 1, "/", 200))
        self.assertIn("redis", probe.redis("127.0.0.1", 1, "p"))
        self.assertIn("login of u", probe.amqp("127.0.0.1", 1, "u", "p", "v"))


class Secrets(unittest.TestCase):
    def test_hides_every_password_of_a_document(self):
        hide = secrets.hider({
            "environment": {"DB": "postgresql://role:p%40ssw@host/db", "PTERO_REDIS_PASSWORD": "r3dis"},
            "settings": {"databases": {"db": {"password": "dbpass"}}},
            "ready": {"path": "/x"},
        })
        self.assertEqual(hide("p%40ssw p@ssw r3dis dbpass /x"), "*** *** *** *** /x")
