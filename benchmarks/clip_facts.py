"""Measured facts of the noted clips, analysed once and kept in a temporary folder until vision or media change."""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import faceline
from faceline.domain.job import FaceAttributes
from faceline.domain.video import SampleFaces, SampleRate, VideoFacts
from faceline.engine.local import analyse_video, plan_file
from faceline.engine.spool import PART_SAMPLES
from faceline.results.facts import pack, unpack
from faceline.vision.analyse import Analyser


@dataclass(frozen=True)
class ClipFacts:
    """Facts of clips of one folder at one rate."""

    videos: Path
    rate: SampleRate

    def of(self, name: str) -> tuple[VideoFacts, list[SampleFaces]]:
        """The clip's facts and its samples as they were measured."""
        plan = plan_file(self.videos / name)
        kept = self._folder / name
        if not kept.is_dir():
            found = list(analyse_video(self.videos / name, plan, self._analyser, FaceAttributes.ALL, self.rate))
            with tempfile.TemporaryDirectory(dir=self._folder) as made:
                for first in range(0, len(found), PART_SAMPLES):
                    Path(made, f"{first:06}").write_bytes(pack(found[first : first + PART_SAMPLES]))
                Path(made).rename(kept)
                Path(made).mkdir()
        return plan.facts, list(_read(kept))

    @cached_property
    def _analyser(self) -> Analyser:
        return Analyser()

    @cached_property
    def _folder(self) -> Path:
        folder = Path(tempfile.gettempdir(), "faceline-clip-facts", _version(), str(self.rate.per_second or "all"))
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _read(folder: Path) -> Iterator[SampleFaces]:
    for part in sorted(folder.iterdir()):
        yield from unpack(part.read_bytes())


def _version() -> str:
    """Changes whenever code or weights that make the facts change."""
    digest = hashlib.sha256()
    package = Path(faceline.__file__).parent
    for name in ("vision", "media"):
        for path in sorted((package / name).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]
