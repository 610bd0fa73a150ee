"""GET /metrics: counts for whoever watches the installation from its own machine, and for nobody else."""

import asyncio
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from faceline.db.errors import DatabaseUnavailable
from faceline.domain.job import FaceAttributes, JobRequest, JobState, ObjectPin, ObjectRef
from faceline.domain.video import SERVICE_SAMPLE_RATE
from tests.api.harness import Stack, stack


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Stack]:
    with stack(tmp_path) as made:
        yield made


def ask(installation: Stack, client: str, host: str = "localhost:8377", path: str = "/metrics") -> tuple[int, str]:
    """Status and body of one GET."""
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"", "client": (client, 1),
        "headers": [(b"host", host.encode())],
    }  # fmt: skip

    async def answer() -> None:
        await installation.app()(scope, receive, send)

    asyncio.run(answer())
    return sent[0]["status"], sent[1]["body"].decode()


def test_the_states_of_jobs_and_messages_are_counted(installation: Stack) -> None:
    request = JobRequest("000000000000", ObjectRef("videos", "a.mp4"), FaceAttributes.DEFAULT, SERVICE_SAMPLE_RATE)
    installation.queue.start(request, ObjectPin("etag", 1), token=None, fingerprint="", max_open=10)
    status, page = ask(installation, "127.0.0.1")
    assert status == 200
    lines = page.splitlines()
    for line in ('faceline_jobs{state="queued"} 1', 'faceline_jobs{state="failed"} 0', "faceline_messages_failing 0"):
        assert line in lines
    assert installation.queue.counts() == {JobState.QUEUED: 1}
    assert "a.mp4" not in page


@pytest.mark.parametrize(("client", "host"), [("192.0.2.7", "localhost"), ("127.0.0.1", "attacker.example")])
def test_nobody_from_outside_gets_them(installation: Stack, client: str, host: str) -> None:
    status, page = ask(installation, client, host)
    assert status != 200
    assert "faceline_jobs" not in page


def test_a_database_that_is_away_is_a_value_and_no_error(installation: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> dict[JobState, int]:
        raise DatabaseUnavailable

    monkeypatch.setattr(installation.queue, "counts", away)
    status, page = ask(installation, "127.0.0.1")
    assert (status, page.splitlines()[-1]) == (200, "faceline_database_up 0")
    assert "faceline_jobs" not in page
