"""Pictures without faces that detectors take for faces: lettering, signs, icons, drawn faces, heads
from behind, bare skin, dark lenses. All are rendered, so they cost no collection and no licence."""

import cv2
import numpy as np

from training.detector.faces import Pixels

_SIDE = 352
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)  # fmt: skip
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789&@%!?#$"

Colour = tuple[int, int, int]


def drawn_pictures(rng: np.random.Generator, count: int, textures: list[Pixels]) -> list[Pixels]:
    """Render `count` face-free pictures (352, 352, 3) RGB; `textures` are photographs without faces."""
    scenes = (_lettering, _lettering, _placard, _placard, _icons, _icons, _backs, _skin, _lenses, _pattern)
    pictures = []
    for i in range(count):
        pixels = _ground(rng, textures)
        scenes[i % len(scenes)](pixels, rng)
        pictures.append(pixels)
    return pictures


def stamp_text(pixels: Pixels, rng: np.random.Generator, height: float, at: tuple[int, int]) -> None:
    """Write one short word with its lower left corner at `at` (x, y), in place."""
    text = "".join(rng.choice(list(_LETTERS), int(rng.integers(1, 6))))
    font = int(rng.choice(_FONTS))
    thick = max(1, int(height * rng.uniform(0.04, 0.22)))
    scale = height / 22.0
    if rng.random() < 0.5:
        (w, h), _ = cv2.getTextSize(text, font, scale, thick)
        edge = int(height * 0.25)
        corner = (at[0] - edge, at[1] + edge)
        cv2.rectangle(pixels, corner, (at[0] + w + edge, at[1] - h - edge), _colour(rng), -1)
    cv2.putText(pixels, text, at, font, scale, _colour(rng), thick, cv2.LINE_AA)


def _ground(rng: np.random.Generator, textures: list[Pixels]) -> Pixels:
    """A plain colour, a gradient, soft clouds, or a part of a photograph."""
    kind = rng.random()
    if kind < 0.35 and textures:
        source = textures[rng.integers(len(textures))]
        return np.ascontiguousarray(cv2.resize(source, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA))
    a, b = np.asarray(_colour(rng), np.float32), np.asarray(_colour(rng), np.float32)
    if kind < 0.55:
        blend = np.full((_SIDE, _SIDE, 1), rng.random(), np.float32)
    elif kind < 0.75:
        ramp = np.linspace(0, 1, _SIDE, dtype=np.float32)
        blend = np.broadcast_to(ramp[:, None, None], (_SIDE, _SIDE, 1))
    else:
        coarse = rng.random((int(rng.integers(3, 24)), int(rng.integers(3, 24)))).astype(np.float32)
        smooth = cv2.resize(coarse, (_SIDE, _SIDE), interpolation=cv2.INTER_CUBIC)
        blend = np.asarray(smooth, np.float32)[:, :, None]
    return np.clip(a * (1 - blend) + b * blend, 0, 255).astype(np.uint8)


def _lettering(pixels: Pixels, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(4, 26))):
        height = float(np.exp(rng.uniform(np.log(8), np.log(120))))
        stamp_text(pixels, rng, height, (int(rng.integers(-20, _SIDE - 20)), int(rng.integers(10, _SIDE + 20))))


def _placard(pixels: Pixels, rng: np.random.Generator) -> None:
    """Signs with one or two thick letters: dark strokes on light boards and the reverse."""
    for _ in range(int(rng.integers(2, 12))):
        size = float(np.exp(rng.uniform(np.log(14), np.log(150))))
        x, y = (int(v) for v in rng.uniform(-10, _SIDE - 10, 2))
        light, dark = int(rng.integers(170, 256)), int(rng.integers(0, 80))
        board, ink = (light, dark) if rng.random() < 0.7 else (dark, light)
        tint = rng.uniform(0.75, 1.0, 3)
        cv2.rectangle(pixels, (x, y), (x + int(size * 1.6), y + int(size * 1.3)), [int(board * t) for t in tint], -1)
        text = "".join(rng.choice(list(_LETTERS), int(rng.integers(1, 4))))
        thick = max(1, int(size * rng.uniform(0.06, 0.2)))
        base = (x + int(size * 0.15), y + int(size * 1.05))
        colour = [int(ink * t) for t in tint[::-1]]
        cv2.putText(pixels, text, base, int(rng.choice(_FONTS)), size / 24.0, colour, thick, cv2.LINE_AA)


