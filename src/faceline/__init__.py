"""Face detection for stored video with the API of Amazon Rekognition, on your own machine.

    import faceline

    for sample in faceline.analyze("film.mp4"):
        for face in sample.faces:
            print(sample.time.timestamp_ms, face.box, face.attributes)

Values are frozen and typed (`faceline.domain`). Nothing is loaded before the first call; nothing leaves the machine.
"""

from collections.abc import Iterator
from fractions import Fraction
from os import PathLike

from faceline.domain.face import (
    AgeRange,
    Attributes,
    Box,
    Emotion,
    Face,
    Gaze,
    LandmarkType,
    PictureFaces,
    Point,
    Pose,
    Quality,
)
from faceline.domain.faults import JobFailed, JobFault, Refused, RequestFault
from faceline.domain.job import FaceAttributes
from faceline.domain.video import FrameTime, SampleFaces, VideoFacts
from faceline.domain.weights import WeightsProfile

__all__ = [
    "AgeRange",
    "Attributes",
    "Box",
    "Emotion",
    "Engine",
    "Face",
    "FaceAttributes",
    "FrameTime",
    "Gaze",
    "JobFailed",
    "JobFault",
    "LandmarkType",
    "PictureFaces",
    "Point",
    "Pose",
    "Quality",
    "Refused",
    "RequestFault",
    "SampleFaces",
    "VideoFacts",
    "WeightsProfile",
    "analyze",
    "analyze_picture",
    "probe",
]

File = str | PathLike[str]


class Engine:
    """The networks, loaded once and used for many files. One engine serves one thread."""

    def __init__(self, weights_profile: WeightsProfile | str = "research") -> None:
        """Load the weights (about a second).

        weights_profile   "permissive" loads only what licence and known training data allow for commercial use; then
                          `Face.attributes` is None with ALL, too
        Raises            ValueError for another profile.
        """
        from faceline.vision.analyse import Analyser
        from faceline.vision.settings import settings_under

        self._analyser = Analyser(settings_under(WeightsProfile(weights_profile)))

    def analyze(
        self,
        path: File,
        *,
        attributes: FaceAttributes | str = "ALL",
        sample_rate: Fraction | float | None = 2,
        tracks: bool = False,
    ) -> Iterator[SampleFaces]:
        """The faces of a video, sample by sample, as they are found; samples without a face are among them.

        path          a file in any of the supported containers
        attributes    "DEFAULT" or "ALL"; DEFAULT leaves `Face.attributes` and `Face.gaze` empty and is cheaper
        sample_rate   samples a second; None takes every frame
        tracks        see the whole video first, then give the values that a server's job gives: faces are linked over
                      time (`SampleFaces.tracks`), and age, gender, facial hair and eyewear are those of the track
        Raises        JobFailed with the reason when the file is no video that can be decoded, OSError, ValueError.
        """
        from pathlib import Path

        from faceline.domain.video import SampleRate
        from faceline.engine.final_pass import finish_local
        from faceline.engine.local import analyse_video, plan_file

        wanted = FaceAttributes(attributes)
        rate = SampleRate(None if sample_rate is None else Fraction(sample_rate).limit_denominator(1_000_000))
        file = Path(path)
        plan = plan_file(file)
        found = analyse_video(file, plan, self._analyser, wanted, rate)
        return finish_local(found, plan.facts, wanted) if tracks else found

    def analyze_picture(self, path: File, *, attributes: FaceAttributes | str = "ALL") -> PictureFaces:
        """Size and faces of a JPEG or PNG file. Raises Refused, OSError."""
        from pathlib import Path

        from faceline.engine.local import analyse_picture

        return analyse_picture(Path(path), self._analyser, FaceAttributes(attributes))


def analyze(
    path: File,
    *,
    attributes: FaceAttributes | str = "ALL",
    sample_rate: Fraction | float | None = 2,
    tracks: bool = False,
    weights_profile: WeightsProfile | str = "research",
) -> Iterator[SampleFaces]:
    """As `Engine.analyze`, with an engine of its own."""
    return Engine(weights_profile).analyze(path, attributes=attributes, sample_rate=sample_rate, tracks=tracks)


def analyze_picture(
    path: File, *, attributes: FaceAttributes | str = "ALL", weights_profile: WeightsProfile | str = "research"
) -> PictureFaces:
    """As `Engine.analyze_picture`, with an engine of its own."""
    return Engine(weights_profile).analyze_picture(path, attributes=attributes)


def probe(path: File) -> VideoFacts:
    """Codec, size, rate and length of a video. Raises JobFailed, OSError."""
    from pathlib import Path

    from faceline.engine.local import plan_file

    return plan_file(Path(path)).facts
