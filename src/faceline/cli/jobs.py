"""`faceline jobs`: what the jobs of this installation are doing, for its operator."""

import click

from faceline.cli.options import settings_options
from faceline.cli.words import video_words
from faceline.domain.job import Job, JobState
from faceline.settings import Settings


@click.group()
def jobs() -> None:
    """Look at the jobs of this installation."""


@jobs.command("list")
@click.option("--limit", default=50, show_default=True, help="Newest jobs that are shown.")
@click.option("--account", help="Only this account's jobs.")
@settings_options
def list_jobs(settings: Settings, limit: int, account: str | None) -> None:
    """One line per job, newest first."""
    from faceline.db.engine import open_database
    from faceline.jobs.queue import JobQueue

    database = open_database(settings.database_url)
    found = JobQueue(database).list_jobs(account=account, limit=limit)
    database.close()
    if not found:
        click.echo("no jobs")
        return
    click.echo(f"{'started (UTC)':19s}  {'state':9s} {'done':>6s} {'faces':>8s}  {'job':12s}  video")
    for job in found:
        click.echo(
            f"{job.created_at:%Y-%m-%d %H:%M:%S}  {job.state:9s} {progress(job):>6s} {job.faces:8d}  "
            f"{job.id[:12]}  {job.request.video.bucket}/{job.request.video.key}"
        )


@jobs.command()
@click.argument("job_id")
@settings_options
def show(settings: Settings, job_id: str) -> None:
    """Everything about one job; the first digits of its id are enough."""
    from faceline.db.engine import open_database
    from faceline.jobs.queue import JobQueue

    database = open_database(settings.database_url)
    found = JobQueue(database).find(job_id)
    database.close()
    if len(found) != 1:
        why = "no job" if not found else f"{len(found)} jobs"
        raise click.ClickException(f"{why} with an id that begins with {job_id}")
    for name, value in described(found[0]):
        click.echo(f"{name:12s} {value}")


def progress(job: Job) -> str:
    """Share of the video's time that is analysed and stored."""
    if job.state is JobState.SUCCEEDED:
        return "100 %"
    if job.facts is None or not job.facts.duration_ms:
        return "0 %"
    return f"{min(100, 100 * job.progress_ms // job.facts.duration_ms)} %"


def described(job: Job) -> list[tuple[str, str]]:
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
        rows.append(("topic", request.channel.topic_arn))
    if job.fault is not None:
        rows += [("fault", job.fault.name), ("cause", job.fault.value.cause), ("remedy", job.fault.value.remedy)]
    if job.detail:
        rows.append(("detail", job.detail))
    return rows
