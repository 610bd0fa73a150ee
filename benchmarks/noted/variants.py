"""One other encoding of a clip against the clip itself."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.noted.boxes import matched
from benchmarks.noted.notes import Relation
from benchmarks.noted.originals import samples_of
from faceline.domain.face import Face
from faceline.domain.job import FaceAttributes
from faceline.domain.video import EVERY_FRAME
from faceline.engine.local import LOCAL_LIMITS, open_file, plan_file
from faceline.media.samples import samples
from faceline.vision.analyse import Analyser

SAME_FACE_IOU = 0.8
# Times of two containers agree up to their time bases (a millisecond in Matroska).
SAME_FRAME_S = Fraction(2, 1000)


@dataclass(frozen=True, slots=True)
class VariantResult:
    """Faces of the variant's samples, those of the original's frame at the same moment, and how many are the same."""

    file: str
    varies: str
    samples: int
    faces: int
    original_faces: int
    same: int
    mean_iou: float


def run_variant(videos: Path, relation: Relation, analyser: Analyser) -> VariantResult:
    """Compare every sample of the variant with the frame of the original that its stated time names."""
    found = samples_of(videos / relation.file, analyser)
    end = relation.end_s
    found = [sample for sample in found if end is None or sample.time.seconds < end]
    shift = Fraction(round(relation.shift_s * 1000), 1000)
    times = [sample.time.seconds - shift for sample in found]
    originals = _frames_at(videos / relation.original, times, analyser)
    pairs = [matched(sample.faces, originals[time], SAME_FACE_IOU) for sample, time in zip(found, times, strict=True)]
    overlaps = [overlap for group in pairs for _, _, overlap in group]
    return VariantResult(
        file=relation.file,
        varies=relation.varies,
        samples=len(found),
        faces=sum(len(sample.faces) for sample in found),
        original_faces=sum(len(originals[time]) for time in times),
        same=len(overlaps),
        mean_iou=sum(overlaps) / len(overlaps) if overlaps else 0.0,
    )


def _frames_at(path: Path, times: list[Fraction], analyser: Analyser) -> dict[Fraction, tuple[Face, ...]]:
    """Faces of the original's frames that are shown at `times` (seconds): the last frame at or before each."""
    plan = plan_file(path)
    waiting = sorted(times)
    shown: dict[Fraction, tuple[Face, ...]] = {}
    last = None
    for span in plan.spans:
        stream = open_file(path)
        for sample in samples(stream, plan, span, EVERY_FRAME, LOCAL_LIMITS):
            while last is not None and waiting and sample.time.seconds > waiting[0] + SAME_FRAME_S:
                shown[waiting.pop(0)] = _faces(last.pixels, analyser)
            last = sample
        stream.close()
    for time in waiting:
        shown[time] = _faces(last.pixels, analyser) if last is not None else ()
    return shown


def _faces(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]", analyser: Analyser) -> tuple[Face, ...]:
    (faces,) = analyser.analyse([pixels], FaceAttributes.DEFAULT)
    return faces
