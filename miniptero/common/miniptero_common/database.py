"""One engine per process, and transactions that ride out a restarted server."""

import os
import time

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from . import settings

# Pauses between tries, in seconds. Together they outlast a restart of
# PostgreSQL without outlasting a web server's request time-out.
_PAUSES_S = (0.1, 0.3, 1, 2, 4)

# A vanished server must not hold a connection for the kernel's 15 minutes.
_CONNECT = {"connect_timeout": 5, "tcp_user_timeout": 15000, "keepalives_idle": 30}

# As in alembic.ini: from the source's folder, in which every process runs.
_MIGRATIONS = "migrations"

_engines = {}
_opened = set()


def url(variable):
    """The variable's URL; which driver it means depends on SQLAlchemy's release."""
    scheme, separator, rest = settings.required(variable).partition("://")
    if scheme in ("postgres", "postgresql"):
        scheme = "postgresql+psycopg2"
    return scheme + separator + rest


class Database:
    """The database that one environment variable names."""

    def __init__(self, variable):
        self.variable = variable

    def engine(self):
        """This process's engine: sockets must not be shared across a fork."""
        key = (os.getpid(), self.variable)
        if key not in _engines:
            _engines[key] = create_engine(
                url(self.variable),
                pool_pre_ping=True,
                pool_size=2,
                max_overflow=6,
                connect_args=_CONNECT,
            )
        return _engines[key]

    def open(self):
        """This process's engine. It fails at a revision that the code does not know.

        PTero's own services do so too, as each of their processes brings the
        schema up to date when it first needs it. These leave that to others.
        """
        engine = self.engine()
        if engine not in _opened:
            with engine.connect() as connection:
                revision = MigrationContext.configure(connection).get_current_revision()
            ScriptDirectory(_MIGRATIONS).get_revision(revision)
            _opened.add(engine)
        return engine

    def run(self, work):
        """Give `work` a session in a transaction and return its result.

        It is called again when the server goes away, so it must be safe to
        repeat.
        """
        for pause_s in (*_PAUSES_S, None):
            try:
                with Session(self.open(), expire_on_commit=False) as session:
                    with session.begin():
                        return work(session)
            except (OperationalError, InterfaceError):
                if pause_s is None:
                    raise
                time.sleep(pause_s)

    def revision(self):
        """The migration the database is at."""
        query = text("SELECT version_num FROM alembic_version")
        return self.run(lambda session: session.scalar(query))
