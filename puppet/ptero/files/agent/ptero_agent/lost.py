"""Jobs whose end the database was never told are told to Heat, where whoever looks after the environment sees them.

What was lost with the end of a job nobody can bring back: it stays `running` for ever, and so does what waits for it.
"""

import json
import logging
import time
from urllib.parse import quote

from . import cloud, database, stale, tasks
from .errors import Unreachable

# Longer than a worker that is still connected needs to find out that a job has ended, and to say so.
LOOK_EVERY_S = 60
# A drain waits for a look that is under way.
LOOK_LONGEST_S = 4
# An entry of a handle lies in one row of Heat's database, and after the first few nobody reads on.
JOBS_MAX = 20

log = logging.getLogger("ptero-agent")


class Watch:
    def __init__(self):
        self.next = time.monotonic() + LOOK_EVERY_S
        # Of the look before: a job is lost that two looks find.
        self.seen = None
        self.told = None

    def look(self, deployments):
        """Given all deployments of this machine; does nothing while one of them is a drain."""
        if time.monotonic() < self.next or any(tasks.is_drain(one) for one in deployments):
            return
        self.next = time.monotonic() + LOOK_EVERY_S
        for document in filter(None, map(asks_for, deployments)):
            jobs = query(document)
            if jobs is None:
                continue
            before, self.seen = self.seen, jobs
            if before is None:
                continue
            lost = [job for job in jobs if job in before][:JOBS_MAX]
            if lost != self.told and tell(document, lost):
                self.told = lost


def asks_for(deployment):
    """The boot document of a member that has a query for lost jobs; else None."""
    document = stale.workers_of(deployment)
    about = document and document.get("lost_jobs")
    return document if isinstance(about, dict) and about.get("query") else None


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
