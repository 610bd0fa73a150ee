"""Photometric changes: light, contrast, colour, blur, noise and compression, all on uint8 RGB."""

import cv2
import numpy as np

from training.detector.faces import Floats, Pixels

_NOISE_SIDE = 1024


class Photometry:
    """Random photometric changes drawn from one generator; keeps a bank of noise to cut from."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._noise = rng.standard_normal((_NOISE_SIDE, _NOISE_SIDE, 3), dtype=np.float32)

    def tile(self, pixels: Pixels) -> Pixels:
        """Change light, colour and sharpness of one tile."""
        rng = self._rng
        if rng.random() < 0.13:
            grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
            pixels = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
        if rng.random() < 0.85:
            pixels = np.asarray(cv2.LUT(pixels, self._curve()), np.uint8)
        if rng.random() < 0.08:
            pixels = self.in_coloured_light(pixels)
        draw = rng.random()
        if draw < 0.12:
            sigma = float(rng.uniform(0.4, 1.5))
            pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)
        elif draw < 0.19:
            pixels = np.asarray(cv2.filter2D(pixels, -1, _motion_kernel(rng)), np.uint8)
        elif draw < 0.27:
            pixels = _enlarged(pixels, float(rng.uniform(0.45, 0.9)))
        return pixels

    def in_coloured_light(self, pixels: Pixels) -> Pixels:
        """Light a picture by the lamp of a stage, neon or fire, which may burn one channel out and leave nothing in
        another."""
        rng = self._rng
        hue = np.array([[[rng.integers(0, 180), rng.integers(110, 256), 255]]], np.uint8)
        lamp = cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)[0, 0] / np.float32(255)
        levels = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
        table = np.asarray(np.clip(levels * lamp * rng.uniform(0.8, 2.2) * 255, 0, 255), np.uint8)[:, None, :]
        return np.asarray(cv2.LUT(pixels, table), np.uint8)

    def canvas(self, pixels: Pixels) -> Pixels:
        """Add sensor noise and JPEG artefacts to a whole canvas."""
        rng = self._rng
        if rng.random() < 0.16:
            height, width = pixels.shape[:2]
            y, x = rng.integers(0, _NOISE_SIDE - height), rng.integers(0, _NOISE_SIDE - width)
            strength = float(rng.uniform(2, 12))
            noisy = pixels + self._noise[y : y + height, x : x + width] * strength
            pixels = np.clip(noisy, 0, 255).astype(np.uint8)
        if rng.random() < 0.35:
            quality = int(rng.integers(18, 88))
            _, code = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
            pixels = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)
        return pixels

    def _curve(self) -> Pixels:
        """Return a (256, 1, 3) table of gamma, gain, offset and white balance."""
        rng = self._rng
        levels = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
        gain, offset, gamma = rng.uniform(0.65, 1.35), rng.uniform(-0.12, 0.12), np.exp(rng.normal(0, 0.28))
        scene = rng.random()
        if scene < 0.10:  # dark
            gain, offset = rng.uniform(0.12, 0.5), rng.uniform(0, 0.04)
        elif scene < 0.18:  # fog or flat log footage
            gain = rng.uniform(0.25, 0.55)
            offset = rng.uniform(0.1, 0.9 - gain)
        elif scene < 0.22:  # burnt out
            gain, offset = rng.uniform(1.4, 2.0), rng.uniform(0, 0.2)
        tint = rng.normal(1, 0.09, 3) if rng.random() < 0.8 else np.ones(3)
        table = (levels**gamma * gain * tint + offset) * 255
        return np.asarray(np.clip(table, 0, 255), np.uint8)[:, None, :]


def _enlarged(pixels: Pixels, share: float) -> Pixels:
    """Lose detail as a small video does that was enlarged."""
    height, width = pixels.shape[:2]
    size = (max(2, round(width * share)), max(2, round(height * share)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _motion_kernel(rng: np.random.Generator) -> Floats:
    length = int(rng.integers(3, 10))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    centre = (length - 1) / 2
    dx, dy = np.cos(angle) * centre, np.sin(angle) * centre
    start = (round(centre - dx), round(centre - dy))
    end = (round(centre + dx), round(centre + dy))
    cv2.line(kernel, start, end, 1.0, 1)
    return np.asarray(kernel / kernel.sum(), np.float32)
