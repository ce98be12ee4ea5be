"""Workflows, their executions and the history of both."""

import sqlalchemy as sa
from alembic import op

revision = "wf0001"
down_revision = None


def upgrade():
    op.create_table(
        "workflow",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("outputs", sa.JSON),
    )
    op.create_table(
        "execution",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("workflow_id", sa.Integer, sa.ForeignKey("workflow.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("method", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("job_url", sa.Text, nullable=False),
        sa.Column("inputs", sa.JSON, nullable=False),
        sa.Column("outputs", sa.JSON),
        sa.Column("data", sa.JSON, nullable=False),
        sa.UniqueConstraint("workflow_id", "task", "method", "position"),
    )
    op.create_table(
        "status_update",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("workflow_id", sa.Integer, sa.ForeignKey("workflow.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("execution_id", sa.Text, sa.ForeignKey("execution.id", ondelete="CASCADE")),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    )


def downgrade():
    op.drop_table("status_update")
    op.drop_table("execution")
    op.drop_table("workflow")
