"""Jobs whose end the database was never told are told to Heat, where whoever looks after the environment sees them.

What was lost with the end of a job nobody can bring back: it stays `running` for ever, and so does what waits for it.
"""

import json
import logging
from urllib.parse import quote

from . import cloud, database, stale
from .errors import Unreachable
from .watch import LOOK_LONGEST_S

# Longer than a worker that is still connected needs to find out that a job has ended, and to say so.
LOOK_EVERY_S = 60
# An entry of a handle lies in one row of Heat's database, and after the first few nobody reads on.
JOBS_MAX = 20

log = logging.getLogger("ptero-agent")


class Jobs:
    """What is known of them."""

    def __init__(self):
        # Of the look before: a job is lost that two looks find.
        self.seen = None
        self.told = None

    def look(self, document):
        """Asks the database, and tells Heat what is new."""
        jobs = query(document) if asked_for(document) else None
        if jobs is None:
            return
        before, self.seen = self.seen, jobs
        if before is None:
            return
        lost = [job for job in jobs if job in before][:JOBS_MAX]
        if lost != self.told and tell(document, lost):
            self.told = lost


def asked_for(document):
    """Whether this is a member that has a query for lost jobs."""
    about = document.get("lost_jobs")
    return stale.of_workers(document) and isinstance(about, dict) and bool(about.get("query"))


def query(document):
    """The jobs that the database has as lost; None where it does not answer."""
    text = database.ask(document["migrate"]["database_url"], document["lost_jobs"]["query"], LOOK_LONGEST_S)
    if text is None:
        return None
    return [{"id": name, "of": of} for name, _, of in (line.partition("|") for line in text.splitlines() if line)]


def tell(document, jobs):
    """Whether Heat knows it now. All members of a service tell the same, in the same entry."""
    try:
        about = document["lost_jobs"]
        session = cloud.Session.of(about["access"])
        place = "/".join(quote(about[part], safe="") for part in ("stack_name", "stack_id"))
        path = f"/stacks/{place}/resources/{quote(about['resource'], safe='')}/signal"
        said = {"id": document["service"], "status": "SUCCESS", "reason": f"{len(jobs)} jobs", "data": json.dumps(jobs)}
        status, _ = session.call("POST", path, said)
    except (Unreachable, KeyError, TypeError, ValueError, AttributeError) as problem:
        status = type(problem).__name__
    for job in jobs:
        log.warning("job %s: its end was lost", job["id"])
    if status not in (200, 201, 204):
        log.warning("lost jobs: %s", status)
    return status in (200, 201, 204)
