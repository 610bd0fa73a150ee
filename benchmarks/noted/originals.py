"""One clip against what people noted of it."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.noted.notes import Note
from faceline.domain.face import Attributes
from faceline.domain.job import FaceAttributes
from faceline.domain.verdicts import THRESHOLDS
from faceline.domain.video import SERVICE_SAMPLE_RATE, SampleFaces
from faceline.engine.local import analyse_video, plan_file
from faceline.vision.analyse import Analyser


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    right: int
    of: int


@dataclass(frozen=True, slots=True)
class ClipResult:
    """Counts over the samples of one clip at 2 samples a second.

    one      samples inside the intervals in which people saw exactly one face: exactly one found / all
    none, many     of the wrong ones: those with no face, those with more than one
    false_faces    faces found in a clip without any face; None for other clips
    """

    file: str
    samples: int
    faces: int
    one: Share
    none: int
    many: int
    false_faces: int | None
    gender: Share
    eyeglasses: Share
    sunglasses: Share
    beard: Share
    mustache: Share


def run_clip(videos: Path, note: Note, analyser: Analyser) -> ClipResult:
    """Analyse one clip with ALL."""
    path = videos / note.file
    found = list(analyse_video(path, plan_file(path), analyser, FaceAttributes.ALL, SERVICE_SAMPLE_RATE))
    single = [sample for sample in found if any(part.holds(float(sample.time.seconds)) for part in note.single)]
    seen = [sample.faces[0].attributes for sample in single if len(sample.faces) == 1 and sample.faces[0].attributes]
    faces = sum(len(sample.faces) for sample in found)
    return ClipResult(
        file=note.file,
        samples=len(found),
        faces=faces,
        one=Share(sum(len(sample.faces) == 1 for sample in single), len(single)),
        none=sum(not sample.faces for sample in single),
        many=sum(len(sample.faces) > 1 for sample in single),
        false_faces=faces if note.no_face else None,
        gender=_gender(seen, note.gender),
        eyeglasses=_flag(seen, "eyeglasses", note.eyeglasses),
        sunglasses=_flag(seen, "sunglasses", note.sunglasses),
        beard=_flag(seen, "beard", note.beard),
        mustache=_flag(seen, "mustache", note.mustache),
    )


def _gender(seen: list[Attributes], expected: str | None) -> Share:
    if expected not in {"Male", "Female"}:
        return Share(0, 0)
    return Share(sum((face.male > THRESHOLDS["male"]) == (expected == "Male") for face in seen), len(seen))


def _flag(seen: list[Attributes], name: str, expected: bool | None) -> Share:
    if expected is None:
        return Share(0, 0)
    return Share(sum((getattr(face, name) > THRESHOLDS[name]) == expected for face in seen), len(seen))


def total(shares: list[Share]) -> Share:
    """All together."""
    return Share(sum(share.right for share in shares), sum(share.of for share in shares))


def samples_of(path: Path, analyser: Analyser) -> list[SampleFaces]:
    """All samples of a clip, without attributes."""
    return list(analyse_video(path, plan_file(path), analyser, FaceAttributes.DEFAULT, SERVICE_SAMPLE_RATE))
