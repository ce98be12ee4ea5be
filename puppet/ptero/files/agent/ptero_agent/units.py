"""systemd units: enabling, starting, and noticing one that dies again and again."""

import subprocess
import time

from . import command, journal
from .errors import OutOfTime, TaskFailed

# A unit that was started this often anew will not come up by waiting longer.
RESTARTS_MAX = 5
# Without a probe, a unit counts as ready when it has run this long: an import error shows at once, a broker that
# refuses a login within this time.
SETTLE_S = 8


def start(names, deadline):
    command.run(["systemctl", "daemon-reload"], deadline, "systemctl daemon-reload")
    for name in names:
        # One by one: the message of a unit that does not start then names it, and its log is what is wanted.
        try:
            command.run(["systemctl", "enable", "--now", name], deadline, f"start of {name}")
        except TaskFailed as problem:
            raise TaskFailed(str(problem), problem.tail + evidence(name), problem.code) from None


def evidence(name):
    """Its log, and those of the mounts that it was not started without."""
    needed = show(name, "Requires").get("Requires", "").split()
    mounts = {unit: show(unit, "ActiveState").get("ActiveState") for unit in needed if unit.endswith(".mount")}
    missed = (f"== {unit}: {state}\n{journal.tail(unit)}" for unit, state in mounts.items() if state != "active")
    return journal.tail(name) + "".join(missed)


def name_of(service, process):
    return f"ptero-{service}-{process}.service"


def show(name, properties="ActiveState,SubState,NRestarts,Result"):
    done = subprocess.run(["systemctl", "show", f"--property={properties}", name],
                          capture_output=True, text=True, check=False)
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def active(names):
    return all(show(name).get("ActiveState") == "active" for name in names)


class Watch:
    """Units that are being waited for."""

    def __init__(self, names):
        self.names = names
        self.since = None
        self.restarts = None

    def check(self):
        for name in self.names:
            state = show(name)
            if state.get("ActiveState") == "failed" or int(state.get("NRestarts") or 0) >= RESTARTS_MAX:
                raise TaskFailed(f"{name} does not stay up, after {state.get('NRestarts')} restarts", journal.tail(name))

    def settled(self):
        """None once all units have run for a while without being started anew."""
        restarts = [show(name).get("NRestarts") for name in self.names]
        if not active(self.names) or restarts != self.restarts:
            self.since, self.restarts = time.monotonic(), restarts
        if time.monotonic() - self.since >= SETTLE_S:
            return None
        return "its units have not settled"

    def pause(self, deadline, doing):
        try:
            deadline.pause(0.5, doing)
        except OutOfTime as problem:
            raise OutOfTime(str(problem), "".join(f"== {name}\n{journal.tail(name)}" for name in self.names)) from None
