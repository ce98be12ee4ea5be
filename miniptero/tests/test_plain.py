"""What needs no server: the decisions on a workflow, running a job, the repositories."""

import importlib.util
import os
import pwd
import subprocess
import sys
import tempfile
import time
import unittest
from collections import namedtuple
from pathlib import Path

sys.dont_write_bytecode = True

MINIPTERO = Path(__file__).resolve().parent.parent
for folder in ("common", "workflow", "shell-command"):
    sys.path.insert(0, str(MINIPTERO / folder))

from miniptero_common import statuses
from miniptero_shell_command import runner
from miniptero_workflow import dag, documents

Run = namedtuple("Run", "task method position status outputs")
INPUT, OUTPUT = documents.INPUT, documents.OUTPUT
DIAMOND = {
    "inputs": {"x": 1},
    "tasks": {name: {"methods": [{"name": "one"}, {"name": "two"}]} for name in "ABCD"},
    "links": [
        {"source": INPUT, "destination": "A", "dataFlow": {"x": "a"}},
        {"source": "A", "destination": "B", "dataFlow": {"o": ["b", "c"]}},
        {"source": "A", "destination": "C"},
        {"source": "B", "destination": "D"},
        {"source": "C", "destination": "D"},
        {"source": "D", "destination": OUTPUT, "dataFlow": {"o": "end"}},
    ],
}
USER = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def done(task, outputs=None, method=0, position=0):
    return Run(task, method, position, "succeeded", outputs)


class Decisions(unittest.TestCase):
    def starts(self, document, *runs):
        decision = dag.decide(document, runs)
        self.assertEqual(decision.status, None)
        return [(start.task, start.method, start.position, start.inputs) for start in decision.starts]

    def test_a_task_starts_when_all_before_it_are_done(self):
        self.assertEqual(self.starts(DIAMOND), [("A", 0, 0, {"a": 1})])
        after_a = self.starts(DIAMOND, done("A", {"o": 2}))
        self.assertEqual(after_a, [("B", 0, 0, {"b": 2, "c": 2}), ("C", 0, 0, {})])
        running = Run("C", 0, 0, "running", None)
        self.assertEqual(self.starts(DIAMOND, done("A", {"o": 2}), done("B"), running), [])
        self.assertEqual(self.starts(DIAMOND, done("A", {"o": 2}), done("B"), done("C")), [("D", 0, 0, {})])

    def test_the_end_gathers_the_outputs(self):
        decision = dag.decide(DIAMOND, [done("A", {"o": 2}), done("B"), done("C"), done("D", {"o": 3})])
        self.assertEqual((decision.status, decision.outputs, decision.starts), ("succeeded", {"end": 3}, []))

    def test_the_next_method_follows_a_failed_one_and_the_last_fails_all(self):
        first = Run("A", 0, 0, "failed", None)
        self.assertEqual(self.starts(DIAMOND, first), [("A", 1, 0, {"a": 1})])
        self.assertEqual(dag.decide(DIAMOND, [first, Run("A", 1, 0, "errored", None)]).status, "failed")

    def test_a_parallel_task_without_elements_is_done(self):
        document = {
            "inputs": {"x": []},
            "tasks": {"A": {"methods": [{}], "parallelBy": "i"}},
            "links": [
                {"source": INPUT, "destination": "A", "dataFlow": {"x": "i"}},
                {"source": "A", "destination": OUTPUT},
            ],
        }
        self.assertEqual(dag.decide(document, []).status, "succeeded")
        document["inputs"]["x"] = "text"
        self.assertEqual(dag.decide(document, []).status, "failed")

    def test_cycles_are_nonsense(self):
        loop = {**DIAMOND, "links": [*DIAMOND["links"], {"source": "D", "destination": "A"}]}
        with self.assertRaisesRegex(documents.Nonsense, "cycle among the tasks A, B, C, D"):
            documents.check(loop)
        documents.check(DIAMOND)

    def test_a_status_never_turns_back(self):
        self.assertTrue(statuses.follows("succeeded", "new"))
        for new, old in (("running", "succeeded"), ("failed", "canceled"), ("submitted", "running"), ("new", "new")):
            self.assertFalse(statuses.follows(new, old))


class Running(unittest.TestCase):
    def run_job(self, command, go_on=lambda: True, **more):
        return runner.run({"commandLine": command, "user": USER, "workingDirectory": "/tmp", **more}, go_on, 0.2)

    def test_output_and_exit_code_come_back(self):
        ended = self.run_job(["sh", "-c", "cat; echo err >&2; exit 7"], stdin="in")
        self.assertEqual((ended.exit_code, ended.stdout, ended.stderr), (7, "in", "err\n"))

    def test_nul_bytes_are_replaced(self):
        self.assertEqual(self.run_job(["printf", "a\\000b"]).stdout, "a\ufffdb")

    def test_a_stopped_job_gets_TERM(self):
        self.assertEqual(self.run_job(["sleep", "60"], go_on=lambda: False).exit_code, -15)

    def test_a_job_dies_with_its_worker(self):
        with tempfile.TemporaryDirectory() as directory:
            os.chmod(directory, 0o777)
            code = (
                f"import sys; sys.path[:0] = {sys.path[:3]!r}; sys.dont_write_bytecode = True\n"
                "from miniptero_shell_command import runner\n"
                "runner.run({'commandLine': ['sh', '-c', 'echo $$ > pid; exec sleep 60'],"
                f" 'user': {USER!r}, 'workingDirectory': {directory!r}}}, lambda: True, 1)"
            )
            worker = subprocess.Popen([sys.executable, "-c", code])
            pid_file = Path(directory, "pid")
            try:
                while worker.poll() is None and not (pid_file.exists() and pid_file.read_text()):
                    time.sleep(0.05)
            finally:
                worker.kill()
                worker.wait()
            pid = pid_file.read_text().strip()
            for _ in range(50):
                if not is_alive(pid):
                    return
                time.sleep(0.1)
            self.fail("the job outlived its worker")


def is_alive(pid):
    """Whether the process runs; a zombie waits only for its parent to look."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Repositories(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = Path(scratch.name) / "repositories"
        spec = importlib.util.spec_from_file_location("make_repos", MINIPTERO / "make_repos.py")
        self.make_repos = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.make_repos)

    def test_the_same_tree_gives_the_same_commits(self):
        first = self.make_repos.make(self.directory)
        self.assertEqual(len(first), 6)
        self.assertEqual(self.make_repos.make(self.directory), first)
        self.assertEqual(self.make_repos.make(self.directory.with_name("other")), first)

    def test_the_directory_may_be_relative(self):
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.directory.parent)
        self.assertEqual(len(self.make_repos.make(Path("repositories"))), 6)

    def test_what_a_killed_run_left_is_cleared(self):
        (self.directory / ".making-x").mkdir(parents=True)
        self.make_repos.make(self.directory)
        self.assertEqual(sorted(os.listdir(self.directory)), ["shell-command.git", "workflow.git"])

    def test_a_directory_with_something_else_is_refused(self):
        self.directory.mkdir()
        (self.directory / "letter.txt").write_text("mine")
        with self.assertRaisesRegex(self.make_repos.Refused, "letter.txt"):
            self.make_repos.make(self.directory)

    def test_another_repository_of_that_name_is_refused(self):
        (self.directory / "workflow.git").mkdir(parents=True)
        with self.assertRaisesRegex(self.make_repos.Refused, "another repository"):
            self.make_repos.make(self.directory)
        self.assertEqual(os.listdir(self.directory), ["workflow.git"])


if __name__ == "__main__":
    unittest.main()
