"""What an operator watches, in the text format of Prometheus (version 0.0.4): counts of rows, never a name or result.

All of it is read from the database, so any one process can tell it for the whole installation.
"""

from collections.abc import Mapping
from typing import Protocol

from faceline.db.errors import DatabaseUnavailable
from faceline.domain.job import JobState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class JobCounts(Protocol):
    """The job queue."""

    def counts(self) -> Mapping[JobState, int]:
        """Jobs in each state, those whose results are not deleted yet."""
        ...

    def oldest_queued_s(self) -> float:
        """Seconds that the longest waiting job has waited; 0 when none waits."""
        ...


class DeliveryCounts(Protocol):
    """The outbox."""

    def counts(self) -> Mapping[str, int]:
        """Completion messages in each state."""
        ...

    def undelivered(self) -> int:
        """Messages whose delivery has failed at least once and is tried again."""
        ...


class Metrics:
    """Gauges of the installation."""

    def __init__(self, jobs: JobCounts, deliveries: DeliveryCounts) -> None:
        self._jobs = jobs
        self._deliveries = deliveries

    def text(self) -> bytes:
        """The page; without the database it says that alone."""
        try:
            return self._page()
        except DatabaseUnavailable:
            return _joined(_gauge("faceline_database_up", "Whether the database answers.", 0))

    def _page(self) -> bytes:
        jobs, messages = self._jobs.counts(), self._deliveries.counts()
        failing, waited_s = self._deliveries.undelivered(), self._jobs.oldest_queued_s()
        lines = [
            *_gauge("faceline_database_up", "Whether the database answers.", 1),
            *_gauge("faceline_jobs", "Jobs by state.", {state.value: jobs.get(state, 0) for state in JobState}),
            *_gauge("faceline_messages", "Completion messages by state.", messages),
            *_gauge("faceline_messages_failing", "Messages that failed and are tried again.", failing),
            *_gauge("faceline_oldest_queued_job_seconds", "Wait of the oldest queued job.", waited_s),
        ]
        return _joined(lines)


def _joined(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _gauge(name: str, meaning: str, values: Mapping[str, int] | float) -> list[str]:
    lines = [f"# HELP {name} {meaning}", f"# TYPE {name} gauge"]
    if isinstance(values, Mapping):
        return [*lines, *(f'{name}{{state="{state.lower()}"}} {value}' for state, value in values.items())]
    return [*lines, f"{name} {values:g}"]
