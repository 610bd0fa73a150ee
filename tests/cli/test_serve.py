"""How `faceline serve` waits for its roles; that it works as a whole is shown in tests/live."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from faceline.cli import serve
from faceline.cli.supervise import ChildSpec, Supervisor
from faceline.settings import Settings, SettingsError
from tests.cli.health import answering


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    made = Supervisor()
    yield made
    made.stop()


def start(supervisor: Supervisor, name: str, script: str) -> None:
    supervisor.start(ChildSpec(name, ("/bin/sh", "-c", script), dict(os.environ)))


def wait(supervisor: Supervisor, settings: Settings, status: int, stop: threading.Event | None = None) -> bool:
    with answering(status) as listener:
        return serve._wait_until_ready(supervisor, listener, settings, stop or threading.Event())


def test_ready_is_when_the_api_answers_and_the_picture_process_listens(supervisor: Supervisor, tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    start(supervisor, "picture", f"echo > {settings.picture_socket}; exec sleep 600")
    assert wait(supervisor, settings, 200)


def test_a_role_that_crashes_while_it_starts_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    script = f"test -e {tmp_path}/again || {{ echo > {tmp_path}/again; kill -9 $$; }}; echo > {settings.picture_socket}"
    start(supervisor, "picture", f"{script}; exec sleep 600")
    assert wait(supervisor, settings, 200)


@pytest.mark.parametrize("status", [1, 2])
def test_a_role_that_gives_up_ends_the_server(supervisor: Supervisor, tmp_path: Path, status: int) -> None:
    start(supervisor, "worker", "exec sleep 600")
    start(supervisor, "picture", f"exit {status}")
    with pytest.raises(SettingsError, match=r"^the picture process did not start; its reason stands above$"):
        wait(supervisor, Settings(data=str(tmp_path)), 200)


def test_it_does_not_wait_for_ever(supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "READY_TIMEOUT_S", 0.0)
    with pytest.raises(SettingsError, match=r"^not ready after 0 s$"):
        wait(supervisor, Settings(data=str(tmp_path)), 503)


def test_told_to_stop_meanwhile_it_stops(supervisor: Supervisor, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    assert not wait(supervisor, Settings(data=str(tmp_path)), 503, stop)
