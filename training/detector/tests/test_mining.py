"""What the network finds on its own training pictures; needs PyTorch, which the product does not."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs PyTorch")

from training.detector.canvases import Material, make_source
from training.detector.decode import Detections
from training.detector.faces import Faces, Pixels, one_face
from training.detector.mining import mine
from training.detector.pictures import Picture, pyramid

FACE = (120.0, 80.0, 180.0, 160.0)
SMALL, LARGE = (20.0, 20.0, 30.0, 32.0), (220.0, 150.0, 300.0, 230.0)


def finds_three(pixels: Pixels, _threshold: float) -> Detections:
    """The face, and two boxes that nobody labelled, on a picture 320 pixels wide at full size."""
    boxes = np.asarray([FACE, SMALL, LARGE], np.float32) * (pixels.shape[1] / 320)
    scores = np.full(3, 0.9, np.float32)
    return Detections(scores, boxes, np.zeros((3, 5, 2), np.float32), scores, np.full(3, 8.0, np.float32))


@pytest.mark.parametrize(("origin", "mistakes", "doubts"), [("celeba_wild", [SMALL, LARGE], 0), ("wider_val", [], 1)])
def test_unlabelled_finds_are_mistakes_or_where_labels_are_missing_doubts(
    origin: str, mistakes: list[tuple[float, ...]], doubts: int
) -> None:
    picture = Picture("p", origin, pyramid(np.zeros((240, 320, 3), np.uint8)), one_face(FACE))
    material = Material((make_source(1.0, [picture]),), (), (), 0.0, 0.0, 0.0)

    mined = mine(finds_three, material, [], np.random.default_rng(0))

    assert sorted(m.box.tolist() for m in mined.mistakes) == pytest.approx(np.asarray(mistakes), abs=0.5)
    ignored = mined.doubts.get("p", Faces.none())
    assert len(ignored) == doubts
    assert ignored.ignored.all()
    assert ignored.boxes == pytest.approx(np.asarray([SMALL][:doubts]).reshape(-1, 4), abs=0.5)
