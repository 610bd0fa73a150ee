"""EyeDirection and CONFUSED against faces that were annotated by eye for this project: no picture set labels them.

`annotated.csv` has one row per face of 80 pixels or more, `annotated.md` says how they were drawn, what the
words mean and how the two passes went. A label counts where both passes gave it and neither said "unclear". A face
that is not found counts as a wrong answer, except in AUC and correlation, which look at found faces.
"""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.facts import Facts
from benchmarks.accuracy.pose import rank
from benchmarks.accuracy.results import Curve, Figure
from benchmarks.accuracy.sets import Seen, Shown, shown
from benchmarks.accuracy.statistics import balanced, figure, share
from faceline.domain.face import EMOTIONS, Emotion
from faceline.domain.video import SERVICE_SAMPLE_RATE
from faceline.engine.local import LOCAL_LIMITS, open_file, plan_file
from faceline.media.samples import samples
from faceline.vision.geometry import Doubles, Pixels
from training.detector.pictures import load_detection, load_scenes
from training.heads.figures import auc

FILE = Path(__file__).with_suffix(".csv")
HORIZONTAL = ("left", "ahead", "right")
VERTICAL = ("down", "level", "up")
LOOKS = ("no", "yes")
AXES = {"horizontal": HORIZONTAL, "vertical": VERTICAL, "confused": LOOKS}
UNCLEAR = "unclear"
AHEAD = 10.0
"""Degrees up to which a stated direction is ahead, or level; set before anything was measured."""
NOTABLE = 0.015
"""Share of CONFUSED from which confused looks are told best where it was fitted (training/confused/figures.json)."""
EVERY_SPLIT = ("train", "val", "test")
HALVES = ("A", "B")


@dataclass(frozen=True, slots=True)
class Annotation:
    """One face.

    source    clip or picture below FACELINE_TEST_DATA; a picture's folder is the archive of that name
    time_ms   shown time in a clip, None in a picture
    box       left, top, width, height in shares of the picture as it is shown to faceline (`sets.shown`)
    drawn     how it came to be chosen
    half      A or B: rules may be chosen on A, and are reported on B
    words     axis to what the first and the second pass said
    """

    source: str
    time_ms: int | None
    box: tuple[float, float, float, float]
    drawn: str
    half: str
    words: dict[str, tuple[str, str]]

    def label(self, axis: str) -> int:
        """Number of the word of an axis; -1 where it does not count."""
        first, second = self.words[axis]
        return -1 if first != second or first == UNCLEAR else AXES[axis].index(first)


