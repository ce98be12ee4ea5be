"""Members take the revision files of a newer release as soon as the database has them: see `revisions`."""

import logging
import os
import time

from . import application, database, revisions, tasks
from .deadline import Deadline
from .errors import TaskFailed

# A drain waits for a look that is under way.
LOOK_LONGEST_S = 4

log = logging.getLogger("ptero-agent")


class Watch:
    def __init__(self):
        self.next = 0.0

    def look(self, deployments):
        """Given all deployments of this machine; does nothing while one of them is a drain."""
        if time.monotonic() < self.next or any(tasks.is_drain(one) for one in deployments):
            return
        self.next = time.monotonic() + revisions.LOOK_EVERY_S
        for document in filter(None, map(tasks.boot_of, deployments)):
            if document.get("migrate"):
                look(document)


def look(document):
    """Takes what there is. A database that is down or has no such table yet is looked at again next time."""
    home = os.path.join(application.OPT, document["service"])
    try:
        places = revisions.folders(home, application.entry_of(home))
        access = {"PATH": "/usr/bin:/bin", **database.environment(document["migrate"]["database_url"]),
                  "PGCONNECT_TIMEOUT": str(LOOK_LONGEST_S - 1)}
        taken = revisions.take(places, access, Deadline(LOOK_LONGEST_S)) if places else []
    except (TaskFailed, KeyError, ValueError, OSError):
        return
    if taken:
        log.info("%s: took %s of a newer release", document["service"], ", ".join(taken))
