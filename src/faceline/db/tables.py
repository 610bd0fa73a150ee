"""The tables, once for SQLite and PostgreSQL. Times are UTC milliseconds; the account stands on every row of a caller.

jobs            one row per StartFaceDetection
work            the open pieces of open jobs; gone when the job ends
served          when each account's jobs were last given a worker (jobs.turns)
chunk           packed facts of a part of a span (results.facts): the truth
page            rendered fragments of a finished job, a cache that the final pass writes (results.page)
request_token   ClientRequestTokens of the last days (B106)
outbox          one completion message per job that named a channel (B170)
secret          keys that all processes share

`SCHEMA` is the newest migration; a test holds both against each other.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

SCHEMA = "0001"

metadata = MetaData()

jobs = Table(
    "jobs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("object_version", Text),
    Column("pin_etag", Text, nullable=False),
    Column("pin_size", BigInteger, nullable=False),
    Column("pin_version", Text),
    Column("attributes", Text, nullable=False),
    Column("sample_rate", Text),  # a fraction such as "2" or "5/2"; NULL means every frame
    Column("extended", Boolean, nullable=False),
    Column("topic_arn", Text),
    Column("role_arn", Text),
    Column("tag", Text),
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("codec", Text),
    Column("container_format", Text),
    Column("duration_ms", BigInteger),
    Column("frame_rate", Double),
    Column("width", Integer),
    Column("height", Integer),
    Column("color_range", Text),
    Column("time_base_num", BigInteger),
    Column("time_base_den", BigInteger),
    Column("progress_ms", BigInteger, nullable=False),
    Column("faces", BigInteger, nullable=False),
    Column("fault", Text),
    Column("detail", Text, nullable=False),
    Column("turn", BigInteger, nullable=False),  # when work was last given out, counted over all jobs; 0 for never
    CheckConstraint("state IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED')", name="jobs_state"),
    CheckConstraint("(ended_at IS NULL) = (state IN ('QUEUED', 'RUNNING'))", name="jobs_end"),
    Index("jobs_by_account", "account", "state", "created_at"),
    Index("jobs_by_state", "state", "ended_at"),
)

work = Table(
    "work",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("start_pts", BigInteger),
    Column("end_pts", BigInteger),
    Column("state", Text, nullable=False),
    Column("ready_at", BigInteger, nullable=False),  # not to be claimed before; the pause after a failed attempt
    Column("attempts", Integer, nullable=False),  # that failed of themselves, and the present one
    Column("losses", Integer, nullable=False),  # workers that disappeared while they held the piece
    Column("lease_token", Text),
    Column("leased_at", BigInteger),
    Column("lease_until", BigInteger),
    Column("lease_ms", BigInteger),
    Column("worker", Text),
    Column("parts", Integer, nullable=False),
    Column("checkpoint_pts", BigInteger),
    CheckConstraint("kind IN ('PLAN', 'SPAN', 'FINISH')", name="work_kind"),
    CheckConstraint("state IN ('READY', 'LEASED', 'DONE')", name="work_state"),
    CheckConstraint("(lease_token IS NULL) = (state <> 'LEASED')", name="work_lease"),
)

served = Table(
    "served",
    metadata,
    Column("account", Text, primary_key=True),
    Column("turn", BigInteger, nullable=False),
    Column("claims", BigInteger, nullable=False),
    Index("served_by_turn", "turn"),
)

chunk = Table(
    "chunk",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.id"), primary_key=True),
    Column("span", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("samples", Integer, nullable=False),
    Column("faces", Integer, nullable=False),
    Column("final", LargeBinary),  # what the final pass made of it; the body stays, so that the pass can be repeated
    Column("body", LargeBinary, nullable=False),
)

page = Table(
    "page",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("account", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("n", Integer, nullable=False),
    Column("offsets", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("page_by_first", "job_id", "first", unique=True),
)

request_token = Table(
    "request_token",
    metadata,
    Column("account", Text, primary_key=True),
    Column("token", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("job_id", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("request_token_by_expiry", "expires_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("job_id", Text, ForeignKey("jobs.id"), primary_key=True),
    Column("account", Text, nullable=False),
    Column("message_id", Text, nullable=False),
    Column("topic_arn", Text, nullable=False),
    Column("role_arn", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("bucket", Text, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("tag", Text),
    Column("ended_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_token", Text),
    Column("lease_until", BigInteger),
    Column("delivered_at", BigInteger),
    Column("error", Text, nullable=False),
    CheckConstraint("state IN ('DUE', 'DELIVERED', 'GIVEN_UP')", name="outbox_state"),
    Index("outbox_by_due", "state", "due_at"),
)

secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
