"""What the workers do; `celery -A miniptero_workflow.tasks` finds it here."""

from . import engine
from .celery_app import app
from .models import DATABASE
from miniptero_common.broker import durable, make_http_task

# A message may overtake the commit of its row, or outlive a row that was
# never committed.
_UNSEEN_TRIES = 20
_UNSEEN_PAUSE_S = 0.5

send = make_http_task(app)


@durable(app, "submit", "submit.advance")
def advance(self, workflow_id):
    """Move the workflow on as far as it goes now."""

    def work(session):
        workflow = engine.lock(session, workflow_id)
        if workflow is not None:
            engine.advance(session, workflow)
        return workflow is not None

    if not DATABASE.run(work):
        raise self.retry(countdown=_UNSEEN_PAUSE_S, max_retries=_UNSEEN_TRIES)


@durable(app, "submit", "submit.refused")
def refused(self, execution_id, reason):
    """The job service refused the job for good."""

    def work(session):
        execution = engine.lock_execution(session, execution_id)
        if execution is not None:
            engine.record(session, execution, "errored", {"errorMessage": reason})

    DATABASE.run(work)
