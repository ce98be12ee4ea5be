"""Before a member goes: no new work for it, and what it works on comes to its end, or to what the policy says.

May be begun again at any time, by another process of the agent too: a stop that goes on is joined.
"""

import json
import logging
import os
import signal
import time

from . import application, environment, worker
from .broker import Broker
from .errors import TaskFailed
from .units import name_of
from .worker import Job, Unit

STATE = "/var/lib/ptero/drain.json"
BOOT_ID = "/proc/sys/kernel/random/boot_id"
LOOK_EVERY_S = 1
# Idle processes of a pool end within a moment of the stop; before that they look like jobs.
SETTLE_S = 5
# Between TERM and KILL for the processes of a job that is aborted.
TERM_TO_KILL_S = 10
# So long a worker has to record what was aborted. Jobs without processes of their own cannot be aborted: they hold
# their worker longer than this, and are handed back with it.
RECORD_S = 60
# A worker that waits for a broker which is gone does not end. One that restarts is back by then.
BROKER_GONE_S = 60
# gunicorn ends by itself within its own limit, and systemd kills it after the unit's; this is beyond both.
WEB_LONGEST_S = 600

log = logging.getLogger("ptero-agent")


def drain(document, progress):
    if document["kind"] != "application":
        return "nothing to drain"
    units = {process: Unit(name_of(document["service"], process)) for process in document["processes"]}
    if not document.get("celery"):
        return stop_servers(list(units.values()), progress)
    progress.always = {"policy": document["policy"], "deadline_s": document["deadline_s"]}
    return Drain(document, units, progress).run()


def stop_servers(units, progress):
    """TERM lets a web server answer what it was asked; the gateway sends it nothing any more."""
    for unit in units:
        unit.stop()
    begun = time.monotonic()
    while left := [unit for unit in units if not unit.ended()]:
        if time.monotonic() - begun > WEB_LONGEST_S:
            raise TaskFailed(f"{', '.join(unit.name for unit in left)}: not stopped")
        progress.tell(0, None, "stopping")
        time.sleep(LOOK_EVERY_S)
    return "stopped"


