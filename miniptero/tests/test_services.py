"""The services for real: all six processes, PostgreSQL and RabbitMQ.

    python3 -m unittest discover miniptero/tests

Needs root, Debian's postgresql and rabbitmq-server packages (their own servers
need not run), git and a package index. MINIPTERO_KEEP=1 keeps the directory
with all logs.
"""

import gzip
import json
import os
import signal
import socket
import sys
import time
import unittest
import uuid

sys.dont_write_bytecode = True

from servers import Bench, call, wait

USER = "nobody"
INPUT, OUTPUT = "input connector", "output connector"
FINAL = {"succeeded", "failed", "errored", "canceled"}
PASS_THROUGH = {
    "tasks": {},
    "inputs": {"x": "kittens"},
    "links": [{"source": INPUT, "destination": OUTPUT, "dataFlow": {"x": "y"}}],
}

bench = None


def setUpModule():
    global bench
    if os.geteuid() != 0:
        raise AssertionError("these tests run jobs as another user, so they need root")
    bench = Bench()
    try:
        bench.install("v1")
        bench.migrate("v1")
        bench.start("v1")
        bench.wait_ready()
    except BaseException:
        bench.close()
        raise


def tearDownModule():
    bench.close()


def job(command, **more):
    return {"commandLine": command, "user": USER, "workingDirectory": "/tmp", **more}


def method(command, name="run", **more):
    url = bench.url("shell-command", "")
    return {"name": name, "service": "job", "serviceUrl": url, "parameters": job(command, **more)}


def one_task(*methods, inputs=None, flow_in=None, flow_out=None, **more):
    links = [{"source": INPUT, "destination": "A"}, {"source": "A", "destination": OUTPUT}]
    for link, flow in zip(links, (flow_in, flow_out)):
        if flow:
            link["dataFlow"] = flow
    return {"inputs": inputs or {}, "tasks": {"A": {"methods": list(methods), **more}}, "links": links}


class Case(unittest.TestCase):
    maxDiff = None

    def submit(self, document):
        status, body, headers = call("POST", bench.url("workflow", "/workflows"), document)
        self.assertEqual(status, 201, body)
        self.assertEqual(headers["Location"], bench.url("workflow", f"/workflows/{body['id']}"))
        return body

    def report(self, kind, workflow):
        status, body, _ = call("GET", workflow["reports"][kind])
        self.assertEqual(status, 200, body)
        return body

    def end(self, workflow, seconds=30):
        """Wait for the workflow's end and return its details."""
        url = bench.url("workflow", f"/workflows/{workflow['id']}")
        wait(f"end of workflow {workflow['id']}", lambda: call("GET", url)[1]["status"] in FINAL, seconds)
        return self.report("workflow-details", workflow)

    def ended(self, document, status, seconds=30):
        details = self.end(self.submit(document), seconds)
        self.assertEqual(details["status"], status, details)
        return details

    def put_job(self, document, seconds=20):
        """Put a job and wait for its end."""
        url = bench.url("shell-command", f"/jobs/{uuid.uuid4()}")
        self.assertEqual(call("PUT", url, document)[0], 201)
        return wait("end of the job", lambda: self.final_job(url), seconds)

    def final_job(self, url):
        body = call("GET", url)[1]
        return body if body["status"] in FINAL else None

    def wait_job_runs(self, url):
        """Wait until the job runs. One that is over by then tests nothing: say so at once."""

        def started():
            body = call("GET", url)[1]
            self.assertNotIn(body.get("status"), FINAL, f"the job was over before it was seen running: {body}")
            return body.get("status") == "running"

        try:
            wait("start of the job", started)
        except AssertionError as problem:
            raise AssertionError(f"{problem}; {call('GET', url)[:2]}") from None

    def execution(self, workflow):
        """The first execution, when there is one."""
        rows = lambda: self.report("workflow-executions", workflow)["executions"]
        return wait("an execution", rows)[0]

    def statuses(self, body):
        return [step["status"] for step in body["statusHistory"]]


