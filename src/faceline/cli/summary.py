"""The short readable text that `faceline analyze` prints when no file was asked for."""

from collections import Counter
from statistics import median

from faceline.cli.words import faces_words, tracks_words, video_words
from faceline.domain.face import EMOTIONS, Attributes, Face, PictureFaces
from faceline.domain.verdicts import THRESHOLDS
from faceline.domain.video import SampleFaces, VideoFacts

MAX_LINES = 30
SHOWN = ("eyeglasses", "sunglasses", "beard", "mustache")
"""Traits that are named where a face has them."""


def describe(face: Face) -> str:
    """One face in words: size, direction, and the attributes that are true."""
    words = [f"{100 * face.box.width:.0f} x {100 * face.box.height:.0f} % of the picture", _direction(face)]
    if face.attributes is not None:
        words.append(_attributes(face.attributes))
    return ", ".join(words)


def _direction(face: Face) -> str:
    if abs(face.pose.yaw_deg) < 15:
        return "frontal"
    return f"turned {abs(face.pose.yaw_deg):.0f} degrees to the {'right' if face.pose.yaw_deg > 0 else 'left'}"


def _attributes(seen: Attributes) -> str:
    age = seen.age_range
    emotion = EMOTIONS[seen.emotions.index(max(seen.emotions))].value.lower()
    words = [f"{'male' if seen.male > THRESHOLDS['male'] else 'female'} {age.low}-{age.high} years", emotion]
    words += [name for name in SHOWN if getattr(seen, name) > THRESHOLDS[name]]
    if seen.eyes_open <= THRESHOLDS["eyes_open"]:
        words.append("eyes closed")
    if seen.mouth_open > THRESHOLDS["mouth_open"]:
        words.append("mouth open")
    return ", ".join(words)


class PictureSummary:
    """A picture in words."""

    def __init__(self, name: str, result: PictureFaces) -> None:
        self._name = name
        self._result = result

    def text(self) -> str:
        """Several lines."""
        result = self._result
        lines = [f"{self._name}: picture, {result.width} x {result.height} px, {faces_words(len(result.faces))}"]
        lines += [f"  {describe(face)}" for face in result.faces[:MAX_LINES]]
        return "\n".join(lines)


class VideoSummary:
    """A video in words: when how many faces were there, and what the largest one was like."""

    def __init__(self, name: str, facts: VideoFacts) -> None:
        self._name = name
        self._facts = facts
        self._samples = 0
        self._faces = 0
        self._tracks = 0
        self._stretches: list[_Stretch] = []

    def add(self, found: SampleFaces) -> None:
        """Take in one sample."""
        self._samples += 1
        self._faces += len(found.faces)
        self._tracks = max(self._tracks, *found.tracks, 0)
        time_s = float(found.time.seconds)
        if not self._stretches or self._stretches[-1].count != len(found.faces):
            self._stretches.append(_Stretch(time_s, len(found.faces)))
        self._stretches[-1].add(time_s, found.faces)

    def text(self) -> str:
        """Several lines."""
        found = f"{faces_words(self._faces)} in {self._samples} samples{tracks_words(self._tracks)}"
        lines = [f"{self._name}: {video_words(self._facts)}; {found}"]
        lines += [f"  {stretch.text()}" for stretch in self._stretches[:MAX_LINES]]
        if len(self._stretches) > MAX_LINES:
            lines.append(f"  and {len(self._stretches) - MAX_LINES} more stretches (--csv or --json give all)")
        return "\n".join(lines)


class _Stretch:
    """Consecutive samples with the same number of faces."""

    def __init__(self, begin_s: float, count: int) -> None:
        self.count = count
        self._begin_s = begin_s
        self._end_s = begin_s
        self._largest: list[Attributes] = []

    def add(self, time_s: float, faces: tuple[Face, ...]) -> None:
        self._end_s = time_s
        if faces and faces[0].attributes is not None:
            self._largest.append(faces[0].attributes)

    def text(self) -> str:
        times = f"{self._begin_s:8.2f} - {self._end_s:8.2f} s  {faces_words(self.count)}"
        if not self._largest:
            return times
        emotions = Counter(EMOTIONS[seen.emotions.index(max(seen.emotions))].value.lower() for seen in self._largest)
        male = median(seen.male for seen in self._largest) > THRESHOLDS["male"]
        age = median(seen.age_years for seen in self._largest)
        which = "" if self.count == 1 else "; the largest"
        gender = "male" if male else "female"
        return f"{times}{which}: {gender}, about {age:.0f} years, mostly {emotions.most_common(1)[0][0]}"
