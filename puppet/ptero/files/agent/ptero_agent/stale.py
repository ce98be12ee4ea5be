"""Celery workers that are older than their database's server are started anew.

PTero's workers keep a connection per process and do not try it before they use it: after a restart of the database
each process loses the first task that it takes. Web servers recover by themselves.
"""

import logging
import subprocess
import time

from . import database, units
from .watch import LOOK_LONGEST_S

# Between two looks: tasks that come meanwhile are lost, and each look of each worker is a login at the database.
LOOK_EVERY_S = 15
# Its age and not its date: the two machines' clocks may differ.
AGE = "select extract(epoch from clock_timestamp() - pg_postmaster_start_time())"

log = logging.getLogger("ptero-agent")


def look(document):
    """Starts the processes anew that are older than the server."""
    if not of_workers(document):
        return
    age = age_of_database(document["migrate"]["database_url"])
    if age is None or age < 0:
        # Down, or on its way back: the next look will tell. Or its clock was set back after its start, and the
        # workers would be started anew again and again.
        return
    for process in document["processes"]:
        renew(units.name_of(document["service"], process), age)


def of_workers(document):
    """Whether this is a member whose processes are Celery's and have a database."""
    try:
        return bool(document["ready"]["celery"] and document["migrate"]["database_url"])
    except (KeyError, TypeError):
        return False


def age_of_database(url):
    """Seconds since its server was started; None where it does not answer."""
    try:
        return float(database.ask(url, AGE, LOOK_LONGEST_S) or "")
    except ValueError:
        return None


def renew(unit, database_age):
    """TERM, so that jobs under way come to their end first. A drain disables its units, and a stop that is under
    way is left alone."""
    state = units.show(unit, "ActiveState,UnitFileState,ActiveEnterTimestampMonotonic")
    if state.get("ActiveState") != "active" or state.get("UnitFileState") != "enabled":
        return
    age = time.monotonic() - int(state["ActiveEnterTimestampMonotonic"]) / 1e6
    if age <= database_age:
        return
    log.warning("%s is older than the database's server: started anew once its jobs have ended", unit)
    subprocess.run(["systemctl", "try-restart", "--no-block", unit], check=False)
