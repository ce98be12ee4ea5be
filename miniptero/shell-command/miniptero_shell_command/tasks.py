"""What the workers do; `celery -A miniptero_shell_command.tasks` finds it here."""

import logging
import time
import uuid

from sqlalchemy.exc import DBAPIError

from . import jobs, runner
from .celery_app import app
from .models import DATABASE
from miniptero_common.broker import TRANSIENT, durable, make_http_task

log = logging.getLogger(__name__)

# A message may overtake the commit of its row, or outlive a row that was
# never committed.
_UNSEEN_TRIES = 20
_UNSEEN_PAUSE_S = 0.5

# How often a second copy of a message asks whether the first one's run is over.
_BUSY_PAUSE_S = 5

# A broker that refuses connections would otherwise be asked without a pause.
_RECORD_PAUSE_S = 1

send = make_http_task(app)


@durable(app, "fork", "fork.run")
def run(self, job_id):
    """Run a job once, however often its message comes."""
    run_id = str(uuid.uuid4())
    claimed = DATABASE.run(lambda session: jobs.claim(session, job_id, run_id))
    if claimed == "missing":
        raise self.retry(countdown=_UNSEEN_PAUSE_S, max_retries=_UNSEEN_TRIES)
    if claimed == "busy":
        raise self.retry(countdown=_BUSY_PAUSE_S)
    if claimed == "final":
        return
    status, results = _run(claimed, lambda: _renewed(job_id, run_id))
    _record(job_id, run_id, status, results)


def _run(document, go_on):
    """Status and results of the job."""
    try:
        ended = runner.run(document, go_on, jobs.POLLING_S)
    except runner.Refused as problem:
        return "errored", {"error": str(problem)}
    results = {"exit_code": str(ended.exit_code), "stdout": ended.stdout, "stderr": ended.stderr}
    return _verdict(results["exit_code"]), results


def _verdict(exit_code):
    return "succeeded" if exit_code == "0" else "failed"


def _renewed(job_id, run_id):
    """Renew the claim; a database that is away does not end the job."""
    try:
        return DATABASE.run(lambda session: jobs.renew(session, job_id, run_id))
    except DBAPIError as problem:
        log.warning("claim of job %s not renewed: %s", job_id, problem)
        return True


def _record(job_id, run_id, status, results):
    """Keep trying: giving up would run the finished job again."""
    while True:
        try:
            return DATABASE.run(lambda session: jobs.finish(session, job_id, run_id, status, results))
        except TRANSIENT as problem:
            log.warning("end of job %s not recorded yet: %s", job_id, problem)
            time.sleep(_RECORD_PAUSE_S)
            # With the claim gone stale, a second copy of the message would run it.
            _renewed(job_id, run_id)