class Release1(Case):
    def test_server_info_lists_the_live_workers(self):
        host = socket.gethostname()
        for service, revision in (("workflow", "wf0001"), ("shell-command", "sc0001")):
            status, info = bench.server_info(service)
            self.assertEqual(status, 200)
            self.assertEqual(info["version"], "1")
            self.assertEqual(info["commit"], "0" * 40)
            self.assertEqual(info["databaseRevision"], revision)
            self.assertEqual(info["celeryStatus"], [f"http_worker@{host}: OK", f"worker@{host}: OK"])

    def test_a_workflow_without_jobs_passes_its_inputs_through(self):
        details = self.ended(PASS_THROUGH, "succeeded")
        self.assertEqual(details["outputs"], {"y": "kittens"})

    def test_every_report_answers(self):
        workflow = self.submit(one_task(method(["true"])))
        self.end(workflow)
        for kind in workflow["reports"]:
            self.assertEqual(self.report(kind, workflow)["workflowId"], workflow["id"])
        self.assertEqual(self.report("workflow-outputs", workflow)["outputs"], None)
        self.assertEqual(self.report("workflow-summary", workflow)["tasks"], {"A": {"succeeded": 1}})

    def test_a_job_shows_its_output_and_exit_code(self):
        [run] = self.ended(one_task(method(["hostname"])), "succeeded")["executions"]
        self.assertEqual((run["stdout"], run["stderr"], run["exitCode"]), (socket.gethostname() + "\n", "", "0"))
        self.assertEqual(self.statuses(run)[0], "new")
        self.assertEqual(self.statuses(run)[-1], "succeeded")

    def test_a_failing_job_fails_the_workflow(self):
        [run] = self.ended(one_task(method(["sh", "-c", "echo no >&2; exit 3"])), "failed")["executions"]
        self.assertEqual((run["status"], run["stderr"], run["exitCode"]), ("failed", "no\n", "3"))

    def test_jobs_that_cannot_start_fail_the_workflow(self):
        cases = [
            ({"user": "no-such-user"}, "no such user"),
            ({"user": "root"}, "root"),
            ({"workingDirectory": "/no/such"}, "cannot enter"),
            ({"workingDirectory": "/root"}, "cannot enter"),
            ({"commandLine": ["/no/such/program"]}, "cannot run"),
        ]
        for change, message in cases:
            with self.subTest(change):
                [run] = self.ended(one_task(method(["true"], **{**job(["true"]), **change})), "failed")["executions"]
                self.assertEqual(run["status"], "errored")
                self.assertIn(message, run["errorMessage"])

    def test_a_job_service_that_refuses_the_job_fails_the_workflow(self):
        [run] = self.ended(one_task(method(["true"], umask="rwx")), "failed")["executions"]
        self.assertEqual(run["status"], "errored")
        self.assertIn("400", run["errorMessage"])

    def test_the_next_method_is_tried_when_one_fails(self):
        details = self.ended(one_task(method(["false"], "first"), method(["true"], "second")), "succeeded")
        self.assertEqual([run["status"] for run in details["executions"]], ["failed", "succeeded"])

    def test_a_parallel_task_runs_once_per_element_and_collects_in_order(self):
        script = (
            "import json, os, urllib.request as u; url = os.environ['PTERO_WORKFLOW_EXECUTION_URL']; "
            "x = json.load(u.urlopen(url))['inputs']['x']; "
            "body = json.dumps({'outputs': {'double': 2 * x}}).encode(); "
            "u.urlopen(u.Request(url, body, {'Content-Type': 'application/json'}, method='PATCH')); print(x)"
        )
        document = one_task(
            method(["/usr/bin/python3", "-c", script]),
            inputs={"many": [1, 2, 3, 4]},
            flow_in={"many": "x"},
            flow_out={"double": "doubles"},
            parallelBy="x",
        )
        details = self.ended(document, "succeeded")
        self.assertEqual(details["outputs"], {"doubles": [2, 4, 6, 8]})
        self.assertEqual([run["stdout"] for run in details["executions"]], ["1\n", "2\n", "3\n", "4\n"])

    def test_a_job_that_sets_no_outputs_where_some_are_needed_is_errored(self):
        [run] = self.ended(one_task(method(["true"]), flow_out={"a": "b"}), "failed")["executions"]
        self.assertEqual(run["errorMessage"], "failed to set required outputs: a")

    def test_outputs_can_be_set_once(self):
        workflow = self.submit(one_task(method(["sleep", "2"])))
        url = bench.url("workflow", f"/executions/{self.execution(workflow)['executionId']}")
        for outputs, status in (({"a": 1}, 200), ({"a": 1}, 200), ({"a": 2}, 409)):
            self.assertEqual(call("PATCH", url, {"outputs": outputs})[0], status)
        self.assertEqual(self.end(workflow)["executions"][0]["outputs"], {"a": 1})

    def test_a_canceled_workflow_ends_its_jobs(self):
        workflow = self.submit(one_task(method(["sleep", "60"])))
        run = self.execution(workflow)
        self.wait_job_runs(run["jobUrl"])
        status, body, _ = call("PATCH", bench.url("workflow", f"/workflows/{workflow['id']}"), {"is_canceled": True})
        self.assertEqual((status, body["status"]), (200, "canceled"))
        wait("signal to the job", lambda: call("GET", run["jobUrl"])[1]["exitCode"] == "-15", 15)
        self.assertEqual(self.end(workflow)["executions"][0]["status"], "canceled")

    def test_a_deleted_workflow_is_gone_and_so_are_its_jobs(self):
        workflow = self.submit(one_task(method(["true"])))
        [run] = self.end(workflow)["executions"]
        url = bench.url("workflow", f"/workflows/{workflow['id']}")
        self.assertEqual(call("DELETE", url)[0], 200)
        self.assertEqual(call("GET", url)[0], 404)
        wait("deletion of the job", lambda: call("GET", run["jobUrl"])[0] == 410)

    def test_workflows_are_found_by_name(self):
        name = str(uuid.uuid4())
        workflow = self.submit({**PASS_THROUGH, "name": name})
        base = bench.url("workflow", "/workflows")
        self.assertEqual(call("GET", f"{base}?name={name}")[1]["id"], workflow["id"])
        self.assertEqual(call("GET", base)[0], 400)
        self.assertEqual(call("GET", f"{base}?name=no-such")[0], 404)
        self.assertEqual(call("POST", base, {**PASS_THROUGH, "name": name})[0], 400)
        for nobody in ("0", "x", "99999999999", "-1"):
            self.assertEqual(call("GET", f"{base}/{nobody}")[0], 404)
        self.assertEqual(call("PATCH", f"{base}/{workflow['id']}", {"name": "other"})[0], 409)

    def test_bad_workflows_are_refused(self):
        link = {"source": INPUT, "destination": OUTPUT}
        good = one_task(method(["true"]))
        loop = [*good["links"], {"source": "A", "destination": "A"}]
        unasked = {**good["tasks"]["A"], "parallelBy": "x"}
        bad = [
            {},
            [],
            "x",
            {"tasks": {}, "links": [{**link, "dataFlow": {"x": "y"}}]},
            {"tasks": {}, "links": [{"source": "B", "destination": OUTPUT}]},
            {"tasks": {}, "links": [link], "more": 1},
            {**good, "links": loop},
            {**good, "links": good["links"][1:]},
            {**good, "tasks": {"A": {"methods": []}}},
            {**good, "tasks": {"A": unasked}},
            {**good, "tasks": {"A": {"methods": [{**method(["true"]), "service": "other"}]}}},
            one_task(method(["true"]), inputs={"x": 1}, flow_in={"x": "x"}, parallelBy="x"),
            b"{",
            b"",
        ]
        for document in bad:
            with self.subTest(document):
                status, body, _ = call("POST", bench.url("workflow", "/workflows"), document)
                self.assertEqual(status, 400, body)
                self.assertTrue(body["error"])

    def test_a_compressed_workflow_is_taken(self):
        data = gzip.compress(json.dumps(PASS_THROUGH).encode())
        status, body, _ = call("POST", bench.url("workflow", "/workflows"), data, {"Content-Encoding": "gzip"})
        self.assertEqual(status, 201, body)

    def test_bad_jobs_are_refused(self):
        good = job(["true"])
        bad = [
            {},
            {**good, "commandLine": []},
            {**good, "commandLine": "true"},
            {**good, "commandLine": ["a\0b"]},
            {**good, "umask": "99"},
            {**good, "environment": {"A": 1}},
            {**good, "user": None},
            {**good, "unknown": 1},
            b"no",
        ]
        for document in bad:
            with self.subTest(document):
                status, body, _ = call("POST", bench.url("shell-command", "/jobs"), document)
                self.assertEqual(status, 400, body)
                self.assertTrue(body["error"])
        self.assertEqual(call("PUT", bench.url("shell-command", "/jobs/1"), good)[0], 400)

    def test_unknown_jobs_are_gone(self):
        url = bench.url("shell-command", f"/jobs/{uuid.uuid4()}")
        for verb, body in (("GET", None), ("DELETE", None), ("PATCH", {"status": "canceled"})):
            self.assertEqual(call(verb, url, body)[0], 410)

    def test_a_job_gets_what_it_asks_for(self):
        script = "cat; umask; id -un; pwd; echo $A; env | wc -l >&2"
        document = job(["sh", "-c", script], stdin="hi\n", umask="0077", environment={"A": "b"})
        done = self.put_job(document)
        self.assertEqual(done["stdout"].split(), ["hi", "0077", USER, "/tmp", "b"])
        self.assertEqual(self.statuses(done), ["new", "submitted", "running", "succeeded"])
        self.assertEqual((done["status"], done["exitCode"]), ("succeeded", "0"))

    def test_much_output_blocks_nobody(self):
        done = self.put_job(job(["head", "-c", "300000", "/dev/zero"]))
        self.assertEqual((done["status"], len(done["stdout"])), ("succeeded", 300000))
        done = self.put_job(job(["sh", "-c", "yes | head -c 3000000; sleep 30 & exit 0"]))
        self.assertIn("[output cut here]", done["stdout"])

    def test_the_same_job_put_twice_runs_once(self):
        url = bench.url("shell-command", f"/jobs/{uuid.uuid4()}")
        answers = [call("PUT", url, job(["true"])) for _ in range(3)]
        self.assertEqual([status for status, _, _ in answers], [201, 200, 200])
        self.assertEqual({headers["Location"] for _, _, headers in answers}, {url})
        self.assertEqual(call("PUT", url, job(["false"]))[0], 409)
        done = wait("end of the job", lambda: self.final_job(url))
        self.assertEqual(self.statuses(done).count("running"), 1)

    def test_a_late_callback_does_not_turn_a_status_back(self):
        workflow = self.submit(one_task(method(["true"])))
        [run] = self.end(workflow)["executions"]
        for status in ("running", "failed"):
            url = bench.url("workflow", f"/callbacks/methods/{run['executionId']}/callbacks/{status}")
            self.assertEqual(call("POST", url, {})[0], 200)
        self.assertEqual(self.end(workflow)["executions"], [run])


