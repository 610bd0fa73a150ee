"""Masks, scarves, sunglasses, paint and hands drawn over faces, placed by the five points."""

import cv2
import numpy as np

from training.detector.faces import Faces, Floats, Pixels

Colour = tuple[int, int, int]

_MASK_COLOURS: tuple[Colour, ...] = (
    (150, 190, 215), (120, 170, 205), (235, 238, 240), (245, 245, 245), (25, 25, 28), (45, 48, 60),
    (140, 200, 185), (225, 160, 175), (70, 90, 130), (180, 40, 50), (205, 205, 195), (90, 100, 90),
)  # fmt: skip


def occlude(pixels: Pixels, faces: Faces, rng: np.random.Generator, chance: float) -> Faces:
    """Draw an occluder over some learnable faces with points, in place; return faces with new labels."""
    covered = faces.covered.copy()
    for i in range(len(faces)):
        height = faces.boxes[i, 3] - faces.boxes[i, 1]
        known = np.isfinite(faces.points[i]).all()
        if faces.ignored[i] or not known or height < 11 or rng.random() > chance:
            continue
        kind = rng.random()
        if kind < 0.40:
            _draw_mask(pixels, faces.boxes[i], faces.points[i], rng)
            covered[i] = 1.0
        elif kind < 0.50:
            _draw_scarf(pixels, faces.boxes[i], faces.points[i], rng)
            covered[i] = 1.0
        elif kind < 0.76:
            _draw_sunglasses(pixels, faces.points[i], rng)
        elif kind < 0.87:
            _draw_paint(pixels, faces.boxes[i], faces.points[i], rng)
        else:
            _draw_hand(pixels, faces.boxes[i], faces.points[i], rng)
            covered[i] = np.nan
    return Faces(faces.boxes, faces.points, covered, faces.ignored)


def _frame(box: Floats, points: Floats) -> tuple[Floats, Floats, Floats, float, float]:
    """Return origin between the eyes, unit vectors along and down the face, width and height."""
    across = points[1] - points[0]
    length = float(np.hypot(*across))
    angle = np.arctan2(across[1], across[0]) if length > 0.15 * (box[2] - box[0]) else 0.0
    u = np.asarray([np.cos(angle), np.sin(angle)], np.float32)
    v = np.asarray([-u[1], u[0]], np.float32)
    return (points[0] + points[1]) / 2, u, v, float(box[2] - box[0]), float(box[3] - box[1])


def _fill(pixels: Pixels, outline: Floats, colour: Colour, opacity: float = 1.0) -> None:
    """Fill an outline (K, 2) with sub-pixel accuracy, blended in its own bounds only."""
    fixed = [np.round(outline * 16).astype(np.int32)]
    if opacity >= 1.0:
        cv2.fillPoly(pixels, fixed, colour, cv2.LINE_AA, 4)
        return
    over = pixels.copy()
    cv2.fillPoly(over, fixed, colour, cv2.LINE_AA, 4)
    cv2.addWeighted(over, opacity, pixels, 1 - opacity, 0, dst=pixels)


def _mask_outline(box: Floats, points: Floats, rng: np.random.Generator) -> Floats:
    """Nose bridge, cheeks, chin: the outline of a medical mask, slid with the turn of the head."""
    middle, u, v, width, _height = _frame(box, points)
    centre = (box[:2] + box[2:]) / 2
    to_nose = float((points[2] - middle) @ v)
    turn = float((points[2] - centre) @ u)
    top = middle + v * to_nose * rng.uniform(0.3, 0.75)
    chin = float((np.asarray([centre[0], box[3]]) - middle) @ v) * rng.uniform(0.96, 1.08)
    side = width * rng.uniform(0.44, 0.52)
    cheek = to_nose * rng.uniform(0.7, 1.1)
    jaw = chin * rng.uniform(0.72, 0.86)
    mid = middle + u * float((centre - middle) @ u)
    outline = [
        mid - u * side + v * cheek,
        top + u * (turn * 0.4 - 0.16 * width) + v * to_nose * 0.16,
        top + u * turn * 0.4,
        top + u * (turn * 0.4 + 0.16 * width) + v * to_nose * 0.16,
        mid + u * side + v * cheek,
        mid + u * side * 0.9 + v * jaw,
        mid + u * (turn * 0.5 + 0.2 * width) + v * chin,
        mid + u * (turn * 0.5 - 0.2 * width) + v * chin,
        mid - u * side * 0.9 + v * jaw,
    ]
    return np.asarray(outline, np.float32)


