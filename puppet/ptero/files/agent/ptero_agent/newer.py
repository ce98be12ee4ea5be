"""Members take the revision files of a newer release as soon as the database has them: see `revisions`."""

import logging
import os

from . import application, database, revisions
from .deadline import Deadline
from .errors import TaskFailed
from .watch import LOOK_LONGEST_S

log = logging.getLogger("ptero-agent")


def look(document):
    """Takes what there is. A database that is down or has no such table yet is looked at again next time."""
    if not document.get("migrate"):
        return
    home = os.path.join(application.OPT, document["service"])
    try:
        places = revisions.folders(home, application.entry_of(home))
        access = database.access(document["migrate"]["database_url"], LOOK_LONGEST_S)
        taken = revisions.take(places, access, Deadline(LOOK_LONGEST_S)) if places else []
    except (TaskFailed, KeyError, ValueError, OSError):
        return
    if taken:
        log.info("%s: took %s of a newer release", document["service"], ", ".join(taken))
