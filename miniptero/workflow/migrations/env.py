"""Runs the migrations on the database that PTERO_WORKFLOW_DB_STRING names."""

from alembic import context
from miniptero_common.database import Database

with Database("PTERO_WORKFLOW_DB_STRING").engine().connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