class Drain:
    def __init__(self, document, units, progress):
        self.document, self.units, self.progress = document, list(units.values()), progress
        self.processes = {unit.name: process for process, unit in units.items()}
        self.policy, self.deadline_s = document["policy"], document["deadline_s"]
        # By unit: its main process, and the jobs that were known when the stop began.
        self.mains, self.known = {}, {}
        self.begun = time.monotonic()
        self.seen = set()
        self.killed = self.aborted = self.stranded = 0
        self.brokers = {process: Broker(variables(process)) for process in units}
        # What is being done about jobs that are late, and since when.
        self.ending = self.ending_since = None

    def run(self):
        if not self.take_up():
            self.begin()
        for unit in self.units:
            unit.stop_without_limit()
        while not all(unit.ended() for unit in self.units):
            jobs = self.jobs()
            self.seen |= {job.pid for job in jobs}
            if jobs and self.late():
                self.overdue(jobs)
            self.stranded += sum(self.end_without_broker(unit) for unit in self.units)
            self.progress.tell(len(jobs), self.oldest(jobs), self.phase())
            time.sleep(LOOK_EVERY_S)
        return self.said()

    def end_without_broker(self, unit):
        """How many processes of a pool were killed: nobody can be told any more what became of their work. A job that
        has processes of its own is waited for all the same."""
        main = self.mains.get(unit.name)
        if not main or unit.ended() or self.brokers[self.processes[unit.name]].gone_s() < BROKER_GONE_S:
            return 0
        if unit.of_jobs(main):
            return 0
        log.info("drain: %s: its broker is gone: killed", unit.name)
        count = len(unit.pool(main))
        unit.kill()
        return count

    def late(self):
        return time.monotonic() - self.begun >= self.deadline_s

    def take_up(self):
        """A drain of an earlier process of the agent on this machine, unless it was rebooted since."""
        try:
            with open(STATE, encoding="utf-8") as text:
                state = json.load(text)
            if state["boot"] != boot_id():
                return False
            begun = float(state["begun"])
            mains = {name: int(main) for name, main in state["mains"].items()}
            known = {name: [Job(*job) for job in jobs] for name, jobs in state["jobs"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False
        self.begun, self.mains, self.known = begun, mains, known
        log.info("drain: taken up again")
        return True

    def begin(self):
        self.progress.tell(0, None, "stopping")
        for unit in self.units:
            main = unit.main_pid()
            if main:
                self.mains[unit.name] = main
                # Asked before the stop: a worker that stops does not answer any more.
                self.known[unit.name] = self.inventory(self.processes[unit.name])
        self.begun = time.monotonic()
        jobs = {name: [[job.pid, job.id, job.began] for job in jobs] for name, jobs in self.known.items()}
        environment.write_private(STATE, json.dumps({"boot": boot_id(), "begun": self.begun, "mains": self.mains,
                                                     "jobs": jobs}))
        for name, jobs in self.known.items():
            log.info("drain: %s works on %s", name, ", ".join(job.id for job in jobs) or "nothing")

    def inventory(self, process):
        home = os.path.join(application.OPT, self.document["service"])
        try:
            with open(os.path.join(home, "service.json"), encoding="utf-8") as text:
                entry = json.load(text)
            app = application.celery_app(entry)
            node = node_of(entry, self.document["role"], process) or self.document["celery"]
        except (OSError, ValueError, KeyError) as problem:
            log.warning("drain: no inventory: %r", problem)
            return []
        return worker.inventory(home, app, node, variables(process))

    def jobs(self):
        """What is still worked on. A busy process that the worker did not name began just before the stop."""
        settled = time.monotonic() - self.begun >= SETTLE_S
        found = []
        for unit in self.units:
            main = self.mains.get(unit.name)
            known = {job.pid: job for job in self.known.get(unit.name, [])}
            # A pool of one kind has no processes: there the main one works itself.
            alive = unit.pool(main) | ({main} & set(known) & set(unit.processes())) if main else set()
            found += [known.get(pid) or Job(pid) for pid in sorted(alive) if pid in known or settled]
        return found

    @staticmethod
    def oldest(jobs):
        ages = [time.monotonic() - job.began for job in jobs if job.began is not None]
        return int(max(ages)) if ages else None

    def phase(self):
        return self.ending or ("overdue" if self.late() else "waiting")

    def overdue(self, jobs):
        """What the policy says, once its time has come; called again and again until all is over."""
        if self.policy == "abort":
            self.abort(jobs)
        elif self.policy == "requeue":
            self.kill(jobs)

    def abort(self, jobs):
        now = time.monotonic()
        if self.ending is None:
            log.info("drain: aborting %d jobs", len(jobs))
            self.ending, self.ending_since, self.aborted = "aborting", now, len(jobs)
            self.signal_jobs(signal.SIGTERM)
        elif now - self.ending_since >= RECORD_S:
            self.kill(jobs)
        elif now - self.ending_since >= TERM_TO_KILL_S:
            self.signal_jobs(signal.SIGKILL)

    def signal_jobs(self, number):
        for unit in self.units:
            if main := self.mains.get(unit.name):
                unit.signal_jobs(main, number)

    def kill(self, jobs):
        if self.ending != "killing":
            log.info("drain: killing the worker with %d jobs", len(jobs))
            self.ending, self.killed, self.aborted = "killing", len(jobs), max(0, self.aborted - len(jobs))
        for unit in self.units:
            unit.kill()

    def said(self):
        took = int(time.monotonic() - self.begun)
        ended = max(0, len(self.seen) - self.killed - self.aborted - self.stranded)
        parts = [(ended, "came to their end"), (self.aborted, "aborted"), (self.killed, "handed back to the broker"),
                 (self.stranded, "given up, as the broker is gone")]
        said = ", ".join(f"{count} {what}" for count, what in parts if count)
        return f"jobs: {said or 'none'}; stopped after {took} s"


def node_of(entry, role, process):
    """The name that a process gives its Celery node; its unit bears its role's name where another role has it too."""
    processes = entry["roles"][role]["processes"]
    command = processes.get(process, processes.get(process[len(role) + 1:]))
    return application.option(command["command"], "-n", "--hostname") if command else None


def variables(process):
    return {**environment.read("environment"), **environment.read(f"{process}.environment")}


def boot_id():
    with open(BOOT_ID, encoding="ascii") as text:
        return text.read().strip()
