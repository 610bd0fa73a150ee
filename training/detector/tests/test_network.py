"""The network, its assignment and its exported graph; needs PyTorch, which the product does not."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")
pytest.importorskip("onnx", reason="the export needs onnx")

from training.detector.assign import assign, make_cells, make_truth  # noqa: E402 - after the skip
from training.detector.export import export  # noqa: E402
from training.detector.faces import Faces, join, one_face  # noqa: E402
from training.detector.losses import decode_boxes, measure  # noqa: E402
from training.detector.net import DetectorNet, SeparableBlock, adopt, flatten  # noqa: E402
from training.detector.predict import as_input, torch_detector  # noqa: E402
from training.detector.runtime import own_detector  # noqa: E402

CPU = torch.device("cpu")


def ignored(box: tuple[float, ...]) -> Faces:
    face = one_face(box)
    return Faces(face.boxes, face.points, face.covered, np.asarray([True]))


@pytest.mark.parametrize(("side", "strides"), [(12, {8}), (28, {8, 16}), (50, {16}), (75, {16, 32}), (150, {32})])
def test_the_size_of_a_face_decides_its_strides(side: float, strides: set[int]) -> None:
    cells = make_cells(320, 320, CPU)
    truth = make_truth([one_face((101, 99, 101 + side, 99 + side))], CPU)

    chosen = assign(truth, cells, 1)

    assert {int(s) for s in cells.strides[chosen.cell]} == strides


def test_cells_of_ignored_faces_are_silent_and_faces_keep_theirs() -> None:
    cells = make_cells(320, 320, CPU)
    truth = make_truth([Faces.none(), join([ignored((96, 96, 128, 128)), one_face((104, 104, 118, 120))])], CPU)

    chosen = assign(truth, cells, 2)

    assert not chosen.silent[0].any()
    assert chosen.silent[1].any()
    assert len(chosen.cell)
    assert not chosen.silent[chosen.batch, chosen.cell].any()


def test_the_best_cell_of_a_face_is_asked_for_one_and_the_loss_falls_when_it_answers() -> None:
    cells = make_cells(320, 320, CPU)
    truth = make_truth([one_face((100, 100, 112, 114))], CPU)
    chosen = assign(truth, cells, 1)
    raw = torch.full((1, len(cells.strides), 16), 0.0)
    raw[..., 0] = -6.0
    before = measure(raw, truth, cells, chosen)
    raw[chosen.batch, chosen.cell, 0] = 6.0

    assert measure(raw, truth, cells, chosen).score < 0.5 * before.score


def test_the_exported_graph_equals_the_network(tmp_path: Path) -> None:
    torch.manual_seed(3)
    net = DetectorNet()
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (2, 96, 160, 3), dtype=np.uint8)
    net.train()
    net(as_input(pixels, CPU))  # gives batch norm something to fold
    net.eval()
    raw = flatten(net(as_input(pixels, CPU))).detach()
    path = tmp_path / "detector.onnx"

    export(net, path, ((2.0, 0.5, 0.3), (1.0, 0.0, 0.0), (1.0, 0.0, 0.0)), {"step": "0"})
    network = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    maps = network.run(None, {"pixels": pixels})
    found = np.concatenate([cells.reshape(2, -1, 16) for cells in maps], axis=1)

    cells = make_cells(160, 96, CPU)
    slope = torch.where(cells.strides == 8, 2.0, 1.0)
    offset = torch.where(cells.strides == 8, 0.5 + 0.3 * raw[..., 3:5].mean(-1), torch.zeros(1))
    wanted = decode_boxes(raw[1], cells.centres, cells.strides, cells.bases).numpy()
    centres, half = cells.centres.numpy(), np.exp(found[1, :, 2:4])
    middle = centres + found[1, :, 4:6]
    nose = cells.centres + raw[1, :, 9:11] * cells.bases[:, None]
    assert [name.name for name in network.get_outputs()] == ["cells8", "cells16", "cells32"]
    assert [each.shape for each in maps] == [(2, 12, 20, 16), (2, 6, 10, 16), (2, 3, 5, 16)]
    assert found[..., 0] == pytest.approx((raw[..., 0] * slope + offset).numpy(), abs=1e-4)
    assert np.concatenate([middle - half, middle + half], axis=1) == pytest.approx(wanted, abs=1e-2)
    assert centres + found[1, :, 10:12] == pytest.approx(nose.numpy(), abs=1e-2)
    assert found[..., 1] == pytest.approx(raw[..., 15].numpy(), abs=1e-4)


def test_the_runtime_reads_what_the_graph_says(tmp_path: Path) -> None:
    torch.manual_seed(3)
    net = DetectorNet().eval()
    path = tmp_path / "detector.onnx"
    pixels = np.random.default_rng(0).integers(0, 256, (96, 160, 3), dtype=np.uint8)

    export(net, path, ((1.0, 0.0, 0.0),) * 3, {"step": "0"})
    found, wanted = own_detector(path)(pixels, 0.0), torch_detector(net, CPU)(pixels, 0.0)

    assert len(found.scores) == 12 * 20 + 6 * 10 + 3 * 5
    best = int(found.scores.argmax())
    assert found.scores[best] == pytest.approx(wanted.scores[0], abs=1e-5)
    assert found.strides[best] == wanted.strides[0]
    assert np.bincount(found.strides.astype(int))[[8, 16, 32]].tolist() == [240, 60, 15]


def test_a_larger_shape_starts_as_the_function_of_the_smaller_one() -> None:
    torch.manual_seed(4)
    small, large = DetectorNet().eval(), DetectorNet().eval()
    small.s8[0] = SeparableBlock(32, 64, 2, 3).eval()
    del small.s32[4]
    rng = np.random.default_rng(1)
    pixels = as_input(rng.integers(0, 256, (1, 64, 96, 3), dtype=np.uint8), CPU)

    adopt(large, small.state_dict())

    for ours, theirs in zip(large(pixels), small(pixels), strict=True):
        assert ours.detach().numpy() == pytest.approx(theirs.detach().numpy(), abs=1e-5)
