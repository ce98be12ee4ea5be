"""A unit that runs a Celery worker: its processes, what they work on, and the ways to end that."""

import json
import logging
import os
import re
import socket
import subprocess
import time
from dataclasses import dataclass

from . import units

log = logging.getLogger("ptero-agent")

# The import of a service takes seconds of a small server's processor.
INVENTORY_TIMEOUT_S = 30
# An answer of celery's as JSON on a line of its own, whatever else the service prints; by the service's own Python
# and celery, which may be 2.7 and 3.1: that celery's command line has no JSON.
INVENTORY = """\
import json, sys
from celery.app.utils import find_app
app, node = find_app(sys.argv[1]), sys.argv[2]
found = app.control.inspect(destination=[node], timeout=5, limit=1).active() or {}
jobs = [[one.get("id"), one.get("worker_pid"), one.get("time_start")] for one in found.get(node) or []]
print("\\nptero:" + json.dumps(jobs))
"""
# Celery 3.1 tells when a job began on the machine's monotonic clock, later ones tell the time of day.
TIME_OF_DAY_MIN = 1e9
PROC = "/proc"


@dataclass(frozen=True)
class Job:
    """What one pool process works on; `began` is on the monotonic clock, None where nobody told."""

    pid: int
    id: str = ""
    began: float = None


class Unit:
    def __init__(self, name):
        self.name = name

    def properties(self):
        return units.show(self.name, "ActiveState,MainPID")

    def main_pid(self):
        return int(self.properties().get("MainPID") or 0)

    def ended(self):
        return self.properties().get("ActiveState") in ("inactive", "failed")

    def stop(self):
        # Disabled first: a reboot in the middle must not start it anew.
        systemctl("disable", "--quiet", self.name)
        systemctl("stop", "--no-block", self.name)

    def stop_without_limit(self):
        """As `stop`, but systemd does not kill what is still there after the unit's own time limit."""
        folder = f"/run/systemd/system/{self.name}.d"
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "drain.conf"), "w", encoding="ascii") as drop_in:
            drop_in.write("[Service]\nTimeoutStopSec=infinity\n")
        systemctl("daemon-reload")
        self.stop()

    def kill(self):
        systemctl("kill", "--signal=SIGKILL", self.name)

    def processes(self):
        """Parents by process: all processes that belong to the unit."""
        found = {}
        for entry in os.listdir(PROC):
            if not entry.isdigit():
                continue
            try:
                with open(f"{PROC}/{entry}/cgroup", encoding="utf-8") as text:
                    if f"/{self.name}" not in text.read():
                        continue
                with open(f"{PROC}/{entry}/stat", encoding="utf-8", errors="replace") as text:
                    # The name in parentheses may itself hold any character.
                    state, parent = text.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state not in ("Z", "X"):
                found[int(entry)] = int(parent)
        return found

    def pool(self, main):
        """The processes in which jobs run: the main process's children."""
        return {pid for pid, parent in self.processes().items() if parent == main}

    def of_jobs(self, main):
        """The processes that jobs started."""
        return [pid for pid, parent in self.processes().items() if pid != main and parent != main]

    def signal_jobs(self, main, number):
        """To the processes that jobs started; how many there were. Not to the pool, which has to record the ends."""
        of_jobs = self.of_jobs(main)
        for pid in of_jobs:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        return len(of_jobs)


def inventory(home, app, node, variables):
    """The jobs that the worker `node` says it works on; none where it says nothing."""
    known = {"PATH": f"{home}/venv/bin:/usr/bin:/bin", "HOME": "/", "LANG": "C.UTF-8", **variables}
    command = [os.path.join(home, "venv", "bin", "python"), "-c", INVENTORY, app, node.replace("%h", socket.gethostname())]
    try:
        done = subprocess.run(command, cwd=os.path.join(home, "source"), env=known, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False, user="ptero", group="ptero",
                              timeout=INVENTORY_TIMEOUT_S)
    except (OSError, ValueError, subprocess.SubprocessError) as problem:
        log.warning("%s: inventory: %s", node, type(problem).__name__)
        return []
    if done.returncode != 0:
        log.warning("%s: inventory: exit code %s", node, done.returncode)
    return parse(done.stdout, time.time(), time.monotonic())


def systemctl(*words):
    done = subprocess.run(["systemctl", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        log.warning("systemctl %s: %s", " ".join(words), done.stderr.strip())


def parse(text, now, monotonic):
    lines = re.findall(r"^ptero:(.*)$", text, re.MULTILINE)
    try:
        jobs = json.loads(lines[-1]) if lines else []
        return [Job(int(pid), str(name), began(start, now, monotonic)) for name, pid, start in jobs if pid]
    except (TypeError, ValueError):
        return []


def began(start, now, monotonic):
    if not start:
        return None
    start = float(start)
    return monotonic - max(0.0, now - start) if start > TIME_OF_DAY_MIN else min(start, monotonic)
