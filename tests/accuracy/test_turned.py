"""Turned pictures carry their labels along."""

import numpy as np
import pytest

from benchmarks.accuracy.sets import Shown
from benchmarks.accuracy.turned import labelled, turned


@pytest.mark.parametrize("angle", [-90, -30, 0, 45, 90])
def test_labels_stay_on_what_they_name(angle: float) -> None:
    """A green spot lies under point 7, whichever way the picture is turned."""
    pixels = np.zeros((60, 90, 3), np.uint8)
    pixels[20:23, 70:73] = (0, 255, 0)
    places = np.tile((40.0, 30.0), (68, 1))
    places[7], places[9] = (71.5, 21.5), (10.0, 50.0)
    row = {f"{axis}{k}": str(value) for k, place in enumerate(places) for axis, value in zip("xy", place, strict=True)}
    shown = turned(Shown({**row, "split": "test"}, pixels, (10.0, 21.5, 71.5, 50.0)), angle)
    bright = shown.pixels[..., 1].astype(float)
    rows, columns = np.indices(bright.shape)
    middle = np.array([((columns + 0.5) * bright).sum(), ((rows + 0.5) * bright).sum()]) / bright.sum()
    assert labelled(shown.row)[7] == pytest.approx(middle, abs=0.1)
    assert shown.row["split"] == "test"
    assert shown.place[0] == pytest.approx(labelled(shown.row)[:, 0].min(), abs=0.001)
    length = np.hypot(*(labelled(shown.row)[7] - labelled(shown.row)[9]))
    assert length == pytest.approx(np.hypot(61.5, 28.5), abs=0.01)
