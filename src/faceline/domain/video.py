"""What is known of a video: its facts, its samples' times and the spans it is cut into."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from faceline.domain.face import Face


class ColorRange(StrEnum):
    """Range of luma and chroma values (B155)."""

    FULL = "FULL"
    LIMITED = "LIMITED"


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """VideoMetadata (B150-B155).

    codec             the codec's canonical short name, such as "h264"
    container_format  the container's long name, such as "QuickTime / MOV"
    duration_ms       of the video stream
    frame_rate        average frames per second: frames divided by duration
    width, height     pixels as displayed, after rotation and pixel shape
    """

    codec: str
    container_format: str
    duration_ms: int
    frame_rate: float
    width: int
    height: int
    color_range: ColorRange


@dataclass(frozen=True, slots=True)
class FrameTime:
    """The exact presentation time of a frame on the file's own timeline: pts * time_base seconds."""

    pts: int
    time_base: Fraction

    @property
    def seconds(self) -> Fraction:
        """Exact seconds."""
        return self.pts * self.time_base

    @property
    def timestamp_ms(self) -> int:
        """Milliseconds, cut to an integer (B142)."""
        return (self.pts * self.time_base.numerator * 1000) // self.time_base.denominator


@dataclass(frozen=True, slots=True)
class SampleRate:
    """How many samples a second are taken; `per_second` None means every frame."""

    per_second: Fraction | None

    def target(self, index: int) -> Fraction:
        """Seconds of grid point `index` (0, 1, 2, ...). Raises ValueError when every frame is wanted."""
        if self.per_second is None:
            raise ValueError("every frame is sampled: there is no grid")
        return Fraction(index) / self.per_second


SERVICE_SAMPLE_RATE = SampleRate(Fraction(2))
EVERY_FRAME = SampleRate(None)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the video that is analysed by itself: it begins at a key frame.

    number       0, 1, 2, ... in order of time
    start_pts    pts of its key frame in the stream's time base; span 0 begins at the first frame of the file
    end_pts      pts of the next span's key frame; None for the last span

    A span owns the frames that are shown in [start_pts, end_pts) and, of the sampling grid, the targets in that time.
    """

    number: int
    start_pts: int
    end_pts: int | None


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """How a video is cut: a function of the file alone."""

    facts: VideoFacts
    time_base: Fraction
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class SampleFaces:
    """All faces of one sampled frame, largest first. `tracks` names each face's track once the final pass has run."""

    time: FrameTime
    faces: tuple[Face, ...]
    tracks: tuple[int, ...] = ()
