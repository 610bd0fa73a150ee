"""One server for all SDKs: buckets in a folder, others in moto's S3, completion messages to moto's SNS."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.fixtures import buckets
from tests.live.moto import moto
from tests.live.serving import CREDENTIALS, Served

__all__ = ["buckets", "moto"]


@pytest.fixture(scope="session")
def served(buckets: Path, moto: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Started once; at its end nothing of it may be left."""
    options = ["--s3-endpoint", moto, "--sns-endpoint", moto]
    with Served(tmp_path_factory.mktemp("sdk") / "data", buckets, options, CREDENTIALS) as running:
        yield running
        running.stop()
