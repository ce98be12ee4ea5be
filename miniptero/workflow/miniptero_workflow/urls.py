"""URLs made from the advertised address, as jobs and other services see it."""

from miniptero_common import settings

BASE = "http://{}:{}/v1".format(
    settings.required("PTERO_WORKFLOW_HOST"), settings.required("PTERO_WORKFLOW_PORT")
)
REPORTS = (
    "workflow-status",
    "workflow-outputs",
    "workflow-details",
    "workflow-executions",
    "workflow-skeleton",
    "workflow-summary",
    "workflow-submission-data",
    "spawned-workflows",
    "limited-workflow-executions",
    "limited-workflow-status-updates",
)


def workflow(workflow_id):
    """The workflow's own URL."""
    return f"{BASE}/workflows/{workflow_id}"


def execution(execution_id):
    """Where a job reads its inputs and reports its results."""
    return f"{BASE}/executions/{execution_id}"


def callback(execution_id, status):
    """Where the job service tells a status."""
    return f"{BASE}/callbacks/methods/{execution_id}/callbacks/{status}"


def reports(workflow_id):
    """All reports about a workflow, by name."""
    return {name: f"{BASE}/reports/{name}?workflow_id={workflow_id}" for name in REPORTS}