def _icons(pixels: Pixels, rng: np.random.Generator) -> None:
    """Smileys, line faces, person signs, clocks and buttons."""
    for _ in range(int(rng.integers(3, 16))):
        size = float(np.exp(rng.uniform(np.log(9), np.log(110))))
        x, y = rng.uniform(0, _SIDE, 2)
        kind = rng.random()
        if kind < 0.5:
            _line_face(pixels, rng, x, y, size)
        elif kind < 0.75:
            _person_sign(pixels, rng, x, y, size)
        else:
            _button(pixels, rng, x, y, size)


def _line_face(pixels: Pixels, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    ink, paper = _colour(rng), _colour(rng)
    thick = max(1, int(size * rng.uniform(0.02, 0.07)))
    axes = (size * rng.uniform(0.34, 0.52), size * 0.5)
    if rng.random() < 0.6:
        _ellipse(pixels, (x, y), axes, paper, -1)
    _ellipse(pixels, (x, y), axes, ink, thick)
    eye = size * rng.uniform(0.03, 0.09)
    apart, level = size * rng.uniform(0.13, 0.2), y - size * rng.uniform(0.05, 0.15)
    for side in (-1, 1):
        _ellipse(
            pixels, (x + side * apart, level), (eye, eye * rng.uniform(0.6, 1.4)), ink, -1 if rng.random() < 0.7 else 1
        )
    if rng.random() < 0.5:
        _ellipse(pixels, (x, y + size * 0.05), (size * 0.03, size * 0.06), ink, 1)
    if rng.random() < 0.4:
        _ellipse(pixels, (x, y - size * 0.25), (axes[0], size * 0.3), ink, -1, 180, 360)  # hair
    bend = float(rng.choice([0, 180]))
    mouth = (size * rng.uniform(0.1, 0.24), size * rng.uniform(0.04, 0.16))
    _ellipse(pixels, (x, y + size * 0.2), mouth, ink, thick if rng.random() < 0.7 else -1, bend, bend + 180)


def _person_sign(pixels: Pixels, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    ink = _colour(rng)
    _ellipse(pixels, (x, y), (size * 0.22, size * 0.25), ink, -1)
    _ellipse(pixels, (x, y + size * 0.75), (size * 0.42, size * 0.45), ink, -1, 180, 360)


def _button(pixels: Pixels, rng: np.random.Generator, x: float, y: float, size: float) -> None:
    ink = _colour(rng)
    _ellipse(pixels, (x, y), (size * 0.5, size * 0.5), _colour(rng), -1)
    _ellipse(pixels, (x, y), (size * 0.5, size * 0.5), ink, max(1, int(size * 0.05)))
    for angle in rng.uniform(0, 2 * np.pi, int(rng.integers(0, 5))):
        spot = (x + np.cos(angle) * size * 0.25, y + np.sin(angle) * size * 0.25)
        _ellipse(pixels, spot, (size * 0.05, size * 0.05), ink, -1)


def _backs(pixels: Pixels, rng: np.random.Generator) -> None:
    """Heads from behind: hair without a face, a neck, shoulders."""
    for _ in range(int(rng.integers(2, 11))):
        size = float(np.exp(rng.uniform(np.log(12), np.log(150))))
        x, y = rng.uniform(0, _SIDE, 2)
        hair, coat = _hair(rng), _colour(rng)
        _ellipse(pixels, (x, y + size * 1.15), (size * 0.95, size * 0.7), coat, -1, 180, 360)
        neck = (size * 0.2, size * 0.35)
        _ellipse(pixels, (x, y + size * 0.5), neck, _skin_colour(rng), -1)
        if rng.random() < 0.5:
            for side in (-1, 1):
                _ellipse(pixels, (x + side * size * 0.38, y), (size * 0.07, size * 0.13), _skin_colour(rng), -1)
        axes = (size * rng.uniform(0.34, 0.44), size * rng.uniform(0.45, 0.55))
        _ellipse(pixels, (x, y), axes, hair, -1)
        for _ in range(int(rng.integers(3, 14))):
            swing = rng.uniform(-1, 1) * axes[0] * 0.8
            light = tuple(int(min(255, c * rng.uniform(0.7, 1.5) + 6)) for c in hair)
            _ellipse(pixels, (x + swing * 0.6, y), (abs(swing) * 0.5, axes[1] * 0.9), light, 1, 200, 340)


def _skin(pixels: Pixels, rng: np.random.Generator) -> None:
    """Skin without features: arms, knees, fists, fingers."""
    for _ in range(int(rng.integers(3, 14))):
        skin = _skin_colour(rng)
        shade = tuple(int(c * 0.72) for c in skin)
        size = float(np.exp(rng.uniform(np.log(10), np.log(140))))
        x, y = rng.uniform(0, _SIDE, 2)
        if rng.random() < 0.5:
            _ellipse(pixels, (x, y), (size * rng.uniform(0.3, 0.5), size * 0.5), skin, -1)
            _ellipse(pixels, (x, y), (size * 0.3, size * 0.4), shade, 1, 20, 160)
            continue
        angle = rng.uniform(0, 2 * np.pi)
        along = np.asarray([np.cos(angle), np.sin(angle)])
        normal = np.asarray([-along[1], along[0]])
        thick = max(2, int(size * 0.16))
        for k in range(4):
            start = np.asarray([x, y]) + normal * thick * 1.1 * k
            end = start + along * size * rng.uniform(0.5, 0.8)
            _stroke(pixels, start, end, shade, thick + 2)
            _stroke(pixels, start, end, skin, thick)
    if rng.random() < 0.6:
        pixels[:] = cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.6, 3)))


