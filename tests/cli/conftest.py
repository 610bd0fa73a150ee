"""A clip and a picture for the command line."""

from pathlib import Path

import pytest

from tests.live.clips import render

CLIP_S = 3


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds at 10 frames a second; the face is away from 1.9 to 2.6 s."""
    return render(tmp_path_factory.mktemp("clips") / "clip.mp4", CLIP_S)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A file that is no video."""
    path = tmp_path / "text.mp4"
    path.write_text("no video\n")
    return path
