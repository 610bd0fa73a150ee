"""Measures of a mesh: ratios of distances that tell mouth, eyes and brows apart, whatever the size and turn.

Distances are taken in three dimensions and divided by the distance between the outer eye corners, so that a turned
head keeps its proportions. Every measure is computed elementwise: a face's values do not depend on its neighbours.
"""

import numpy as np

from faceline.vision.geometry import Doubles

EYE_LEFT = ((159, 145), (158, 153), (160, 144)), (33, 133)
EYE_RIGHT = ((386, 374), (385, 380), (387, 373)), (362, 263)
"""Lid pairs and corners of each eye (vision.md section 6)."""
IRISES = 468, 473
MEASURES = (
    "eye_left",
    "eye_right",
    "eyes_wider",
    "lip_gap",
    "lips_height",
    "mouth_width",
    "mouth_to_nose_width",
    "corner_lift",
    "corner_lift_left",
    "corner_lift_right",
    "upper_lip_to_nose",
    "lip_thickness",
    "brow_left",
    "brow_right",
    "brow_asymmetry",
    "brow_inner_left",
    "brow_inner_right",
    "brow_gap",
    "cheek_left",
    "cheek_right",
    "face_aspect",
    "jaw_drop",
    "turn",
    "nod",
)
"""Names of the columns of `measures`."""


def measures(meshes: Doubles) -> Doubles:
    """(N, 478, 3) meshes, x right, y down, z away, one unit, to (N, 24) measures in the order of `MEASURES`."""
    return np.stack(
        [
            *_eyes(meshes),
            *_mouth(meshes),
            *_brows(meshes),
            _apart(meshes, 50, 145) / _unit(meshes),
            _apart(meshes, 280, 374) / _unit(meshes),
            _apart(meshes, 10, 152) / _apart(meshes, 234, 454),
            _apart(meshes, 1, 152) / _unit(meshes),
            *_turn(meshes),
        ],
        axis=1,
    )


def eye_openness(meshes: Doubles) -> tuple[Doubles, Doubles]:
    """Height over width of the left and of the right eye (the picture's): about 0.31 open, below 0.17 closed."""
    left, right = (
        np.mean([_apart(meshes, *pair) for pair in lids], axis=0) / _apart(meshes, *corners)
        for lids, corners in (EYE_LEFT, EYE_RIGHT)
    )
    return np.asarray(left), np.asarray(right)


def _eyes(meshes: Doubles) -> list[Doubles]:
    left, right = eye_openness(meshes)
    return [left, right, np.maximum(left, right)]


def _mouth(meshes: Doubles) -> list[Doubles]:
    unit = _unit(meshes)
    width = _apart(meshes, 61, 291)
    lifts = [
        (_along_face(meshes, 13) + _along_face(meshes, 14)) / 2 - _along_face(meshes, corner) for corner in (61, 291)
    ]
    return [
        _apart(meshes, 13, 14) / unit,
        _apart(meshes, 0, 17) / unit,
        width / unit,
        width / _apart(meshes, 98, 327),
        (lifts[0] + lifts[1]) / 2,
        *lifts,
        _apart(meshes, 2, 0) / unit,
        (_apart(meshes, 0, 13) + _apart(meshes, 14, 17)) / unit,
    ]


def _brows(meshes: Doubles) -> list[Doubles]:
    unit = _unit(meshes)
    left, right = _apart(meshes, 105, 159) / unit, _apart(meshes, 334, 386) / unit
    return [
        left,
        right,
        np.abs(left - right),
        _apart(meshes, 107, 133) / unit,
        _apart(meshes, 336, 362) / unit,
        _apart(meshes, 107, 336) / unit,
    ]


def _turn(meshes: Doubles) -> list[Doubles]:
    """Where the nose tip lies between the cheeks and between brow and chin, from the side that leads in depth."""
    across = meshes[:, 454] - meshes[:, 234]
    down = meshes[:, 152] - meshes[:, 10]
    return [
        across[:, 2] / np.maximum(_length(across), 1e-9),
        down[:, 2] / np.maximum(_length(down), 1e-9),
    ]


def _unit(meshes: Doubles) -> Doubles:
    return np.maximum(_apart(meshes, 33, 263), 1e-9)


def _apart(meshes: Doubles, a: int, b: int) -> Doubles:
    return np.maximum(_length(meshes[:, a] - meshes[:, b]), 1e-9)


def _length(vectors: Doubles) -> Doubles:
    return np.asarray(np.sqrt(vectors[:, 0] ** 2 + vectors[:, 1] ** 2 + vectors[:, 2] ** 2))


def _along_face(meshes: Doubles, vertex: int) -> Doubles:
    """Height of a vertex below the middle of the eyes, along the line from brow to chin, in eye distances."""
    down = meshes[:, 152] - meshes[:, 10]
    down = down / np.maximum(_length(down), 1e-9)[:, None]
    offset = meshes[:, vertex] - (meshes[:, 33] + meshes[:, 263]) / 2
    return np.asarray((offset * down).sum(axis=1) / _unit(meshes))
