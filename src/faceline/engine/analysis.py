"""Samples in, faces out: where media and vision meet, for slots and for files alike."""

from collections.abc import Iterator

from faceline.domain.job import FaceAttributes
from faceline.domain.video import SampleFaces
from faceline.media.samples import Sample
from faceline.vision.analyse import Analyser

# Frames that one call of vision gets. Faces of all of them share batches; more frames cost memory (6 MB each at 1080p).
GROUP = 4


def faces_of(samples: Iterator[Sample], analyser: Analyser, attributes: FaceAttributes) -> Iterator[SampleFaces]:
    """The faces of every sample, also of those that have none, in order.

    Vision's answers do not depend on the grouping (tests/vision), so neither do ours on where the samples begin.
    """
    group: list[Sample] = []
    while group := _next(samples, group):
        found = analyser.analyse([sample.pixels for sample in group], attributes)
        yield from map(SampleFaces, [sample.time for sample in group], found)


def _next(samples: Iterator[Sample], last: list[Sample]) -> list[Sample]:
    """The next group, for each frame of which one of the last group is let go.

    Let go all at once, their memory would return to the system and be asked for anew: 0.8 ms a sample of 1080p.
    """
    group: list[Sample] = []
    while len(group) < GROUP:
        del last[:1]
        sample = next(samples, None)
        if sample is None:
            break
        group.append(sample)
    return group
