"""The tables of the workflow service."""

from sqlalchemy import JSON, DateTime, ForeignKey, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from miniptero_common.database import Database

DATABASE = Database("PTERO_WORKFLOW_DB_STRING")


class Base(DeclarativeBase):
    """Base of the tables."""


class Workflow(Base):
    """One submitted document. `key` makes the ids of its jobs unique for ever."""

    __tablename__ = "workflow"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    document: Mapped[dict] = mapped_column(JSON)
    outputs: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    executions: Mapped[list["Execution"]] = relationship(
        order_by="Execution.task, Execution.position, Execution.method", passive_deletes="all"
    )
    history: Mapped[list["StatusUpdate"]] = relationship(order_by="StatusUpdate.id", passive_deletes="all")


class Execution(Base):
    """One run of one method of a task; its id is also the id of the job."""

    __tablename__ = "execution"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    workflow_id: Mapped[int] = mapped_column(ForeignKey("workflow.id"))
    task: Mapped[str] = mapped_column(Text)
    method: Mapped[int]
    position: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    job_url: Mapped[str] = mapped_column(Text)
    inputs: Mapped[dict] = mapped_column(JSON)
    outputs: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))
    data: Mapped[dict] = mapped_column(JSON)


class StatusUpdate(Base):
    """One step in the history of a workflow or of an execution."""

    __tablename__ = "status_update"

    id: Mapped[int] = mapped_column(primary_key=True)
    workflow_id: Mapped[int] = mapped_column(ForeignKey("workflow.id"))
    execution_id: Mapped[str | None] = mapped_column(ForeignKey("execution.id"))
    status: Mapped[str] = mapped_column(Text)
    timestamp: Mapped[object] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
