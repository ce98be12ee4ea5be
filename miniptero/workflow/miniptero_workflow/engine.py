"""Moves workflows on: the only module that changes their rows.

Every function runs in the caller's transaction and first locks the row of the
workflow, so web and workers never decide on each other's half-done work.
Messages go out before the commit; ids are computed, so doing it again after a
crash names the same jobs.
"""

import uuid

from sqlalchemy import select

from . import dag, urls
from .celery_app import app
from .models import Execution, StatusUpdate, Workflow
from miniptero_common import statuses
from miniptero_common.broker import send_http

_JOB_STATUSES = ("submitted", "running", "succeeded", "failed", "errored", "canceled")


def lock(session, workflow_id):
    """The workflow, locked until the transaction ends, or None."""
    return session.get(Workflow, workflow_id, with_for_update=True)


def lock_execution(session, execution_id):
    """The execution with its workflow locked, or None."""
    query = select(Execution.workflow_id).where(Execution.id == execution_id)
    workflow_id = session.scalar(query)
    if workflow_id is None or lock(session, workflow_id) is None:
        return None
    return session.get(Execution, execution_id, populate_existing=True)


def submit(session, document):
    """Store a new workflow and have a worker begin it."""
    workflow = Workflow(
        key=str(uuid.uuid4()),
        name=document.get("name") or str(uuid.uuid4()),
        status="new",
        document=document,
    )
    session.add(workflow)
    session.flush()
    _note(session, workflow, None, "new")
    wake(workflow.id)
    return workflow


def wake(workflow_id):
    """Have a worker look at the workflow."""
    app.send_task("submit.advance", [workflow_id], queue="submit")


def advance(session, workflow):
    """Start what can be started, or end the workflow."""
    if statuses.is_final(workflow.status):
        return
    _move(session, workflow, "running")
    decision = dag.decide(workflow.document, workflow.executions)
    for start in decision.starts:
        _start(session, workflow, start)
    if decision.status:
        workflow.outputs = decision.outputs
        _move(session, workflow, decision.status)


def record(session, execution, status, report):
    """Take a job's news; late and repeated ones change nothing."""
    workflow = session.get(Workflow, execution.workflow_id)
    if workflow.status == "canceled" and not statuses.is_final(status):
        # The cancellation may have overtaken the job's submission.
        send_http(app, "PATCH", execution.job_url, {"status": "canceled"})
    if not statuses.follows(status, execution.status):
        return
    kept = ("exitCode", "stdout", "stderr", "errorMessage", "host")
    execution.data = {**execution.data, **{key: report[key] for key in kept if key in report}}
    missing = dag.required_outputs(workflow.document, execution.task) - set(execution.outputs or {})
    if status == "succeeded" and missing:
        status = "errored"
        message = f"failed to set required outputs: {', '.join(sorted(missing))}"
        execution.data = {**execution.data, "errorMessage": message}
    execution.status = status
    _note(session, workflow, execution, status)
    if statuses.is_final(status):
        wake(workflow.id)


def cancel(session, workflow):
    """End the workflow and every job of it that is not over."""
    if statuses.is_final(workflow.status):
        return
    for execution in workflow.executions:
        if not statuses.is_final(execution.status):
            send_http(app, "PATCH", execution.job_url, {"status": "canceled"})
    _move(session, workflow, "canceled")


def delete(session, workflow):
    """Forget the workflow and have the job services forget its jobs."""
    for execution in workflow.executions:
        send_http(app, "DELETE", execution.job_url, None)
    session.delete(workflow)


def _start(session, workflow, start):
    """Make an execution and send its job to the job service."""
    method = workflow.document["tasks"][start.task]["methods"][start.method]
    name = f"{start.task}\n{start.method}\n{start.position}"
    job_id = str(uuid.uuid5(uuid.UUID(workflow.key), name))
    execution = Execution(
        id=job_id,
        workflow_id=workflow.id,
        task=start.task,
        method=start.method,
        position=start.position,
        status="scheduled",
        job_url=f"{method['serviceUrl'].rstrip('/')}/jobs/{job_id}",
        inputs=start.inputs,
        data={},
    )
    session.add(execution)
    session.flush()
    _note(session, workflow, execution, "new")
    _note(session, workflow, execution, "scheduled")
    refused = {"task": "submit.refused", "arguments": [job_id], "queue": "submit"}
    send_http(app, "PUT", execution.job_url, _job(method["parameters"], job_id), refused)


def _job(parameters, execution_id):
    """The document for the job service."""
    environment = {
        **parameters.get("environment", {}),
        "PTERO_WORKFLOW_EXECUTION_URL": urls.execution(execution_id),
        "PTERO_WORKFLOW_SUBMIT_URL": f"{urls.BASE}/workflows",
    }
    webhooks = {status: urls.callback(execution_id, status) for status in _JOB_STATUSES}
    return {**parameters, "environment": environment, "webhooks": webhooks}


def _move(session, workflow, status):
    """Give the workflow a status and tell whoever asked to be told."""
    if not statuses.follows(status, workflow.status):
        return
    workflow.status = status
    _note(session, workflow, None, status)
    hooks = workflow.document.get("webhooks", {}).get(status, [])
    for url in [hooks] if isinstance(hooks, str) else hooks:
        send_http(app, "POST", url, {"workflowId": workflow.id, "name": workflow.name, "status": status})


def _note(session, workflow, execution, status):
    """Add a step to the history."""
    execution_id = execution.id if execution else None
    session.add(StatusUpdate(workflow_id=workflow.id, execution_id=execution_id, status=status))
