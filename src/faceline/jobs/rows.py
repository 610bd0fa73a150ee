"""Between the rows of the jobs table and the domain's values."""

from fractions import Fraction

from faceline.db.clock import to_datetime
from faceline.db.statements import AnyRow
from faceline.domain.faults import JobFault
from faceline.domain.job import FaceAttributes, Job, JobRequest, JobState, NotificationChannel, ObjectPin, ObjectRef
from faceline.domain.video import ColorRange, SampleRate, VideoFacts, VideoPlan

Values = dict[str, str | int | float | bool | None]
"""Columns of one row, on their way into a statement."""


def from_request(request: JobRequest, pin: ObjectPin) -> Values:
    """The columns that a Start fixes."""
    channel = request.channel
    rate = request.sample_rate.per_second
    return {
        "account": request.account,
        "bucket": request.video.bucket,
        "object_key": request.video.key,
        "object_version": request.video.version,
        "pin_etag": pin.etag,
        "pin_size": pin.size,
        "pin_version": pin.version,
        "attributes": request.attributes.value,
        "sample_rate": None if rate is None else str(rate),
        "extended": request.extended,
        "topic_arn": channel.topic_arn if channel else None,
        "role_arn": channel.role_arn if channel else None,
        "tag": request.tag,
    }


def from_plan(plan: VideoPlan) -> Values:
    """The columns that are known once the video was opened."""
    facts = plan.facts
    return {
        "codec": facts.codec,
        "container_format": facts.container_format,
        "duration_ms": facts.duration_ms,
        "frame_rate": facts.frame_rate,
        "width": facts.width,
        "height": facts.height,
        "color_range": facts.color_range.value,
        "time_base_num": plan.time_base.numerator,
        "time_base_den": plan.time_base.denominator,
    }


def to_job(row: AnyRow) -> Job:
    """One row of the table as the rest of the program sees it."""
    return Job(
        id=row.id,
        request=_request(row),
        pin=ObjectPin(row.pin_etag, row.pin_size, row.pin_version),
        state=JobState(row.state),
        created_at=to_datetime(row.created_at),
        ended_at=None if row.ended_at is None else to_datetime(row.ended_at),
        facts=_facts(row),
        progress_ms=row.progress_ms,
        faces=row.faces,
        fault=None if row.fault is None else JobFault[row.fault],
        detail=row.detail,
    )


def _request(row: AnyRow) -> JobRequest:
    return JobRequest(
        account=row.account,
        video=ObjectRef(row.bucket, row.object_key, row.object_version),
        attributes=FaceAttributes(row.attributes),
        sample_rate=SampleRate(None if row.sample_rate is None else Fraction(row.sample_rate)),
        extended=row.extended,
        channel=None if row.topic_arn is None else NotificationChannel(row.topic_arn, row.role_arn),
        tag=row.tag,
    )


def _facts(row: AnyRow) -> VideoFacts | None:
    if row.codec is None:
        return None
    return VideoFacts(
        codec=row.codec,
        container_format=row.container_format,
        duration_ms=row.duration_ms,
        frame_rate=row.frame_rate,
        width=row.width,
        height=row.height,
        color_range=ColorRange(row.color_range),
    )
