"""What tests against a live server share: rendered objects in a folder of buckets, and one undisturbed server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.sample_video import PHOTOGRAPH
from tests.live.clips import render
from tests.live.receiver import Receiver, receiving
from tests.live.serving import Served

TOPIC = "arn:aws:sns:us-east-1:000000000000:faces"
ROLE = "arn:aws:iam::000000000000:role/any"
SHORT_S, LONG_S = 4, 41


@pytest.fixture(scope="session")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one bucket, `videos`: a clip of 4 s, one of 41 s (three spans), a picture, rubbish."""
    root = tmp_path_factory.mktemp("buckets")
    bucket = root / "videos"
    bucket.mkdir()
    render(bucket / "short.mp4", SHORT_S)
    render(bucket / "long.mp4", LONG_S)
    shutil.copyfile(PHOTOGRAPH, bucket / "face.jpg")
    (bucket / "empty.mp4").touch()
    (bucket / "text.mp4").write_text("no video\n")
    return root


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Where the messages of `TOPIC` go."""
    with receiving() as opened:
        yield opened


@pytest.fixture(scope="session")
def live(buckets: Path, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that no test disturbs; at its end nothing of it may be left."""
    data = tmp_path_factory.mktemp("live") / "data"
    with Served(data, buckets, ["--webhook", f"{TOPIC}={receiver.address}"]) as served:
        yield served
        served.stop()


@pytest.fixture(scope="session")
def undisturbed(live: Served) -> bytes:
    """The faces of the long clip, as bytes, from a server that nobody disturbed."""
    return live.faces(live.start("long.mp4"))
