"""A database address as libpq's environment: on a command line every user of the machine could read the password."""

from urllib.parse import unquote, urlsplit

from . import command
from .deadline import Deadline
from .errors import TaskFailed

PSQL = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
PATH = "/usr/bin:/bin"


def environment(url):
    parts = urlsplit(url)
    # SQLAlchemy's addresses may name the driver: postgresql+psycopg2://
    if parts.scheme.split("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("not an address of a PostgreSQL database")
    known = {
        "PGHOST": parts.hostname,
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": unquote(parts.path.lstrip("/")),
        "PGCONNECT_TIMEOUT": "10",
    }
    return {name: value for name, value in known.items() if value}


def access(url, seconds):
    """The environment of a `psql` that has so many seconds for all it does."""
    return {"PATH": PATH, **environment(url), "PGCONNECT_TIMEOUT": str(seconds - 1)}


def ask(url, query, seconds):
    """What it answers to a query; None where it does not answer in time, or not well."""
    try:
        return command.run([*PSQL, "--command", query], Deadline(seconds), "query", access(url, seconds))
    except (TaskFailed, ValueError, OSError):
        return None