def _lenses(pixels: Pixels, rng: np.random.Generator) -> None:
    """Sunglasses lying about, pairs of holes, sockets, wheels."""
    for _ in range(int(rng.integers(2, 9))):
        size = float(np.exp(rng.uniform(np.log(12), np.log(160))))
        x, y = rng.uniform(0, _SIDE, 2)
        dark = tuple(int(c) for c in rng.integers(0, 60, 3))
        axes = (size * rng.uniform(0.16, 0.24), size * rng.uniform(0.1, 0.22))
        gap = size * rng.uniform(0.22, 0.3)
        for side in (-1, 1):
            _ellipse(pixels, (x + side * gap, y), axes, dark, -1)
        if rng.random() < 0.7:
            _ellipse(pixels, (x, y), (gap * 0.5, size * 0.06), dark, max(1, int(size * 0.03)), 180, 360)


def _pattern(pixels: Pixels, rng: np.random.Generator) -> None:
    """Bricks, stripes, dots: repeated texture of high contrast."""
    step = int(rng.integers(5, 50))
    ink = _colour(rng)
    kind = rng.random()
    for y in range(0, _SIDE, step):
        if kind < 0.35:
            pixels[y : y + step // 2] = ink
            continue
        for x in range(0, _SIDE, step):
            if kind < 0.7:
                _ellipse(pixels, (x, y), (step * 0.35, step * rng.uniform(0.2, 0.4)), ink, -1)
            elif (x // step + y // step) % 2:
                pixels[y : y + step, x : x + step] = ink


def _ellipse(
    pixels: Pixels, centre: tuple[float, float], axes: tuple[float, float], colour: tuple[int, ...],
    thick: int, start: float = 0, end: float = 360,
) -> None:  # fmt: skip
    at = (int(centre[0] * 16), int(centre[1] * 16))
    size = (max(8, int(axes[0] * 16)), max(8, int(axes[1] * 16)))
    cv2.ellipse(pixels, at, size, 0, start, end, colour, thick, cv2.LINE_AA, 4)


def _stroke(pixels: Pixels, start: np.ndarray, end: np.ndarray, colour: tuple[int, ...], thick: int) -> None:
    a, b = (tuple(int(c) for c in p) for p in (start, end))
    cv2.line(pixels, a, b, colour, thick, cv2.LINE_AA)


def _colour(rng: np.random.Generator) -> Colour:
    if rng.random() < 0.4:
        level = int(rng.choice([5, 20, 235, 250, 128]))
        return level, level, level
    r, g, b = (int(c) for c in rng.integers(0, 256, 3))
    return r, g, b


def _skin_colour(rng: np.random.Generator) -> Colour:
    base = np.asarray([224, 176, 148]) * rng.uniform(0.3, 1.1) + rng.normal(0, 8, 3)
    r, g, b = (int(c) for c in np.clip(base, 5, 250))
    return r, g, b


def _hair(rng: np.random.Generator) -> Colour:
    tones = ((18, 14, 12), (40, 28, 20), (75, 50, 32), (120, 85, 50), (190, 160, 110), (150, 150, 150))
    r, g, b = (int(np.clip(c + rng.integers(-10, 11), 0, 255)) for c in tones[rng.integers(len(tones))])
    return r, g, b
