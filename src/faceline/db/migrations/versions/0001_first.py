"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    _jobs()
    _work()
    _served()
    _chunk()
    _page()
    _request_token()
    _outbox()
    _secret()


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("object_key", sa.Text, nullable=False),
        sa.Column("object_version", sa.Text),
        sa.Column("pin_etag", sa.Text, nullable=False),
        sa.Column("pin_size", sa.BigInteger, nullable=False),
        sa.Column("pin_version", sa.Text),
        sa.Column("attributes", sa.Text, nullable=False),
        sa.Column("sample_rate", sa.Text),
        sa.Column("extended", sa.Boolean, nullable=False),
        sa.Column("topic_arn", sa.Text),
        sa.Column("role_arn", sa.Text),
        sa.Column("tag", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("codec", sa.Text),
        sa.Column("container_format", sa.Text),
        sa.Column("duration_ms", sa.BigInteger),
        sa.Column("frame_rate", sa.Double),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("color_range", sa.Text),
        sa.Column("time_base_num", sa.BigInteger),
        sa.Column("time_base_den", sa.BigInteger),
        sa.Column("progress_ms", sa.BigInteger, nullable=False),
        sa.Column("faces", sa.BigInteger, nullable=False),
        sa.Column("fault", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("turn", sa.BigInteger, nullable=False),
        sa.CheckConstraint("state IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED')", name="jobs_state"),
        sa.CheckConstraint("(ended_at IS NULL) = (state IN ('QUEUED', 'RUNNING'))", name="jobs_end"),
    )
    op.create_index("jobs_by_account", "jobs", ["account", "state", "created_at"])
    op.create_index("jobs_by_state", "jobs", ["state", "ended_at"])


def _work() -> None:
    op.create_table(
        "work",
        sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("start_pts", sa.BigInteger),
        sa.Column("end_pts", sa.BigInteger),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ready_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("losses", sa.Integer, nullable=False),
        sa.Column("lease_token", sa.Text),
        sa.Column("leased_at", sa.BigInteger),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("lease_ms", sa.BigInteger),
        sa.Column("worker", sa.Text),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("checkpoint_pts", sa.BigInteger),
        sa.CheckConstraint("kind IN ('PLAN', 'SPAN', 'FINISH')", name="work_kind"),
        sa.CheckConstraint("state IN ('READY', 'LEASED', 'DONE')", name="work_state"),
        sa.CheckConstraint("(lease_token IS NULL) = (state <> 'LEASED')", name="work_lease"),
    )


def _served() -> None:
    op.create_table(
        "served",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("turn", sa.BigInteger, nullable=False),
        sa.Column("claims", sa.BigInteger, nullable=False),
    )
    op.create_index("served_by_turn", "served", ["turn"])


def _chunk() -> None:
    op.create_table(
        "chunk",
        sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("span", sa.Integer, primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("samples", sa.Integer, nullable=False),
        sa.Column("faces", sa.Integer, nullable=False),
        sa.Column("final", sa.LargeBinary),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def _page() -> None:
    op.create_table(
        "page",
        sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("offsets", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("page_by_first", "page", ["job_id", "first"], unique=True)


def _request_token() -> None:
    op.create_table(
        "request_token",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("token", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("job_id", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("request_token_by_expiry", "request_token", ["expires_at"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("job_id", sa.Text, sa.ForeignKey("jobs.id"), primary_key=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("topic_arn", sa.Text, nullable=False),
        sa.Column("role_arn", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("bucket", sa.Text, nullable=False),
        sa.Column("object_key", sa.Text, nullable=False),
        sa.Column("tag", sa.Text),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_token", sa.Text),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("delivered_at", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False),
        sa.CheckConstraint("state IN ('DUE', 'DELIVERED', 'GIVEN_UP')", name="outbox_state"),
    )
    op.create_index("outbox_by_due", "outbox", ["state", "due_at"])


def _secret() -> None:
    op.create_table(
        "secret",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
