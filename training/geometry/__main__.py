"""Fit geometry on recorded answers: `python -m training.geometry --data $FACELINE_TEST_DATA`.

Writes weights/service_shape.npz with its entry in trained.toml, and figures.json beside this file: for every way that
was tried the error on all faces in sample and with each picture left out in turn, and the mean over pictures of the
latter. `--figures-only` leaves the weights alone. Takes seconds.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from faceline.vision.geometry import Doubles
from faceline.vision.manifest import Manifest
from faceline.vision.pose import PoseFitter
from faceline.vision.settings import WEIGHTS
from training.geometry.answers import OLDER_MODEL, with_picture, without_picture
from training.geometry.fits import (
    Material,
    Way,
    box_ways,
    gaze_ways,
    landmark_ways,
    pose_ways,
    quality_ways,
)
from training.publish import publish

Errors = Callable[[Doubles], Doubles]
SOURCES = "113 faces of answers of Amazon Rekognition in public repositories: 30 points, pose; no picture"


def left_out(way: Way, groups: np.ndarray) -> Doubles:
    """For each face what the way gives when it may not use its picture."""
    found = way(np.ones(len(groups), bool))
    for group in np.unique(groups):
        found = np.where(_rows(groups == group, found), way(groups != group), found)
    return found


def _rows(chosen: np.ndarray, like: Doubles) -> np.ndarray:
    return chosen.reshape(-1, *[1] * (like.ndim - 1))


def measured(way: Way, errors: Errors, groups: np.ndarray) -> dict[str, float]:
    """Mean errors; faces without the value are NaN and do not count."""
    inside = errors(way(np.ones(len(groups), bool)))
    outside = errors(left_out(way, groups))
    present = np.unique(groups[np.isfinite(outside)])
    return {
        "in sample": _mean(inside),
        "picture left out": _mean(outside),
        "picture left out, mean over pictures": _mean(np.array([np.nanmean(outside[groups == g]) for g in present])),
        "picture left out, without the older model": _mean(outside[groups != OLDER_MODEL]),
    }


def _mean(values: Doubles) -> float:
    return round(float(np.nanmean(values)), 4)


def ious(boxes: Doubles, others: Doubles) -> Doubles:
    """(N, 4) and (N, 4) to (N,) areas in common over areas of the unions."""
    low, high = np.maximum(boxes[:, :2], others[:, :2]), np.minimum(boxes[:, 2:], others[:, 2:])
    common = np.clip(high - low, 0, None).prod(axis=1)
    areas = [(each[:, 2:] - each[:, :2]).prod(axis=1) for each in (boxes, others)]
    return np.asarray(common / (areas[0] + areas[1] - common))


def figures(material: Material) -> dict[str, Any]:
    """Every way with its errors."""
    theirs = material.theirs

    def points(found: Doubles) -> Doubles:
        lengths = np.hypot(*np.moveaxis(found - theirs.landmarks, 2, 0)) / theirs.units[:, None]
        return np.asarray(np.nanmean(lengths, axis=1))

    def column(wanted: Doubles, number: int) -> Errors:
        return lambda found: np.abs(found[:, number] - wanted[:, number])

    asked: list[tuple[str, Any, Errors]] = [
        ("landmarks, outer-eye distances", landmark_ways(material), points),
        ("box, IoU", box_ways(material), lambda found: ious(found, theirs.boxes)),
    ]
    asked += [
        (f"{name}, degrees", pose_ways(material), column(theirs.poses, n))
        for n, name in enumerate(("yaw", "pitch", "roll"))
    ]
    asked += [
        (name, quality_ways(material), column(theirs.quality, n)) for n, name in enumerate(("brightness", "sharpness"))
    ]
    asked += [
        (f"{name} of the eyes, degrees", gaze_ways(material), column(theirs.gaze, n))
        for n, name in enumerate(("yaw", "pitch"))
    ]
    return {
        "faces": {str(group): int((theirs.groups == group).sum()) for group in np.unique(theirs.groups)},
        **{
            name: {key: measured(way, errors, theirs.groups) for key, way in ways.items()}
            for name, ways, errors in asked
        },
    }


def main() -> None:
    """Read the arguments, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with recorded/")
    parser.add_argument("--figures-only", action="store_true", help="leave the weights alone")
    arguments = parser.parse_args()
    fitter = PoseFitter.load(Manifest.load(WEIGHTS).array("canonical_face"))
    theirs, seen = with_picture(arguments.data / "recorded")
    material = Material(theirs, seen, without_picture(arguments.data / "recorded"), fitter)
    found = figures(material)
    print(json.dumps(found, indent=1))
    (Path(__file__).parent / "figures.json").write_text(json.dumps(found, indent=1) + "\n")
    if arguments.figures_only:
        return
    model = material.model(theirs.groups != OLDER_MODEL)
    np.savez(
        WEIGHTS / "service_shape.npz",
        **{name: getattr(model, name).astype(np.float32) for name in ("mean", "gain", "angles", "angles_shift")},
    )
    publish(
        WEIGHTS,
        "arrays",
        "service_shape",
        "service_shape.npz",
        {
            "profile": "permissive",
            "licence": "Apache-2.0",
            "training_data": SOURCES,
            "recipe": "python -m training.geometry",
            "meaning": "mean and joint spread of the service's 30 landmarks; its yaw and pitch by them",
        },
    )


if __name__ == "__main__":
    main()
