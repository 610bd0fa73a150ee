"""Reads MediaPipe's canonical face model."""

from pathlib import Path
from typing import Final

import numpy as np

from tools.weights.stored import Array

CANONICAL_FACE: Final = "canonical_face.npy"
VERTICES: Final = 468


def read_vertices(path: Path) -> Array:
    """Read the vertices of a Wavefront .obj file, float32 (468, 3), in the mesh's order."""
    lines = path.read_text().splitlines()
    vertices = np.array([line.split()[1:4] for line in lines if line.startswith("v ")], np.float32)
    assert vertices.shape == (VERTICES, 3)
    return vertices
