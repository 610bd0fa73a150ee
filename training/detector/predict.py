"""Runs a network in PyTorch on single pictures, for mining and for figures during the training."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from training.detector.assign import make_cells
from training.detector.decode import Detections, suppress
from training.detector.faces import Pixels
from training.detector.losses import decode_boxes
from training.detector.net import DetectorNet, flatten

Detector = Callable[[Pixels, float], Detections]
"""Finds faces in an RGB picture (H, W, 3) at one scale; keeps scores above the threshold."""


def padded(pixels: Pixels) -> Pixels:
    """Pad right and bottom with black to multiples of 32."""
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, -height % 32), (0, -width % 32), (0, 0)))


def as_input(batch: Pixels, device: torch.device) -> Tensor:
    """Turn (N, H, W, 3) uint8 into the (N, 3, H, W) input in -1..1, channels last in memory."""
    tensor = torch.from_numpy(batch).to(device).permute(0, 3, 1, 2)
    return tensor.float().div_(127.5).sub_(1).contiguous(memory_format=torch.channels_last)


def torch_detector(net: DetectorNet, device: torch.device) -> Detector:
    """Wrap a network in evaluation mode as a detector."""

    @torch.no_grad()
    def detect(pixels: Pixels, threshold: float) -> Detections:
        square = padded(pixels)
        raw = flatten(net(as_input(square[None], device)))[0]
        keep = torch.nonzero(raw[:, 0].sigmoid() > threshold).flatten()
        cells = make_cells(square.shape[1], square.shape[0], device)
        own, centres, bases = raw[keep], cells.centres[keep], cells.bases[keep]
        points = centres[:, None] + own[:, 5:15].reshape(-1, 5, 2) * bases[:, None, None]
        found = Detections(
            own[:, 0].sigmoid().cpu().numpy(),
            decode_boxes(own, centres, cells.strides[keep], bases).cpu().numpy(),
            points.cpu().numpy(),
            own[:, 15].sigmoid().cpu().numpy(),
            cells.strides[keep].cpu().numpy(),
        )
        return suppress(found)

    return detect
