"""Samples in, faces out: where media and vision meet, for slots and for files alike."""

from collections.abc import Iterator
from itertools import islice

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
    while group := list(islice(samples, GROUP)):
        found = analyser.analyse([sample.pixels for sample in group], attributes)
        for sample, faces in zip(group, found, strict=True):
            yield SampleFaces(sample.time, faces)
