"""`faceline jobs`: what the jobs of this installation are doing, for its operator."""

from contextlib import closing
from typing import TYPE_CHECKING

import click

from faceline.cli.options import settings_options
from faceline.cli.words import video_words
from faceline.domain.job import Job, JobState
from faceline.settings import Settings, SettingsError

if TYPE_CHECKING:
    from faceline.db.engine import Database
    from faceline.notify.outbox import Delivery


@click.group()
def jobs() -> None:
    """Look at the jobs of this installation."""


@jobs.command("list")
@click.option("--limit", default=50, show_default=True, help="Newest jobs that are shown.")
@click.option("--account", help="Only this account's jobs.")
@settings_options
def list_jobs(settings: Settings, limit: int, account: str | None) -> None:
    """One line per job, newest first."""
    from faceline.jobs.queue import JobQueue
    from faceline.notify.outbox import Deliveries

    with closing(_database(settings)) as database:
        found = JobQueue(database).list_jobs(account=account, limit=limit)
        deliveries = Deliveries(database).of([job.id for job in found])
    if not found:
        click.echo("no jobs")
        return
    click.echo(f"{'started (UTC)':19s}  {'state':9s} {'done':>6s} {'faces':>8s}  {'message':10s}  {'job':12s}  video")
    for job in found:
        click.echo(
            f"{job.created_at:%Y-%m-%d %H:%M:%S}  {job.state:9s} {progress(job):>6s} {job.faces:8d}  "
            f"{message(job, deliveries.get(job.id)):10s}  {job.id[:12]}  "
            f"{job.request.video.bucket}/{job.request.video.key}"
        )


@jobs.command()
@click.argument("job_id")
@settings_options
def show(settings: Settings, job_id: str) -> None:
    """Everything about one job; the first digits of its id are enough."""
    from faceline.jobs.queue import JobQueue
    from faceline.notify.outbox import Deliveries

    with closing(_database(settings)) as database:
        found = JobQueue(database).find(job_id)
        deliveries = Deliveries(database).of([job.id for job in found])
    if len(found) != 1:
        why = "no job has" if not found else "more than one job has"
        raise click.ClickException(f"{why} an id that begins with {job_id}")
    (job,) = found
    for name, value in described(job, deliveries.get(job.id)):
        click.echo(f"{name:12s} {value}")


def _database(settings: Settings) -> "Database":
    """The installation's database; looking at jobs makes none. Raises SettingsError."""
    from faceline.db.engine import open_database

    if not settings.database and not settings.database_file.exists():
        raise SettingsError(f"there is no database in {settings.data_dir}: has a server run with this --data?")
    return open_database(settings.database_url)


def progress(job: Job) -> str:
    """Share of the video's time that is analysed and stored."""
    if job.state is JobState.SUCCEEDED:
        return "100 %"
    if job.facts is None or not job.facts.duration_ms:
        return "0 %"
    return f"{min(100, 100 * job.progress_ms // job.facts.duration_ms)} %"


def message(job: Job, delivery: "Delivery | None") -> str:
    """How the completion message fares, in a word or two."""
    if job.request.channel is None:
        return "-"
    if delivery is None:
        return "not yet"
    return delivery.state.value.lower().replace("_", " ")


def described(job: Job, delivery: "Delivery | None" = None) -> list[tuple[str, str]]:
    """Names and values for people."""
    request = job.request
    rows = [
        ("job", job.id),
        ("account", request.account),
        ("video", f"{request.video.bucket}/{request.video.key}"),
        ("attributes", request.attributes.value),
        ("state", f"{job.state.value}, {progress(job)} of the video's time, {job.faces} faces"),
        ("started", f"{job.created_at:%Y-%m-%d %H:%M:%S} UTC"),
    ]
    if job.ended_at is not None:
        took = (job.ended_at - job.created_at).total_seconds()
        rows.append(("ended", f"{job.ended_at:%Y-%m-%d %H:%M:%S} UTC, after {took:.1f} s"))
    if job.facts is not None:
        rows.append(("format", video_words(job.facts)))
    if request.tag is not None:
        rows.append(("tag", request.tag))
    if request.channel is not None:
        rows += [("topic", request.channel.topic_arn), ("message", _delivered(job, delivery))]
    if job.fault is not None:
        rows += [("fault", job.fault.name), ("cause", job.fault.value.cause), ("remedy", job.fault.value.remedy)]
    if job.detail:
        rows.append(("detail", job.detail))
    return rows


def _delivered(job: Job, delivery: "Delivery | None") -> str:
    words = message(job, delivery)
    if delivery is None or not delivery.attempts:
        return words
    words += f", attempts: {delivery.attempts}"
    if delivery.delivered_at is not None:
        return f"{words}, {delivery.delivered_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"{words}, next at {delivery.due_at:%Y-%m-%d %H:%M:%S} UTC: {delivery.error}"