class Release1Drains(Case):
    def test_TERM_lets_the_running_job_finish(self):
        workflow = self.submit(one_task(method(["sh", "-c", "sleep 10; echo done"])))
        run = self.execution(workflow)
        self.wait_job_runs(run["jobUrl"])
        began = time.monotonic()
        worker = bench.processes["shell-command", "worker"]
        worker.send(signal.SIGTERM)
        later = self.submit(one_task(method(["true"])))
        self.assertEqual(worker.process.wait(30), 0)
        self.assertGreater(time.monotonic() - began, 5)
        [run] = self.end(workflow)["executions"]
        self.assertEqual((run["status"], run["stdout"]), ("succeeded", "done\n"))
        self.assertEqual(self.statuses(call("GET", run["jobUrl"])[1]).count("running"), 1)
        # What came meanwhile waits for the next worker.
        self.assertEqual(self.report("workflow-status", later)["status"], "running")
        bench.start("v1", ("shell-command", "worker"))
        self.assertEqual(self.end(later)["status"], "succeeded")

    def test_a_job_of_a_killed_worker_runs_again(self):
        url = bench.url("shell-command", f"/jobs/{uuid.uuid4()}")
        call("PUT", url, job(["sleep", "10"]))
        self.wait_job_runs(url)
        worker = bench.processes["shell-command", "worker"]
        os.killpg(worker.process.pid, signal.SIGKILL)
        worker.process.wait()
        bench.start("v1", ("shell-command", "worker"))
        done = wait("end of the job", lambda: self.final_job(url), 90)
        self.assertEqual(self.statuses(done), ["new", "submitted", "running", "running", "succeeded"])

    def test_restarted_servers_lose_and_double_nothing(self):
        running = [self.submit(one_task(method(["sh", "-c", "sleep 12; echo done"]))) for _ in range(3)]
        urls = [self.execution(workflow)["jobUrl"] for workflow in running]
        # Two run and one waits; which one is left to the http workers.
        statuses = lambda: [call("GET", url)[1].get("status") for url in urls]
        wait("two running jobs", lambda: statuses().count("running") == 2)
        bench.restart_rabbit()
        bench.restart_postgres()
        later = wait("a web that works again", lambda: call("POST", bench.url("workflow", "/workflows"), PASS_THROUGH)[1])
        self.assertIn("id", later)
        self.assertEqual(self.end(later, 60)["status"], "succeeded")
        for workflow in running:
            details = self.end(workflow, 90)
            self.assertEqual(details["status"], "succeeded", details)
            [run] = details["executions"]
            self.assertEqual(run["stdout"], "done\n")
            self.assertEqual(self.statuses(call("GET", run["jobUrl"])[1]).count("running"), 1, run)

    def test_zz_without_workers_server_info_fails(self):
        for name in ("worker", "http_worker"):
            bench.processes["workflow", name].stop()
        self.assertEqual(bench.server_info("workflow")[0], 500)
        for name in ("worker", "http_worker"):
            bench.start("v1", ("workflow", name))
        bench.wait_ready()