def _draw_mask(pixels: Pixels, box: Floats, points: Floats, rng: np.random.Generator) -> None:
    colour = _vary(_MASK_COLOURS[rng.integers(len(_MASK_COLOURS))], rng, 14)
    outline = _mask_outline(box, points, rng)
    _fill(pixels, outline, colour)
    height = float(box[3] - box[1])
    if height > 18:
        shade = (int(colour[0] * 0.78), int(colour[1] * 0.78), int(colour[2] * 0.78))
        for share in rng.uniform(0.2, 0.9, rng.integers(1, 4)):  # folds
            left = outline[0] * (1 - share) + outline[8] * share
            right = outline[4] * (1 - share) + outline[5] * share
            _line(pixels, left, right, shade, 1)
        lower = np.stack([outline[8], outline[5], outline[6], outline[7]])
        _fill(pixels, lower, shade, float(rng.uniform(0.1, 0.5)))
        strap = _vary((225, 225, 225), rng, 30)
        for corner, end in ((0, 1), (4, -1)):
            away = np.asarray([-end * 0.12 * height, -0.12 * height], np.float32)
            _line(pixels, outline[corner], outline[corner] + away, strap, 1)


def _draw_scarf(pixels: Pixels, box: Floats, points: Floats, rng: np.random.Generator) -> None:
    middle, u, v, width, height = _frame(box, points)
    to_nose = float((points[2] - middle) @ v)
    top = middle + v * to_nose * rng.uniform(0.4, 0.95)
    drop = height * rng.uniform(0.65, 1.1)
    wide = width * rng.uniform(0.52, 0.7)
    bend = v * height * 0.06
    outline = np.asarray(
        [top - u * wide - bend, top + bend, top + u * wide - bend, top + u * wide * 1.2 + v * drop,
         top - u * wide * 1.2 + v * drop], np.float32,
    )  # fmt: skip
    colour = tuple(int(c) for c in rng.integers(15, 230, 3))
    _fill(pixels, outline, (colour[0], colour[1], colour[2]))
    for _ in range(int(rng.integers(0, 7))):
        a, b = rng.uniform(0, 1, 2)
        start = outline[0] * (1 - a) + outline[4] * a
        end = outline[2] * (1 - b) + outline[3] * b
        _line(pixels, start, end, tuple(int(c) for c in rng.integers(15, 230, 3)), max(1, int(height * 0.04)))


def _draw_sunglasses(pixels: Pixels, points: Floats, rng: np.random.Generator) -> None:
    across = points[1] - points[0]
    length = float(np.hypot(*across))
    if length < 5:
        return
    angle = float(np.degrees(np.arctan2(across[1], across[0])))
    dark = _vary((26, 24, 26), rng, 22)
    loud = rng.random() < 0.45  # party glasses: bright rims, mirrored or coloured lenses, odd shapes
    lens = _any_colour(rng) if loud and rng.random() < 0.5 else dark
    rim = _any_colour(rng) if loud else dark
    axes = np.asarray([length * rng.uniform(0.34, 0.48), length * rng.uniform(0.22, 0.40)], np.float32)
    shape = _lens_shape(rng, loud)
    turn = np.asarray(cv2.getRotationMatrix2D((0, 0), -angle, 1)[:, :2], np.float32)
    thick = max(1, int(length * 0.07))
    for side, eye in zip((1.0, -1.0), points[:2], strict=True):
        outline = shape * axes * (side, 1.0)
        _fill(pixels, (outline * 1.25) @ turn.T + eye, rim)
        _fill(pixels, outline @ turn.T + eye, lens)
        if loud and rng.random() < 0.5:
            glint = outline * (0.5, 0.35) - axes * (0.2, 0.3)
            _fill(pixels, glint @ turn.T + eye, _any_colour(rng), float(rng.uniform(0.3, 0.8)))
    _line(pixels, points[0], points[1], rim, thick)
    _line(pixels, points[0], points[0] - across * 0.55, rim, thick)
    _line(pixels, points[1], points[1] + across * 0.55, rim, thick)


def _lens_shape(rng: np.random.Generator, odd: bool) -> Floats:
    """Return the outline (K, 2) of a lens in -1..1: round, or angular, or a star."""
    draw = rng.random()
    if not odd or draw < 0.4:
        return np.asarray(cv2.ellipse2Poly((0, 0), (100, 100), 0, 0, 360, 20), np.float32) / 100
    corners = int(rng.integers(4, 9))
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False) + rng.uniform(0, np.pi)
    reach = np.full(corners, 1.15)
    if draw > 0.75:
        angles = np.linspace(0, 2 * np.pi, 10, endpoint=False)
        reach = np.where(np.arange(10) % 2, 0.6, 1.4)
    return np.asarray(np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None], np.float32)


