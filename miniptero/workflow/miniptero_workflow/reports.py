"""The reports about one workflow, as plain documents."""

from collections import Counter

from miniptero_common import settings

_EXECUTIONS_LIMIT = int(settings.number("PTERO_WORKFLOW_DEFAULT_EXECUTIONS_LIMIT", 100))
_UPDATES_LIMIT = int(settings.number("PTERO_WORKFLOW_DEFAULT_STATUS_UPDATES_LIMIT", 500))


def execution(workflow, row):
    """One execution, with what its job wrote."""
    task = workflow.document["tasks"][row.task]
    history = [update for update in workflow.history if update.execution_id == row.id]
    return {
        "executionId": row.id,
        "task": row.task,
        "method": task["methods"][row.method]["name"],
        "parallelIndex": row.position if "parallelBy" in task else None,
        "status": row.status,
        "jobId": row.id,
        "jobUrl": row.job_url,
        "inputs": row.inputs,
        "outputs": row.outputs,
        "data": row.data,
        "exitCode": row.data.get("exitCode"),
        "stdout": row.data.get("stdout"),
        "stderr": row.data.get("stderr"),
        "errorMessage": row.data.get("errorMessage"),
        "statusHistory": [_update(update) for update in history],
    }


def make(kind, workflow, limit=None):
    """The report of that kind."""
    return {"workflowId": workflow.id, "name": workflow.name, **_KINDS[kind](workflow, limit)}


def _update(row):
    return {"executionId": row.execution_id, "status": row.status, "timestamp": row.timestamp.isoformat()}


def _status(workflow, _limit):
    return {"status": workflow.status}


def _outputs(workflow, _limit):
    return {"outputs": workflow.outputs}


def _executions(workflow, _limit):
    rows = [execution(workflow, row) for row in workflow.executions]
    return {"executions": rows, "numExecutions": len(rows)}


def _details(workflow, limit):
    history = [_update(update) for update in workflow.history if update.execution_id is None]
    return {
        **_status(workflow, limit),
        **_outputs(workflow, limit),
        "inputs": workflow.document.get("inputs", {}),
        "statusHistory": history,
        **_executions(workflow, limit),
    }


def _skeleton(workflow, _limit):
    tasks = {
        name: {
            "methods": [{"name": method["name"], "service": method["service"]} for method in task["methods"]],
            "parallelBy": task.get("parallelBy"),
        }
        for name, task in workflow.document["tasks"].items()
    }
    return {"tasks": tasks, "links": workflow.document["links"]}


def _summary(workflow, _limit):
    counts = {name: Counter() for name in workflow.document["tasks"]}
    for row in workflow.executions:
        counts[row.task][row.status] += 1
    return {"status": workflow.status, "tasks": {name: dict(count) for name, count in counts.items()}}


def _submission(workflow, _limit):
    return {"submissionData": workflow.document}


def _spawned(_workflow, _limit):
    return {"spawnedWorkflows": []}


def _limited_executions(workflow, limit):
    rows = workflow.executions[: limit or _EXECUTIONS_LIMIT]
    return {"executions": [execution(workflow, row) for row in rows], "numExecutions": len(workflow.executions)}


def _limited_updates(workflow, limit):
    rows = workflow.history[-(limit or _UPDATES_LIMIT) :]
    return {"statusUpdates": [_update(row) for row in rows], "numUpdates": len(workflow.history)}


_KINDS = {
    "workflow-status": _status,
    "workflow-outputs": _outputs,
    "workflow-details": _details,
    "workflow-executions": _executions,
    "workflow-skeleton": _skeleton,
    "workflow-summary": _summary,
    "workflow-submission-data": _submission,
    "spawned-workflows": _spawned,
    "limited-workflow-executions": _limited_executions,
    "limited-workflow-status-updates": _limited_updates,
}
