"""Training canvases: 320x320 mosaics of whole pictures, pasted faces and face-free tiles.

Each canvas is cut into 1, 4, 9 or 16 tiles. A tile shows part of one picture around one of its
faces, drawn at a chosen height; or small faces pasted with soft edges on a face-free picture, with
decoys pasted the same way; or no face at all: photographs, rendered lettering and icons, and
places where an earlier state of the network saw a face that is none.
"""

import itertools
from dataclasses import dataclass

import cv2
import numpy as np

from training.detector.augment import Photometry
from training.detector.drawn import stamp_text
from training.detector.faces import Faces, Floats, Pixels, clip, join, move
from training.detector.occluders import occlude
from training.detector.pictures import Crop, Picture

SIDE = 320
SMALLEST = 8.0
"""Faces lower than this many canvas pixels are neither faces nor background."""

_GRIDS = (1, 2, 3, 4)
_GRID_SHARES = (0.24, 0.37, 0.26, 0.13)
_LARGEST = 280.0


@dataclass(frozen=True, slots=True)
class Source:
    """Pictures of one kind and the share of tiles they get."""

    share: float
    pictures: tuple[Picture, ...]
    picks: Floats
    """(P,) probability of each picture."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A place (left, top, right, bottom) in a picture where the network saw a face that is none."""

    picture: Picture
    box: Floats


@dataclass(frozen=True, slots=True)
class Material:
    """Everything canvases are made of."""

    sources: tuple[Source, ...]
    crops: tuple[Crop, ...]
    empty: tuple[Picture, ...]
    """Photographs without faces, then rendered pictures without faces."""
    pasted_share: float
    empty_share: float
    mistake_share: float


@dataclass(frozen=True, slots=True)
class Canvas:
    """One training canvas."""

    pixels: Pixels
    """(320, 320, 3) RGB."""
    faces: Faces


def make_source(share: float, pictures: list[Picture]) -> Source:
    """Favour pictures with many faces, by the square root of their number."""
    counts = np.asarray([max(1, np.count_nonzero(~p.faces.ignored)) for p in pictures], np.float64)
    picks = np.sqrt(counts)
    return Source(share, tuple(pictures), (picks / picks.sum()).astype(np.float64))


