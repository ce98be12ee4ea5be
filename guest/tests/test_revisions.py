import os
import re
import tempfile
import unittest
from unittest import mock

from ptero_agent import __main__ as agent
from ptero_agent import application, cloud, newer, revisions, watch
from ptero_agent.errors import TaskFailed

BOOT = {"version": 1, "task": "boot", "kind": "application", "service": "workflow",
        "migrate": {"database_url": "postgresql://a:b@10.0.0.4/c"}}
ENTRY = {"migrate": {"revisions": "a/versions"}}


class Psql:
    """What the agent asks of psql, answered from `table`."""

    def __init__(self, table):
        self.table = table

    def run(self, words, _deadline, _doing, _environment):
        option = {words[at]: words[at + 1] for at in range(len(words) - 1)}
        if "--file" in option:
            with open(option["--file"], encoding="ascii") as sql:
                return self.inserted(sql.read())
        if "--output" in option:
            names = re.search(r"where name in \((.*)\)", option["--command"])[1].replace("'", "").split(", ")
            with open(option["--output"], "w", encoding="ascii") as output:
                output.writelines(f"{name} {self.table[name].hex()}\n" for name in names if name in self.table)
            return ""
        return "".join(f"{name}\n" for name in self.table)

    def inserted(self, sql):
        found = {name: bytes.fromhex(text) for name, text in re.findall(r"values \('(.*?)',.*?decode\('(.*?)'", sql)}
        kept = re.search(r"not in \((.*?)\)", sql)[1].replace("'", "").split(", ")
        self.table = {name: text for name, text in self.table.items() if name in kept}
        new = [name for name in found if name not in self.table]
        self.table.update({name: found[name] for name in new})
        return "".join(f"{name}\n" for name in new)


class Revisions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = os.path.join(folder.name, "workflow")
        self.psql = Psql({})
        patched = mock.patch.object(revisions.command, "run", self.psql.run)
        patched.start()
        self.addCleanup(patched.stop)

    def code(self, names, below="source/a/versions"):
        for name in names:
            path = os.path.join(self.home, below, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"# {name}: é\n")
        return revisions.folders(self.home, ENTRY)

    def test_are_kept_once(self):
        places = self.code(["0001.py", "0002.py", "README", "__init__.py"])
        self.assertEqual(revisions.keep(places, {}, None), ["0001.py", "0002.py"])
        self.assertEqual(revisions.keep(places, {}, None), [])
        self.assertEqual(self.psql.table["0001.py"].decode(), "# 0001.py: é\n")

    def test_what_the_code_does_not_know_is_kept_no_longer(self):
        self.psql.table = {"0001.py": b"", "0002_taken_back.py": b""}
        self.assertEqual(revisions.keep(self.code(["0001.py", "0003.py"]), {}, None), ["0003.py"])
        self.assertEqual(sorted(self.psql.table), ["0001.py", "0003.py"])

    def test_are_taken_to_where_the_code_is_and_where_it_runs(self):
        self.psql.table = {"0001.py": b"other", "0002.py": b"new"}
        self.code(["0001.py"], "venv/lib/python2.7/site-packages/a/versions")
        places = self.code(["0001.py"])
        self.assertEqual(len(places), 2)
        self.assertEqual(revisions.take(places, {}, None), ["0002.py"])
        for place in places:
            with open(os.path.join(place, "0002.py"), "rb") as file:
                self.assertEqual(file.read(), b"new")
            with open(os.path.join(place, "0001.py"), "rb") as file:
                self.assertNotEqual(file.read(), b"other")
        self.assertEqual(revisions.take(places, {}, None), [])

    def test_are_taken_all_or_none(self):
        self.psql.table = {"0002.py": b"new", "0003.py": b"newer"}
        places = self.code(["0001.py"])
        asked = self.psql.run

        def gone_meanwhile(words, *more):
            if "--output" in words:
                raise TaskFailed("not done within 4 s")
            return asked(words, *more)

        with mock.patch.object(revisions.command, "run", gone_meanwhile), self.assertRaises(TaskFailed):
            revisions.take(places, {}, None)
        self.assertEqual(os.listdir(places[0]), ["0001.py"])
        del self.psql.table["0003.py"]
        self.assertEqual(revisions.contents_of(["0002.py", "0003.py"], {}, None), {"0002.py": b"new"})

    def test_no_name_leads_elsewhere(self):
        self.psql.table = {"../../0003.py": b"", ".py": b"", "a'b.py": b"", "0003.pyc": b""}
        self.assertEqual(revisions.take(self.code(["0001.py"]), {}, None), [])

    def test_code_without_any_has_no_place(self):
        self.assertEqual(revisions.folders(self.home, ENTRY), [])
        self.assertEqual(revisions.folders(self.home, {"migrate": {"command": []}}), [])
        self.assertEqual(revisions.folders(self.home, {"migrate": None}), [])

    def look(self, *documents):
        deployments = [cloud.Deployment(str(at), "x", {"document": one}) for at, one in enumerate(documents)]
        with mock.patch.object(application, "OPT", os.path.dirname(self.home)), \
                mock.patch.object(application, "entry_of", return_value=ENTRY):
            watch.turn([watch.Watch(newer.look, revisions.LOOK_EVERY_S)], deployments)
        return revisions.known(os.path.join(self.home, "source/a/versions"))

    def test_a_member_takes_what_a_newer_release_left(self):
        self.code(["0001.py"])
        self.psql.table = {"0002.py": b"new"}
        with self.assertLogs("ptero-agent", "INFO"):
            self.assertEqual(self.look(BOOT), ["0001.py", "0002.py"])

    def test_a_member_that_goes_or_has_no_database_takes_nothing(self):
        self.code(["0001.py"])
        self.psql.table = {"0002.py": b"new"}
        self.assertEqual(self.look(BOOT, {"version": 1, "task": "drain"}), ["0001.py"])
        self.assertEqual(self.look({**BOOT, "migrate": None}, {"version": 1, "task": "backends"}), ["0001.py"])

    def test_a_database_that_does_not_answer_is_looked_at_again(self):
        self.code(["0001.py"])
        with mock.patch.object(revisions.command, "run", side_effect=TaskFailed("refused")):
            self.assertEqual(self.look(BOOT), ["0001.py"])

    def test_the_wait_covers_a_poll_and_a_look(self):
        self.assertGreater(revisions.TAKEN_WITHIN_S, agent.POLL_LATER_S + revisions.LOOK_EVERY_S)


if __name__ == "__main__":
    unittest.main()
