"""The tables of the shell-command service."""

from sqlalchemy import JSON, DateTime, ForeignKey, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from miniptero_common.database import Database

DATABASE = Database("PTERO_SHELL_COMMAND_DB_STRING")


class Base(DeclarativeBase):
    """Base of the tables."""


class Job(Base):
    """One job. `run_id` names the worker process that runs it just now."""

    __tablename__ = "job"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    document: Mapped[dict] = mapped_column(JSON)
    exit_code: Mapped[str | None] = mapped_column(Text)
    stdout: Mapped[str | None] = mapped_column(Text)
    stderr: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[str | None] = mapped_column(Text)
    heartbeat_at: Mapped[object] = mapped_column(DateTime(timezone=True), nullable=True)
    history: Mapped[list["StatusUpdate"]] = relationship(order_by="StatusUpdate.id", passive_deletes="all")


class StatusUpdate(Base):
    """One step in the history of a job."""

    __tablename__ = "status_update"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"))
    status: Mapped[str] = mapped_column(Text)
    timestamp: Mapped[object] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
