"""Draws docs/accuracy.md and its plots from the result files."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.accuracy.plots import draw
from benchmarks.accuracy.results import Figure, Measured, load
from benchmarks.accuracy.targets import calibration, figures_of, table

DOCS = Path(__file__).parents[2] / "docs"
PLOTS = DOCS / "images" / "plots"

HEAD = """<!-- made by `python -m benchmarks.accuracy page` from benchmarks/accuracy/results; do not edit -->
# Accuracy

How right faceline is on labelled material that its training did not see, measured end to end: a picture goes in, the
face is found by the detector and cut out by the pipeline, never by the label, and the answer is compared. Every number
here comes from a file in [results](../benchmarks/accuracy/results), which names the SHA-256 of every weight file that
took part. The pictures are test material and no part of the project.

What ships is **{default}**: detector `{detector}`, attributes by the `{appearance}` networks; the tables below the
targets are about it, unless a column says otherwise. `back+none` is what the [licence profile](licences.md)
`permissive` loads: it tells no attributes, so that most rows have nothing to measure.

## How to read it

- Brackets hold 95 % intervals: 1,000 bootstrap draws over pictures; where every case was right, Wilson's interval.
- Shares, accuracies and AUC are in percent. Balanced accuracy is the mean of both classes' recalls at 50 %.
- In whole pictures a face that was not found counts as wrong. On tight crops (UTKFace, FER+, CK+, CEW), which get a
  border before they are shown, it is left out and counted in the column *missed*.
- *Does not count*: a network in the chain was trained on the tested pictures, so that the figure flatters. The
  converted network `agegender` was trained on UTKFace, `emotion` on FER2013. The body of `faceres`, and our own
  network, which started from it, have seen VGGFace2: celebrities, some of whom may be in CelebA.
- Small test sets give wide intervals, and a value on the wrong side of a goal may be chance; the verdict looks at the
  value alone.
"""

TARGETS = """
## Targets

The goals that were set for the project. *Start* is what was reached when they were set, on other code.
"""

DETECTION = """
## Detection

Synthetic frames of 1920 x 1080: test faces pasted at a known height on face-free pictures, two of each height in a
frame, {frames} frames ([generator](../training/detector/synth.py)). The default setting looks at {setting}. The best
setting looks at 1920 pixels and costs {best} times the detection of the default. *Scenes* are street pictures with
masks. *Detector alone* takes all finds above a low score at full and quarter size, and puts the threshold where one
false box a picture is left.

![Recall by height of the face](images/plots/detection.svg)
"""

FOLDED = """
### Face-free pictures, 2-fold

Most of the face-free pictures were in the training of what ships. For this table both networks were trained twice more,
each time without one half of them in any use, and each half was judged, through the whole chain at the default setting,
by the networks that never saw it. **Those networks had a fraction of the training of what ships**, as the steps say
(of appearance those of the second of two runs, after some 950 of the first), and are no part of the project; the
recipes of the [detector](../training/detector/README.md) and of [appearance](../training/appearance/README.md) tell
how they were trained. Their recall on the scenes stands beside that of what ships, so that blindness does not pass
for care. One thing was not hidden from them: the least evidence of a face was chosen with these pictures in view, so
a laxer one is given too.
"""

LANDMARKS = """
## Landmarks and pose

Distances to the 68 labelled points of 300-W, in distances between the outer eye corners, where both sets name the same
place; the jaw apart. Nothing was fitted to them. Estimates of pose from six of those points are good for sign and rank
only.
"""

ATTRIBUTES = """
## Gender, age and booleans

Labels are what people saw in a picture: for gender that is no identity, for age it is good to some five years
([responsible use](responsible-use.md)). CelebA shows known grown people, UTKFace all ages in tight crops. Open and
closed eyes come mostly from different sets, so that *EyesOpen* may flatter; the blinks in the clips do not have that
flaw. Things drawn before faces come from a [generator](../benchmarks/accuracy/things.py) that is not the training's.
"""

AGE = """
### Age

A range is 6, 8 or 10 years wide, as in the service's answers.

![Estimated by labelled age](images/plots/age.svg)
"""

EMOTIONS = """
## Emotions

What the face looks like, not what the person feels. Majority of ten votes (FER+) or the posed emotion (CK+); the
first of the eight that are stated is compared. Contempt is left out, and CONFUSED, which FER+ and CK+ do not label, is
always wrong here. FER+ tiles of 48 pixels are shown at twice their size.

![Confusion on FER+](images/plots/emotions.svg)
"""

ANNOTATED = """
## EyeDirection and CONFUSED

No picture set labels them, so faces of 80 pixels and more were annotated for this project, twice over, on sheets that
did not show the answers ([how](../benchmarks/accuracy/annotated.md)). The annotator was a vision model, not a person.
Most faces were sought out for what they show, so that these are not shares of faces in general. A direction up to 10
degrees counts as ahead, or level; that was set beforehand. That the map of Yaw leaned to the left was seen on all of
them; the new one was then chosen by the recorded answers and half A, and half B took no part. CONFUSED was
[fitted](../training/confused/README.md) on other pictures.

An emotion is a guess from the look of a face, and CONFUSED is the weakest of them: its share orders faces and does not
come first. Yaw tells left, ahead and right in most faces. Pitch follows the recorded answers of the service, where a
level look is some way below nought, and never says up: read differences, not values.
"""

CALIBRATION = """
## Calibration

Of many answers with a Confidence of 80, eighty of a hundred should be right. ECE is the mean distance between stated
and true share, in 15 bins of equal mass; *by chance* is what a perfectly calibrated model stays under in 95 of 100
draws on as many pictures. The goal is 0.03 or that. CONFUSED and EyeDirection have too few labels and are not judged.

