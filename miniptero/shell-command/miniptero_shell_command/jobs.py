"""The life of a job: the only module that changes its row.

A worker claims a job before it runs it and renews the claim while it runs, so
a message delivered twice does not run a job twice. The clock is always that of
the database.
"""

from datetime import timedelta

from sqlalchemy import func, select

from .celery_app import app
from .models import Job, StatusUpdate
from miniptero_common import settings, statuses
from miniptero_common.broker import send_http

POLLING_S = settings.number("PTERO_SHELL_COMMAND_DB_POLLING_INTERVAL", 10)

# A claim not renewed for so long belongs to a dead worker. Shorter than a
# database restart, it would let a second worker run a job that still runs.
STALE_S = max(3 * POLLING_S, 20)


class Different(ValueError):
    """The id is taken by a job with another document."""


def submit(session, job_id, document):
    """Store a job and queue it; the job and whether it is new."""
    known = session.get(Job, job_id)
    if known is not None:
        if known.document != document:
            raise Different(job_id)
        return known, False
    job = Job(id=job_id, status="new", document=document)
    session.add(job)
    session.flush()
    _note(session, job)
    _move(session, job, "submitted")
    app.send_task("fork.run", [job_id], queue="fork")
    return job, True


def cancel(session, job):
    """End the job; the worker that runs it sees this at its next renewal."""
    _move(session, job, "canceled")


def claim(session, job_id, run_id):
    """Make `run_id` the runner of the job.

    Returns the document, or why not: `missing`, `final`, or `busy` while
    another one runs it.
    """
    job = session.get(Job, job_id, with_for_update=True)
    if job is None:
        return "missing"
    if statuses.is_final(job.status):
        # The broker forgot that this was done; so it may have the webhooks.
        _announce(job)
        return "final"
    now = func.clock_timestamp()
    fresh = select(Job.heartbeat_at > now - timedelta(seconds=STALE_S)).where(Job.id == job_id)
    if job.status == "running" and session.scalar(fresh):
        return "busy"
    if job.status == "running":
        _note(session, job)  # runs again: its worker died
    job.run_id, job.heartbeat_at = run_id, now
    _move(session, job, "running")
    return job.document


def renew(session, job_id, run_id):
    """Keep the claim; False when the job is over, deleted or another's."""
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or job.run_id != run_id or statuses.is_final(job.status):
        return False
    job.heartbeat_at = func.clock_timestamp()
    return True


def finish(session, job_id, run_id, status, results):
    """Record how a run ended. A canceled job keeps its status."""
    job = session.get(Job, job_id, with_for_update=True)
    if job is None or job.run_id != run_id:
        return
    for name, value in results.items():
        setattr(job, name, value)
    if statuses.is_final(job.status):
        _announce(job)
    else:
        _move(session, job, status)


def shown(job):
    """The document that describes the job."""
    history = [{"status": row.status, "timestamp": row.timestamp.isoformat()} for row in job.history]
    document = {key: value for key, value in job.document.items() if key != "webhooks"}
    return {**document, **_state(job), "statusHistory": history}


def _state(job):
    return {
        "jobId": job.id,
        "status": job.status,
        "exitCode": job.exit_code,
        "stdout": job.stdout,
        "stderr": job.stderr,
        "errorMessage": job.error,
    }


def _move(session, job, status):
    if statuses.follows(status, job.status):
        job.status = status
        _note(session, job)
        _announce(job)


def _announce(job):
    """Post the status to whoever asked to be told of it."""
    hooks = job.document.get("webhooks", {}).get(job.status, [])
    for url in [hooks] if isinstance(hooks, str) else hooks:
        send_http(app, "POST", url, _state(job))


def _note(session, job):
    session.add(StatusUpdate(job_id=job.id, status=job.status))
