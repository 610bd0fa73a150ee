"""One server and one client for the tests of a module."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from faceline.domain.face import PictureFaces
from tests.api.harness import Stack, serving, stack
from tests.api.judge import Judged

# A busy machine is no failure, so no deadline for an example.
settings.register_profile("faceline", deadline=None, max_examples=60)
settings.load_profile("faceline")


@dataclass
class Service:
    """A running server without credentials, the installation behind it, and a judged client."""

    stack: Stack
    address: str
    judged: Judged

    @property
    def client(self) -> Any:
        """The boto3 client."""
        return self.judged.client


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The server of the module."""
    with stack(Path(tmp_path_factory.mktemp("data"))) as installation, serving(installation.app()) as address:
        yield Service(installation, address, Judged(address))


@pytest.fixture
def service(running: Service) -> Iterator[Service]:
    """The server of the module; whatever a test does, every answer has the form of the model, and no work is left."""
    yield running
    running.stack.objects.broken = False
    running.stack.pictures.refusal = None
    running.stack.pictures.found = PictureFaces(640, 480, ())
    running.stack.pictures.seen.clear()
    running.stack.work()
    found, running.judged.complaints = running.judged.complaints, []
    assert found == []