![Reliability](images/plots/calibration.svg)
"""

GROUPS = """
## Groups

By race, gender and age as UTKFace is labelled. Labels of race are crude and used here only to look for bias; most
groups are small, and their intervals wide. The figures of the converted networks flatter here (see above).

![By group](images/plots/groups.svg)

By size: every third CelebA test picture with its face reduced to that height and saved as JPEG.

![By size](images/plots/sizes.svg)
"""

VIDEOS = """
## Clips

[Clips](clips.md) has them one by one. A flip is a change of the verdict from one sample to the next while one face is
in view; blinks are looked for at every frame.
"""

RECORDED = """
## Beside recorded answers of the service

[Recorded answers](recorded.md) has them value by value. They are one vendor's output, not the truth.
"""

COST = """
## Cost

CPU of one thread, smallest of nine interleaved rounds; only the ratios carry over to other machines. What a whole video
costs is measured by `make bench`.
"""

SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (DETECTION, ("detection",)),
    (FOLDED, ("folds",)),
    (LANDMARKS, ("landmarks", "pose")),
    (ATTRIBUTES, ("gender", "booleans", "occlusion")),
    (AGE, ("age",)),
    (EMOTIONS, ("emotions",)),
    (ANNOTATED, ("annotated",)),
    (CALIBRATION, ()),
    (GROUPS, ("groups",)),
    (VIDEOS, ("videos",)),
    (RECORDED, ("recorded",)),
    (COST, ("cost",)),
)


def write(folder: Path, default: str) -> None:
    """Write the plots and the page."""
    draw(folder, default, PLOTS)
    (DOCS / "accuracy.md").write_text(page(folder, default), encoding="utf-8")


def page(folder: Path, default: str) -> str:
    """The whole page in Markdown."""
    detector, _, appearance = default.partition("+")
    found = figures_of(folder).get(default, {})
    words = {
        "default": default,
        "detector": detector,
        "appearance": appearance,
        "frames": _count(found, "synthetic, default setting: faces a frame that are no pasted one"),
        "setting": _setting(folder, default),
        "best": _value(found, "cost: best over default setting"),
    }
    parts = [HEAD.format(**words), TARGETS, "\n" + table(folder) + "\n"]
    for text, tasks in SECTIONS:
        parts.append(text.format(**words))
        parts += [_figures(load(task, folder).setups.get(default)) for task in tasks]
        if text is CALIBRATION:
            parts.append(_calibration(found))
        if text is ANNOTATED:
            parts.append(_confusions(load("annotated", folder).setups.get(default)))
    return "".join(parts) + _weights(folder)


def _count(found: Mapping[str, Figure], name: str) -> str:
    return str(found[name].of) if name in found else "some"


def _value(found: Mapping[str, Figure], name: str) -> str:
    return f"{found[name].value:g}" if name in found else "several"


def _setting(folder: Path, default: str) -> str:
    measured = load("detection", folder).setups.get(default)
    return measured.settings if measured else "the picture at two sizes"


def _figures(measured: Measured | None) -> str:
    if measured is None:
        return "\nNot measured yet.\n"
    rows = [
        f"| {each.name} | {_shown(each)} | {each.of or ''} | {each.missed or ''} |{' *' if each.tainted else ''} |"
        for each in measured.figures
    ]
    notes = sorted({each.tainted for each in measured.figures if each.tainted})
    body = _rows(("figure", "value", "of", "missed", ""), rows)
    return body + "".join(f"\n\\* does not count: {note}.\n" for note in notes)


def _shown(each: Figure) -> str:
    """A value without a unit is a share."""
    share = not each.unit
    factor, digits = (100, 1) if share else (1, 2)
    whole = not share and each.value == int(each.value)
    text = f"{factor * each.value:.{0 if whole else digits}f}"
    if each.low is not None and each.high is not None:
        text += f" [{factor * each.low:.{digits}f}, {factor * each.high:.{digits}f}]"
    return text + (" %" if share else f" {each.unit}")


def _confusions(measured: Measured | None) -> str:
    """Per annotated word how many faces were stated as what."""
    curves = measured.curves if measured else []
    rows = [f"| {each.name} | " + " | ".join(str(count or "") for count in each.of) + " |" for each in curves]
    heads = ("annotated", "stated left or down", "ahead or level", "right or up", "not found")
    return _rows(heads, rows) if rows else ""


def _calibration(found: Mapping[str, Figure]) -> str:
    rows = [
        f"| {label} | {error.value:.3f} [{error.low:.3f}, {error.high:.3f}] | {perfect:.3f} | {error.of} |"
        f" {'reached' if good else 'MISSED'} |{' *' if error.tainted else ''} |"
        for label, error, perfect, good in calibration(found)
    ]
    return _rows(("Confidence of", "ECE", "by chance", "faces", "", ""), rows)


def _rows(head: Sequence[str], rows: Iterable[str]) -> str:
    lines = ["", "| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *rows, ""]
    return "\n".join(lines)


def _weights(folder: Path) -> str:
    lines = ["\n## Weights\n", "| set-up | file | SHA-256 |", "| --- | --- | --- |"]
    seen: dict[str, dict[str, str]] = {}
    for task in ("detection", "age", "cost", "folds"):
        for setup, measured in load(task, folder).setups.items():
            seen.setdefault(setup, {}).update(measured.weights)
    lines += [f"| {setup} | `{file}` | `{sha}` |" for setup, files in seen.items() for file, sha in files.items()]
    cards = "[detector](cards/detector.md), [mesh](cards/mesh.md), [appearance](cards/appearance.md)"
    return "\n".join(lines) + f"\n\nModel cards: {cards}, [converted networks](cards/converted.md).\n"
