"""Brings the service's schema to what its code wants: once, though every member with this task tries."""

import os
import selectors
import subprocess

from . import command, database, revisions
from .database import PSQL
from .errors import OutOfTime, TaskFailed

# A database server that restarts is back within seconds; a login each second is nothing to it.
RETRY_SECONDS = 1
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def migrate(home, entry, wanted, variables, deadline):
    access = {"PATH": PATH, "LANG": "C.UTF-8", **database.environment(wanted["database_url"])}
    places = revisions.folders(home, entry)
    with Lock(access, int(wanted["lock"]), deadline):
        head, there = schema_of_code(home), schema_of_database(access, deadline)
        environment = {"PATH": f"{home}/venv/bin:{PATH}", "LANG": "C.UTF-8", "HOME": "/", **variables}

        def run(words, doing):
            program = words[0] if "/" in words[0] else os.path.join(home, "venv", "bin", words[0])
            return command.run([program, *words[1:]], deadline, doing, environment, os.path.join(home, "source"))

        if there and there != head and not knows(run, entry, there):
            said = older(wanted, head, there)
            if places:
                revisions.take(places, access, deadline)
            return said
        news = revisions.keep(places, access, deadline) if places else []
        if head and head == there:
            return f"schema is at {head} already"
        if there and news:
            deadline.pause(revisions.TAKEN_WITHIN_S, "older members take the new revisions")
        try:
            run(entry["migrate"]["command"], "migration")
        except OutOfTime:
            raise
        except TaskFailed:
            # A process of the older release that opens its database just now may have done it first.
            if not head or schema_of_database(access, deadline) != head:
                raise
    return f"schema is at {head or 'its head'} now"


def knows(run, entry, revision):
    """Whether the code has the revision that the database is at; after a way back it may not."""
    try:
        run([entry["migrate"]["head"][0], "show", revision], "look at a revision")
    except OutOfTime:
        raise
    except TaskFailed as problem:
        if "locate revision" in problem.tail:
            return False
        raise
    return True


def older(wanted, head, revision):
    """What is said of older code where it may run: `older_code` is `works`, or names this code's newest revision."""
    rule = wanted.get("older_code")
    if rule == "works" or isinstance(rule, list) and head in rule:
        return f"schema is at {revision}, which is newer than this code; the catalogue says that this works"
    raise TaskFailed(f"the schema is at {revision}, which this code does not know, and the catalogue does not say that "
                     f"code of {head or 'unknown revision'} runs on it")


def schema_of_code(home):
    try:
        with open(os.path.join(home, "schema"), encoding="utf-8") as text:
            return text.read().strip()
    except FileNotFoundError:
        return None


def schema_of_database(access, deadline):
    """None for a database without alembic's table, which is an empty one. One that cannot be asked is asked again:
    taken for empty, it would be migrated by whoever comes along."""
    def ask(query):
        return command.run([*PSQL, "--command", query], deadline, "schema", access).strip()

    while True:
        try:
            if not ask("select to_regclass('alembic_version')"):
                return None
            return ask("select version_num from alembic_version")
        except OutOfTime:
            raise
        except TaskFailed as problem:
            deadline.pause(RETRY_SECONDS, f"schema: {problem.tail.strip() or problem}")


class Lock:
    """An advisory lock, held by the session of a psql that reads its orders from us: if we die, so does the lock."""

    def __init__(self, access, number, deadline):
        self.access, self.number, self.deadline = access, number, deadline

    def __enter__(self):
        while True:
            said = self.ask()
            if said == "locked":
                return self
            self.deadline.pause(RETRY_SECONDS, f"lock of the migration: {said}")

    def ask(self):
        """What the database said. It may refuse for a while: its own boot may not be over, or it may restart."""
        self.psql = subprocess.Popen(PSQL, env=self.access, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT, text=True)
        try:
            self.psql.stdin.write(f"select 'locked' from (select pg_advisory_lock({self.number})) as held;\n")
            self.psql.stdin.flush()
        except BrokenPipeError:
            pass  # It ended at once; why is in its output.
        with selectors.DefaultSelector() as ready:
            ready.register(self.psql.stdout, selectors.EVENT_READ)
            if not ready.select(self.deadline.left()):
                self.__exit__()
                raise OutOfTime("another member's migration holds the lock")
        said = self.psql.stdout.readline().strip()
        if said != "locked":
            said = f"{said} {self.psql.stdout.read()}".strip()
            self.__exit__()
        return said

    def __exit__(self, *_):
        self.psql.kill()
        self.psql.wait()
        self.psql.stdout.close()
        try:
            self.psql.stdin.close()
        except BrokenPipeError:
            pass  # The order that it never read.