class CanvasMaker:
    """Draws canvases from one generator, so that a seed gives the same stream of canvases."""

    def __init__(self, material: Material, rng: np.random.Generator) -> None:
        self._material = material
        self._rng = rng
        self._light = Photometry(rng)
        self.mistakes: list[Mistake] = []
        self.doubts: dict[str, Faces] = {}
        shares = [s.share for s in material.sources]
        shares += [material.pasted_share, material.empty_share, material.mistake_share]
        self._shares = np.cumsum(shares) / np.sum(shares)

    def make(self) -> Canvas:
        """Return the next canvas."""
        rng = self._rng
        grid = int(rng.choice(_GRIDS, p=_GRID_SHARES))
        pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
        parts: list[Faces] = []
        rows = _cuts(rng, grid)
        for top, bottom in itertools.pairwise(rows):
            columns = _cuts(rng, grid)
            for left, right in itertools.pairwise(columns):
                tile, faces = self._tile(right - left, bottom - top)
                pixels[top:bottom, left:right] = tile
                parts.append(move(faces, np.asarray([[1, 0, left], [0, 1, top]], np.float32), False))
        return Canvas(self._light.canvas(pixels), join(parts))

    def _tile(self, width: int, height: int) -> tuple[Pixels, Faces]:
        rng, sources = self._rng, self._material.sources
        kind = int(np.searchsorted(self._shares, rng.random(), side="right"))
        if kind < len(sources):
            source = sources[kind]
            picture = source.pictures[int(rng.choice(len(source.pictures), p=source.picks))]
            pixels, faces = self._around_face(picture, width, height)
            faces = occlude(pixels, faces, rng, 0.16)
            if rng.random() < 0.12:
                _stamp_beside(pixels, faces, rng)
        elif kind == len(sources):
            pixels, faces = self._pasted(width, height)
            faces = occlude(pixels, faces, rng, 0.12)
        elif kind == len(sources) + 1 or not self.mistakes:
            pixels, faces = self._empty(width, height), Faces.none()
        else:
            pixels, faces = self._mistake(width, height)
        return self._light.tile(pixels), faces

    def _around_face(self, picture: Picture, width: int, height: int) -> tuple[Pixels, Faces]:
        """Draw a picture so that one of its faces gets a chosen height inside the tile."""
        rng = self._rng
        learnable = np.flatnonzero(~picture.faces.ignored)
        if not len(learnable):
            return self._view(picture, _centre(picture), float(rng.uniform(0.4, 1.2)), width, height)
        box = picture.faces.boxes[rng.choice(learnable)]
        largest = min(0.95 * min(width, height), _LARGEST)
        ceiling = min(34.0, largest) if rng.random() < 0.5 else largest
        wanted = float(np.exp(rng.uniform(np.log(8.5), np.log(ceiling))))
        scale = min(wanted / max(1.0, float(box[3] - box[1])), 1.7)
        return self._view(picture, (box[:2] + box[2:]) / 2, scale, width, height)

    def _view(self, picture: Picture, focus: Floats, scale: float, width: int, height: int) -> tuple[Pixels, Faces]:
        """Draw the picture at `scale` with `focus` (x, y) somewhere in the tile; mirror, turn, stretch."""
        rng = self._rng
        high, wide = picture.pixels.shape[:2]
        fill = rng.random() < 0.85 or width == SIDE
        if fill:
            scale = max(scale, 0.87 * width / wide, 0.87 * height / high)
        target: Floats = np.asarray([width, height]) * rng.uniform(0.12, 0.88, 2)
        mirrored = bool(rng.random() < 0.5)
        turn = _angle(rng)
        stretch = np.exp(rng.normal(0, 0.05))
        scales = np.asarray([scale * np.sqrt(stretch), scale / np.sqrt(stretch)])
        if fill and abs(turn) < 0.2:
            target = _slide(target, focus, scales, (wide, high), (width, height), mirrored)
        matrix = _matrix(scales, turn, mirrored, focus, target)
        pixels = warp(picture, matrix, scale, width, height, int(rng.integers(0, 256)))
        faces = join([picture.faces, self.doubts.get(picture.name, Faces.none())])
        return pixels, clip(move(faces, matrix, mirrored), width, height, SMALLEST)

    def _pasted(self, width: int, height: int) -> tuple[Pixels, Faces]:
        """Paste small faces and decoys with soft edges on a face-free ground."""
        rng = self._rng
        pixels = self._empty(width, height)
        largest = min(0.6 * min(width, height), 120.0)
        typical = float(np.exp(rng.uniform(np.log(9.0), np.log(largest))))
        faces: list[Faces] = []
        taken = np.zeros((0, 4), np.float32)
        for _ in range(int(rng.integers(1, 3 + int(min(14, width * height / (typical * 3) ** 2))))):
            wanted = float(np.clip(typical * np.exp(rng.normal(0, 0.25)), 8.5, largest))
            crop = self._material.crops[rng.integers(len(self._material.crops))]
            placed = self._paste(pixels, crop, wanted, taken)
            if placed is None:
                continue
            taken = np.concatenate([taken, placed[0]])
            faces.append(placed[1])
        return pixels, clip(join(faces), width, height, SMALLEST)

    def _paste(self, pixels: Pixels, crop: Crop, wanted: float, taken: Floats) -> tuple[Floats, Faces] | None:
        """Paste one crop, or one time in eight a decoy of the same shape; None where no room is left."""
        rng = self._rng
        height, width = pixels.shape[:2]
        box = crop.face.boxes[0]
        scale = min(wanted / float(box[3] - box[1]), 1.5)
        mirrored = bool(rng.random() < 0.5)
        source_high, source_wide = crop.pixels.shape[:2]
        out_w, out_h = int(source_wide * scale) + 1, int(source_high * scale) + 1
        left, top = (
            int(rng.integers(-out_w // 5, max(1, width - out_w * 4 // 5))),
            int(rng.integers(-out_h // 5, max(1, height - out_h * 4 // 5))),
        )
        area = np.asarray([[left, top, left + out_w, top + out_h]], np.float32)
        if _overlaps(area[0], taken):
            return None
        turn = _angle(rng) * 0.7
        scales = np.asarray([scale, scale])
        middle = np.asarray([source_wide / 2, source_high / 2])
        matrix = _matrix(scales, turn, mirrored, middle, np.asarray([out_w / 2, out_h / 2]))
        decoy = rng.random() < 0.125
        shown = self._empty(source_wide, source_high) if decoy else crop.pixels
        patch, alpha = _patch(shown, matrix, scale, out_w, out_h, float(rng.uniform(0.0, 0.16)))
        _blend(pixels, patch, alpha, left, top)
        if decoy:
            return area, Faces.none()
        matrix[:, 2] += (left, top)
        return area, move(crop.face, matrix, mirrored)

    def _empty(self, width: int, height: int) -> Pixels:
        """Return part of a face-free picture."""
        rng, empty = self._rng, self._material.empty
        picture = empty[rng.integers(len(empty))]
        high, wide = picture.pixels.shape[:2]
        focus = np.asarray([wide, high]) * rng.uniform(0.15, 0.85, 2)
        scale = float(np.exp(rng.uniform(np.log(0.25), np.log(1.4))))
        return self._view(picture, focus.astype(np.float32), scale, width, height)[0]

    def _mistake(self, width: int, height: int) -> tuple[Pixels, Faces]:
        """Show a place that was taken for a face, at the size at which it was or another one."""
        rng = self._rng
        mistake = self.mistakes[rng.integers(len(self.mistakes))]
        size = float(mistake.box[3] - mistake.box[1])
        wanted = float(np.exp(rng.uniform(np.log(8), np.log(min(0.8 * min(width, height), 200)))))
        scale = min(wanted / size, 1.7)
        return self._view(mistake.picture, (mistake.box[:2] + mistake.box[2:]) / 2, scale, width, height)


def warp(picture: Picture, matrix: Floats, scale: float, width: int, height: int, border: int) -> Pixels:
    """Draw a picture through a 2x3 matrix from the pyramid level that shrinks it least below half."""
    level = min(len(picture.levels) - 1, max(0, int(np.floor(np.log2(0.8 / max(scale, 1e-3))))))
    source = picture.levels[level]
    full_high, full_wide = picture.pixels.shape[:2]
    ratio = np.asarray([full_wide / source.shape[1], full_high / source.shape[0]])
    adjusted = matrix.copy()
    # pixel centres lie at half coordinates, OpenCV counts them as whole ones
    adjusted[:, 2] += matrix[:, :2] @ (ratio * 0.5) - 0.5
    adjusted[:, :2] = matrix[:, :2] * ratio
    out = cv2.warpAffine(
        source, adjusted, (width, height), flags=cv2.INTER_LINEAR, borderValue=(border, border, border)
    )
    return np.asarray(out, np.uint8)


def _matrix(scales: Floats, turn: float, mirrored: bool, focus: Floats, target: Floats) -> Floats:
    """Mirror, scale, turn about `focus` and bring it to `target`."""
    flip = np.asarray([-1.0 if mirrored else 1.0, 1.0])
    rotation = np.asarray([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    linear = rotation @ np.diag(scales * flip)
    return np.concatenate([linear, (target - linear @ focus)[:, None]], axis=1).astype(np.float32)


def _slide(
    target: Floats, focus: Floats, scales: Floats, source: tuple[int, int], tile: tuple[int, int], mirrored: bool
) -> Floats:
    """Move the target so that the drawn picture leaves no gap in the tile, where it is large enough."""
    out = np.empty(2)
    for axis in range(2):
        before = focus[axis] * scales[axis]
        after = (source[axis] - focus[axis]) * scales[axis]
        if axis == 0 and mirrored:
            before, after = after, before
        low, high = tile[axis] - after, before  # gap-free exactly for low <= target <= high
        out[axis] = np.clip(target[axis], low, high) if low <= high else target[axis]
    return np.clip(out, 2, np.asarray(tile) - 2)


def _patch(source: Pixels, matrix: Floats, scale: float, width: int, height: int, soft: float) -> tuple[Pixels, Floats]:
    """Return a crop drawn through the matrix and its opacity (H, W, 1), falling to 0 at the edge."""
    high, wide = source.shape[:2]
    if scale < 0.5:  # shrink first, so that the drawing does not alias
        small = (max(2, round(wide * scale * 1.2)), max(2, round(high * scale * 1.2)))
        source = np.asarray(cv2.resize(source, small, interpolation=cv2.INTER_AREA), np.uint8)
        matrix = matrix.copy()
        matrix[:, 0] *= wide / small[0]
        matrix[:, 1] *= high / small[1]
        high, wide = small[1], small[0]
    across = np.minimum(np.arange(wide) + 0.5, wide - np.arange(wide) - 0.5) / max(1.0, soft * wide)
    down = np.minimum(np.arange(high) + 0.5, high - np.arange(high) - 0.5) / max(1.0, soft * high)
    opacity = np.minimum(across[None], 1.0) * np.minimum(down[:, None], 1.0)
    patch = cv2.warpAffine(source, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(opacity.astype(np.float32), matrix, (width, height), flags=cv2.INTER_LINEAR)
    return np.asarray(patch, np.uint8), np.asarray(alpha, np.float32)[:, :, None]


def _blend(pixels: Pixels, patch: Pixels, alpha: Floats, left: int, top: int) -> None:
    height, width = pixels.shape[:2]
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + patch.shape[1]), min(height, top + patch.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    cut = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
    under = pixels[y0:y1, x0:x1]
    mixed = under + (patch[cut].astype(np.float32) - under) * alpha[cut]
    pixels[y0:y1, x0:x1] = mixed.astype(np.uint8)


def _overlaps(area: Floats, taken: Floats) -> bool:
    """True where the middle parts of two pasted crops would meet."""
    if not len(taken):
        return False
    shrink = np.asarray([0.2, 0.15, -0.2, -0.15])
    size = np.tile(taken[:, 2:] - taken[:, :2], 2)
    inner = taken + shrink * size
    return bool(
        ((inner[:, 0] < area[2]) & (inner[:, 2] > area[0]) & (inner[:, 1] < area[3]) & (inner[:, 3] > area[1])).any()
    )


def _stamp_beside(pixels: Pixels, faces: Faces, rng: np.random.Generator) -> None:
    """Write a word where it covers no face: letters on placards look like faces to a young network."""
    height, width = pixels.shape[:2]
    size = float(np.exp(rng.uniform(np.log(8), np.log(max(9.0, height * 0.35)))))
    for _ in range(3):
        x, y = float(rng.uniform(0, width * 0.8)), float(rng.uniform(size, height))
        zone = np.asarray([x - size * 0.3, y - size * 1.4, x + size * 5, y + size * 0.6], np.float32)
        b = faces.boxes
        clear = (b[:, 0] > zone[2]) | (b[:, 2] < zone[0]) | (b[:, 1] > zone[3]) | (b[:, 3] < zone[1])
        if bool(clear.all()):
            stamp_text(pixels, rng, size, (int(x), int(y)))
            return


def _cuts(rng: np.random.Generator, grid: int) -> list[int]:
    step = SIDE / grid
    inner = [round(step * (i + rng.uniform(-0.2, 0.2))) for i in range(1, grid)]
    return [0, *inner, SIDE]


def _angle(rng: np.random.Generator) -> float:
    # with one turned face in ten the points stayed upright whatever the roll; with one in three they follow it
    draw = rng.random()
    if draw < 0.32:
        return float(np.radians(rng.uniform(-70, 70)))
    return float(np.radians(rng.normal(0, 12))) if draw < 0.6 else 0.0


def _centre(picture: Picture) -> Floats:
    height, width = picture.pixels.shape[:2]
    return np.asarray([width / 2, height / 2], np.float32)
