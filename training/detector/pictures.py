"""Reads the labelled collections under FACELINE_TEST_DATA into memory, one split at a time."""

import csv
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.detector.faces import Faces, Floats, Pixels, clip, join, move, one_face
from training.detector.folds import half_of

_POINT_NAMES = ("eye_l", "eye_r", "nose", "mouth_l", "mouth_r")
_MASK_BOX_SHIFT = {True: (0.20, 0.10), False: (0.165, 0.03)}
"""Human boxes of the mask scenes start at the brows: share of the height added at top and bottom."""

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Picture:
    """One whole picture with its faces; `levels` are the picture at full, half and quarter size."""

    name: str
    origin: str
    levels: tuple[Pixels, ...]
    faces: Faces

    @property
    def pixels(self) -> Pixels:
        """(H, W, 3) RGB."""
        return self.levels[0]


@dataclass(frozen=True, slots=True)
class Crop:
    """One cut-out face with a little of its surroundings, to be pasted into other pictures."""

    name: str
    origin: str
    pixels: Pixels
    face: Faces


def pyramid(pixels: Pixels) -> tuple[Pixels, ...]:
    """Return the picture at full, half and quarter size, so that strong shrinking does not alias."""
    half = _half(pixels)
    return pixels, half, _half(half)


def load_detection(root: Path, splits: tuple[str, ...]) -> list[Picture]:
    """Read `data/detection`: whole pictures with boxes, points and boxes to ignore."""
    folder = root / "detection"
    boxes = _by_file(folder / "detection_boxes.csv")
    pictures = {r["file"]: r for r in _rows(folder / "detection_pictures.csv") if r["split"] in splits}
    return [
        Picture(name, pictures[name]["origin"], pyramid(pixels), _detection_faces(pictures[name], boxes[name]))
        for name, pixels in _archive(folder / "detection.tar.gz", set(pictures))
    ]


def load_scenes(root: Path, splits: tuple[str, ...]) -> list[Picture]:
    """Read `stills/scenes`, human boxes moved to the WIDER convention; no points."""
    folder = root / "stills"
    boxes = _by_file(folder / "scenes_boxes.csv")
    rows = {r["file"]: r for r in _rows(folder / "scenes_labels.csv") if r["split"] in splits}
    return [
        Picture(name, f"scenes_{rows[name]['origin']}", pyramid(pixels), join([_scene_face(b) for b in boxes[name]]))
        for name, pixels in _archive(folder / "scenes.tar.gz", set(rows))
    ]


def load_noface(root: Path, splits: tuple[str, ...], left_out: int | None = None) -> list[Picture]:
    """Read `stills/noface`: pictures without any human face; `left_out` names a half that is not read."""
    folder = root / "stills"
    labels = [r for r in _rows(folder / "noface_labels.csv") if half_of(r["file"]) != left_out]
    rows = {r["file"]: r for r in labels if r["split"] in splits}
    archive = _archive(folder / "noface.tar.gz", set(rows))
    return [Picture(name, f"noface_{rows[name]['kind']}", pyramid(pixels), Faces.none()) for name, pixels in archive]


def load_crops(root: Path, splits: tuple[str, ...], origins: tuple[str, ...]) -> list[Crop]:
    """Read cut-out faces of the stills named in `origins`: celeba, utkface, landmarks68, masks."""
    readers = {
        "celeba": ("attributes_celeba", _boxed_crop),
        "utkface": ("age_utkface", _boxed_crop),
        "landmarks68": ("landmarks68", _landmark_crop),
        "masks": ("masks", _mask_crop),
    }
    crops: list[Crop] = []
    for origin in origins:
        archive, reader = readers[origin]
        labels = _rows(root / "stills" / f"{archive}_labels.csv")
        faces = {r["file"]: reader(r) for r in labels if r["split"] in splits}
        wanted = {name: face for name, face in faces.items() if face is not None}
        subset = {r["file"]: r.get("subset") or r.get("origin") or "" for r in labels}
        for name, pixels in _archive(root / "stills" / f"{archive}.tar.gz", set(wanted)):
            crops.append(Crop(name, f"{origin}_{subset[name]}".rstrip("_"), pixels, wanted[name]))
    return crops