class Release2(Case):
    """Runs last but one: it moves the bench from v1 to v2 and on."""

    def test_an_update_keeps_the_data_and_a_broken_release_fails(self):
        old = self.submit(one_task(method(["hostname"])))
        before = self.end(old)
        running = self.submit(one_task(method(["sh", "-c", "sleep 8; echo done"])))
        self.wait_job_runs(self.execution(running)["jobUrl"])

        bench.give_revisions("v2", "v1")
        bench.migrate("v2")  # beside release 1, which goes on working
        self.assertEqual(bench.server_info("workflow")[1]["databaseRevision"], "wf0002")
        self.ended(one_task(method(["hostname"])), "succeeded")

        bench.stop()
        bench.install("v2")
        bench.start("v2")
        bench.wait_ready()
        for service, revision in (("workflow", "wf0002"), ("shell-command", "sc0002")):
            _, info = bench.server_info(service)
            self.assertEqual((info["version"], info["databaseRevision"]), ("2", revision))
        after = self.report("workflow-details", old)
        self.assertEqual(after.pop("finishedAt"), None)
        self.assertEqual(after, before)
        self.assertEqual(self.end(running)["executions"][0]["stdout"], "done\n")
        details = self.ended(one_task(method(["hostname"])), "succeeded")
        self.assertTrue(details["finishedAt"])
        job = call("GET", details["executions"][0]["jobUrl"])[1]
        self.assertEqual(job["host"], socket.gethostname())

        bench.stop()
        bench.install("v3-broken")
        bench.start("v3-broken")
        bench.wait_ready()
        self.assertEqual(bench.server_info("shell-command")[1]["version"], "3-broken")
        self.ended(PASS_THROUGH, "succeeded")
        self.ended(one_task(method(["hostname"])), "failed", seconds=10)

        bench.stop()
        bench.install("v1")
        bench.start("v1")
        bench.wait_ready()
        self.ended(one_task(method(["hostname"])), "succeeded")
        bench.stop()
        bench.migrate("v2", "downgrade", "-1")
        bench.start("v1")
        bench.wait_ready()
        self.ended(one_task(method(["hostname"])), "succeeded")
        self.assertEqual(self.report("workflow-details", old), before)


if __name__ == "__main__":
    unittest.main()