def _draw_paint(pixels: Pixels, box: Floats, points: Floats, rng: np.random.Generator) -> None:
    """Paint on the face: half of it, stripes, rings around the eyes; sometimes a full beard as well."""
    middle, u, v, width, height = _frame(box, points)
    kind = rng.random()
    circle = np.asarray(cv2.ellipse2Poly((0, 0), (100, 100), 0, 0, 360, 20), np.float32) / 100
    if kind < 0.35:
        centre = (box[:2] + box[2:]) / 2
        half = circle[circle[:, 0] * rng.choice([-1.0, 1.0]) >= 0] * (width * 0.48, height * 0.5)
        _fill(pixels, half[:, :1] * u + half[:, 1:] * v + centre, _any_colour(rng), float(rng.uniform(0.4, 0.85)))
    elif kind < 0.7:
        for _ in range(int(rng.integers(2, 7))):
            start = middle + u * width * rng.uniform(-0.45, 0.45) + v * height * rng.uniform(-0.25, 0.5)
            end = start + u * width * rng.uniform(-0.3, 0.3) + v * height * rng.uniform(-0.2, 0.2)
            _line(pixels, start, end, _any_colour(rng), max(1, int(height * rng.uniform(0.02, 0.08))))
    else:
        colour, reach = _any_colour(rng), width * rng.uniform(0.12, 0.22)
        for eye in points[:2]:
            _fill(pixels, circle * reach + eye, colour, float(rng.uniform(0.4, 0.8)))
    if rng.random() < 0.5:
        mouth = (points[3] + points[4]) / 2
        beard = circle * (width * rng.uniform(0.38, 0.5), height * rng.uniform(0.2, 0.32))
        hair, opacity = _vary((60, 48, 40), rng, 40), float(rng.uniform(0.6, 0.95))
        _fill(pixels, beard[:, :1] * u + beard[:, 1:] * v + mouth + v * height * 0.1, hair, opacity)
        _fill(pixels, circle * (width * 0.14, height * 0.035) @ np.stack([u, v]) + mouth, (150, 80, 80), 0.7)


def _any_colour(rng: np.random.Generator) -> Colour:
    r, g, b = (int(c) for c in rng.integers(10, 256, 3))
    return r, g, b


def _draw_hand(pixels: Pixels, box: Floats, points: Floats, rng: np.random.Generator) -> None:
    """Three or four fingers, coloured like the face itself, from the edge towards the mouth."""
    height, width = pixels.shape[:2]
    at = np.clip((points[2] + points[0]) / 2, 0, [width - 1, height - 1]).astype(int)
    skin = _vary(tuple(int(c) for c in pixels[at[1], at[0]]), rng, 12)
    shade = tuple(int(c * 0.7) for c in skin)
    size = float(box[3] - box[1])
    side = rng.choice([-1.0, 1.0])
    base = np.asarray([(box[0] + box[2]) / 2 + side * size * rng.uniform(0.2, 0.6), box[3] + size * 0.2])
    goal = points[2 if rng.random() < 0.3 else (3 if side < 0 else 4)]
    thick = max(2, int(size * rng.uniform(0.1, 0.16)))
    along = (goal - base) / max(1e-3, float(np.hypot(*(goal - base))))
    normal = np.asarray([-along[1], along[0]])
    for k in range(int(rng.integers(2, 5))):
        shift = normal * thick * (k - 1) * 1.05
        end = goal + shift + along * size * rng.uniform(-0.1, 0.12)
        _line(pixels, base + shift * 0.8, end, shade, thick + max(1, thick // 4))
        _line(pixels, base + shift * 0.8, end, skin, thick)


def _line(pixels: Pixels, start: Floats, end: Floats, colour: tuple[int, ...], thick: int) -> None:
    a, b = (tuple(round(float(c) * 16) for c in p) for p in (start, end))
    cv2.line(pixels, a, b, colour, thick, cv2.LINE_AA, 4)


def _vary(colour: tuple[int, ...], rng: np.random.Generator, spread: int) -> Colour:
    r, g, b = (int(np.clip(c + rng.integers(-spread, spread + 1), 0, 255)) for c in colour)
    return r, g, b