def cut_outs(pictures: list[Picture], lowest: float, rng: np.random.Generator) -> list[Crop]:
    """Cut every learnable face of `lowest` px or more out with its surroundings: half to one and a half faces around.

    The face comes first in the table of its crop, its neighbours after it.
    """
    crops = []
    for picture in pictures:
        high, wide = picture.pixels.shape[:2]
        tall = picture.faces.boxes[:, 3] - picture.faces.boxes[:, 1]
        for i in np.flatnonzero(~picture.faces.ignored & (tall >= lowest)):
            margins = rng.uniform(0.5, 1.5, 4) * tall[i] * (-1, -1, 1, 1)
            window = np.clip(picture.faces.boxes[i] + margins, 0, (wide, high, wide, high)).astype(int)
            left, top, right, bottom = window
            order = np.r_[i, np.setdiff1d(np.arange(len(tall)), i)]
            shift = np.asarray([[1, 0, -left], [0, 1, -top]], np.float32)
            faces = clip(move(picture.faces.select(order), shift, False), right - left, bottom - top, 0.0)
            pixels = np.ascontiguousarray(picture.pixels[top:bottom, left:right])
            crops.append(Crop(f"{picture.name}#{i}", f"cutout_{picture.origin}", pixels, faces))
    return crops


def landmark_points(row: Row) -> Floats:
    """Return the five points (5, 2) of a row with 68 points in the order of 300-W."""
    xy = np.asarray([[float(row[f"x{i}"]), float(row[f"y{i}"])] for i in range(68)], np.float32)
    return np.stack([xy[36:42].mean(0), xy[42:48].mean(0), xy[30], xy[48], xy[54]])


def _detection_faces(picture: Row, rows: list[Row]) -> Faces:
    # CelebA portraits practically never show a mask; elsewhere nobody looked for one.
    covered = 0.0 if picture["origin"] in {"celeba_wild", "helen"} else np.nan
    faces = []
    for row in rows:
        x, y, w, h = (float(row[k]) for k in "xywh")
        face = one_face((x, y, x + w, y + h), _points(row), covered)
        ignored = np.asarray([row["use"] != "agree"])
        faces.append(Faces(face.boxes, face.points, face.covered, ignored))
    return join(faces)


def _points(row: Row) -> Floats | None:
    if not row["nose_x"]:
        return None
    return np.asarray([[float(row[f"{n}_x"]), float(row[f"{n}_y"])] for n in _POINT_NAMES], np.float32)


def _scene_face(row: Row) -> Faces:
    x, y, w, h = (float(row[k]) for k in "xywh")
    if row["label"] == "face":
        return one_face((x, y, x + w, y + h), None, 0.0)
    masked = row["label"] != "without_mask"
    top, bottom = _MASK_BOX_SHIFT[masked]
    return one_face((x, y - top * h, x + w, y + (1 + bottom) * h), None, float(masked))


def _boxed_crop(row: Row) -> Faces | None:
    """Take a crop whose teacher box lies nearly inside it; the box is cut to the crop."""
    if not row["face_x"]:
        return None
    x, y, w, h = (float(row[f"face_{k}"]) for k in "xywh")
    width, height = float(row["width"]), float(row["height"])
    if x < -0.1 * w or y < -0.1 * h or x + w > width + 0.1 * w or y + h > height + 0.1 * h:
        return None
    return one_face((max(x, 0), max(y, 0), min(x + w, width), min(y + h, height)), None, 0.0)


def _landmark_crop(row: Row) -> Faces:
    xy = np.asarray([[float(row[f"x{i}"]), float(row[f"y{i}"])] for i in range(68)], np.float32)
    (left, top), (right, bottom) = xy.min(0), xy.max(0)
    covered = np.nan if row["face_occluded"] != "0" else 0.0
    # the points end at the brows: a quarter more takes in the forehead, as in `scenes`
    return one_face((left, top - 0.25 * (bottom - top), right, bottom), landmark_points(row), covered)


def _mask_crop(row: Row) -> Faces | None:
    """The crops are 1.6 times the longer side of the face, centred, where they are square."""
    width, height = float(row["width"]), float(row["height"])
    if width != height:
        return None
    tall = width / 1.6
    wide = 0.76 * tall
    box = ((width - wide) / 2, (height - tall) / 2, (width + wide) / 2, (height + tall) / 2)
    return one_face(box, None, float(row["mask"]))


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _by_file(path: Path) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(path):
        grouped[row["file"]].append(row)
    return grouped


def _archive(path: Path, names: set[str]) -> Iterator[tuple[str, Pixels]]:
    """Yield (name, RGB pixels) of the wanted members, in the order of their names."""
    with tarfile.open(path) as tar:
        members = {Path(m.name).name: m for m in tar.getmembers() if m.isfile()}
        encoded = {}
        for name, member in members.items():
            stream = tar.extractfile(member) if name in names else None
            if stream is not None:
                encoded[name] = stream.read()
    for name in sorted(encoded):
        bgr = np.asarray(cv2.imdecode(np.frombuffer(encoded[name], np.uint8), cv2.IMREAD_COLOR), np.uint8)
        yield name, np.ascontiguousarray(bgr[:, :, ::-1])


def _half(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    size = (max(1, width // 2), max(1, height // 2))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