def read(path: Path = FILE) -> list[Annotation]:
    """The annotated faces. Raises KeyError and ValueError on a table of another form."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Annotation(
                row["source"],
                int(row["time_ms"]) if row["time_ms"] else None,
                (float(row["left"]), float(row["top"]), float(row["width"]), float(row["height"])),
                row["drawn"],
                row["half"],
                {axis: (row[f"{axis}_1"], row[f"{axis}_2"]) for axis in AXES},
            )
            for row in csv.DictReader(file)
        ]


def measure(facts: Facts) -> tuple[list[Figure], list[Curve]]:
    """Directions by class and rank; CONFUSED by rank and where it comes first; how often both passes agree."""
    faces = read()
    digest = hashlib.sha256(FILE.read_bytes()).hexdigest()[:12]
    seen = facts.seen(f"annotated-{digest}", lambda: faces_shown(facts.data, faces))
    faces = faces[: len(seen)]
    yaw, pitch = np.array([_gaze(each) for each in seen]).reshape(-1, 2).T
    figures, curves = [], []
    for axis, field, degrees in (("horizontal", "Yaw", yaw), ("vertical", "Pitch", pitch)):
        found = directions(faces, axis, field, degrees)
        figures += found[0]
        curves += found[1]
    if facts.setup.tells_appearance:
        figures += looks(faces, np.array([_emotions(each) for each in seen]))
    return [*figures, *_passes(faces)], curves


def directions(
    faces: Sequence[Annotation], axis: str, field: str, degrees: Doubles
) -> tuple[list[Figure], list[Curve]]:
    """How a direction agrees with its annotation.

    degrees   (N,) of EyeDirection, NaN where the face was not found
    ->        figures, and per annotated word the shares of what was stated: the three words, and not found
    """
    words = AXES[axis]
    truth = np.array([face.label(axis) for face in faces])
    judged = truth >= 0
    truth, degrees, chosen = truth[judged], degrees[judged], [f for f, kept in zip(faces, judged, strict=True) if kept]
    clusters = np.array([face.source for face in chosen])
    stated = stated_words(degrees)
    right, missed = (stated == truth).astype(np.float64), int(np.isnan(degrees).sum())
    name = f"EyeDirection.{field}"
    of_all = ", ".join(words)
    figures = [
        share(f"{name}: {of_all}: as annotated", right, clusters=clusters, missed=missed),
        figure(f"{name}: {of_all}: balanced accuracy", balanced, [right, truth], clusters=clusters, missed=missed),
    ]
    for number, word in enumerate(words):
        rows = truth == number
        figures.append(share(f"{name}: recall of {word}", right[rows], clusters=clusters[rows]))
    aside, seen = truth != 1, ~np.isnan(degrees)
    sign = np.sign(degrees[aside]) == truth[aside] - 1
    figures += [
        share(f"{name}: sign where it is not {words[1]}", sign, clusters=clusters[aside]),
        figure(f"{name}: rank correlation", rank, [truth[seen], degrees[seen]], clusters=clusters[seen], unit="of 1"),
        _median(f"{name}: median where it is {words[1]}", degrees[seen & ~aside], clusters[seen & ~aside]),
    ]
    for part in HALVES:
        rows = np.array([face.half == part for face in chosen])
        columns = [right[rows], truth[rows]]
        if rows.any():
            figures.append(
                figure(f"{name}: balanced accuracy, half {part}", balanced, columns, clusters=clusters[rows])
            )
    return figures, list(_confusion(name, words, truth, stated))


def stated_words(degrees: Doubles) -> NDArray[np.intp]:
    """(N,) degrees to numbers of words: 0 below -`AHEAD`, 1 up to it, 2 above it; 3 for NaN."""
    return np.where(np.isnan(degrees), 3, 1 + (degrees > AHEAD) - (degrees < -AHEAD)).astype(np.intp)


def looks(faces: Sequence[Annotation], emotions: Doubles) -> list[Figure]:
    """CONFUSED against the annotated look: (N, 8) probabilities, NaN where the face was not found."""
    truth = np.array([face.label("confused") for face in faces])
    judged = truth >= 0
    clusters = np.array([face.source for face in faces])[judged]
    truth, emotions = truth[judged], emotions[judged]
    at = EMOTIONS.index(Emotion.CONFUSED)
    seen = ~np.isnan(emotions[:, at])
    first = seen & (np.where(seen[:, None], emotions, 0).argmax(axis=1) == at)
    notable = seen & (np.where(seen, emotions[:, at], 0) >= NOTABLE)
    yes = truth == 1
    missed = int((~seen).sum())
    columns: list[NDArray[np.generic]] = [emotions[seen, at], truth[seen].astype(np.float64)]
    return [
        Figure("CONFUSED: faces annotated as confused", int(yes.sum()), of=len(truth), unit="faces"),
        figure("CONFUSED: AUC", auc, columns, clusters=clusters[seen], missed=missed),
        share("CONFUSED: recall where it comes first", first[yes], clusters=clusters[yes]),
        share("CONFUSED: comes first where not annotated", first[~yes], clusters=clusters[~yes]),
        share("CONFUSED: precision where it comes first", yes[first], clusters=clusters[first]),
        share(f"CONFUSED: recall from {NOTABLE:.1%}", notable[yes], clusters=clusters[yes]),
        share(f"CONFUSED: {NOTABLE:.1%} or more where not annotated", notable[~yes], clusters=clusters[~yes]),
        share(f"CONFUSED: precision from {NOTABLE:.1%}", yes[notable], clusters=clusters[notable]),
    ]


def faces_shown(data: Path, faces: Sequence[Annotation]) -> Iterator[Shown]:
    """The pictures and frames of annotated faces, in their order, which keeps those of one folder together."""
    for folder, rows in groupby(faces, lambda face: face.source.rpartition("/")[0]):
        group = list(rows)
        pixels = _frames(data, group) if folder == "videos" else _pictures(data, folder, group)
        for face in group:
            picture = pixels[face.source, face.time_ms]
            height, width = picture.shape[:2]
            left, top, wide, high = face.box
            yield Shown({}, picture, (left * width, top * height, (left + wide) * width, (top + high) * height))


def _pictures(data: Path, folder: str, faces: Sequence[Annotation]) -> dict[tuple[str, int | None], Pixels]:
    wanted = {face.source for face in faces}
    if folder in ("detection/detection", "stills/scenes"):
        load = load_detection if folder.startswith("detection") else load_scenes
        named = ((picture.name, picture.pixels) for picture in load(data, EVERY_SPLIT))
    else:
        stills, set_name = folder.split("/")
        named = ((each.row["file"], each.pixels) for each in shown(data / stills, set_name, EVERY_SPLIT))
    return {(f"{folder}/{name}", None): pixels for name, pixels in named if f"{folder}/{name}" in wanted}


def _frames(data: Path, faces: Sequence[Annotation]) -> dict[tuple[str, int | None], Pixels]:
    found: dict[tuple[str, int | None], Pixels] = {}
    for source, rows in groupby(faces, lambda face: face.source):
        wanted = {face.time_ms for face in rows}
        plan = plan_file(data / source)
        for span in plan.spans:
            with closing(open_file(data / source)) as stream:
                for sample in samples(stream, plan, span, SERVICE_SAMPLE_RATE, LOCAL_LIMITS):
                    if sample.time.timestamp_ms in wanted:
                        found[source, sample.time.timestamp_ms] = sample.pixels
    return found


def _gaze(seen: Seen) -> tuple[float, float]:
    gaze = seen.face.gaze if seen.face else None
    return (gaze.yaw_deg, gaze.pitch_deg) if gaze else (np.nan, np.nan)


def _emotions(seen: Seen) -> tuple[float, ...]:
    attributes = seen.face.attributes if seen.face else None
    return attributes.emotions if attributes else (np.nan,) * len(EMOTIONS)


def _median(name: str, degrees: Doubles, clusters: NDArray[np.generic]) -> Figure:
    return figure(name, lambda column: float(np.median(column)), [degrees], clusters=clusters, unit="degrees")


def _confusion(name: str, words: Sequence[str], truth: NDArray[np.intp], stated: NDArray[np.intp]) -> Iterator[Curve]:
    for number, word in enumerate(words):
        counts = np.bincount(stated[truth == number], minlength=4)
        total = max(1, int(counts.sum()))
        yield Curve(f"{name}, {word}", [0.0, 1.0, 2.0, 3.0], [float(n / total) for n in counts], of=counts.tolist())


def _passes(faces: Sequence[Annotation]) -> Iterator[Figure]:
    """How often the second look said the same as the first, "unclear" included."""
    for axis in AXES:
        same = np.array([face.words[axis][0] == face.words[axis][1] for face in faces])
        clusters = np.array([face.source for face in faces])
        yield share(f"annotation, {axis}: both passes say the same", same, clusters=clusters)
