import numpy as np
import pytest

from faceline.vision.manifest import Manifest
from faceline.vision.network import BATCHES, Network, ProviderMissing, Runtime, _cuts

SIDES = {
    "detector": 256,
    "back": 256,
    "amesh": 192,
    "appearance": 112,
    "agegender": 112,
    "faceres": 160,
    "emotion": 64,
    "expression": 112,
}


@pytest.fixture(scope="module", params=sorted(SIDES))
def network(request: pytest.FixtureRequest, manifest: Manifest) -> Network:
    return Network(manifest.network(request.param), Runtime())


def pictures(network: Network, count: int) -> np.ndarray:
    side = SIDES[network.entry.name]
    return np.random.default_rng(5).integers(0, 256, (count, side, side, 3), np.uint8)


def test_a_picture_s_answer_is_the_same_to_the_bit_in_every_company(network: Network) -> None:
    """What lets faces of several frames share a call, and spans be cut anywhere."""
    batch = pictures(network, 19)
    together = network.run(batch)
    for start, count in ((0, 1), (18, 1), (3, 2), (5, 4), (7, 8), (2, 16)):
        alone = network.run(batch[start : start + count])
        for whole, part in zip(together, alone, strict=True):
            assert np.array_equal(whole[start : start + count], part)


def test_no_pictures_give_empty_answers(network: Network) -> None:
    for array, port in zip(network.run(pictures(network, 0)), network.entry.outputs, strict=True):
        assert array.shape == (0, *port.row_shape)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 16, 17, 31, 45])
def test_only_the_fixed_batch_sizes_are_run(count: int) -> None:
    cuts = _cuts(count)
    assert {stop - start for start, stop in cuts} <= set(BATCHES)
    assert [row for start, stop in cuts for row in range(start, stop)] == list(range(count))


def test_a_provider_that_is_not_there_is_refused_by_name(manifest: Manifest) -> None:
    with pytest.raises(ProviderMissing, match="NoSuchExecutionProvider"):
        Network(manifest.network("emotion"), Runtime(providers=("NoSuchExecutionProvider", "CPUExecutionProvider")))


def test_no_provider_at_all_is_refused(manifest: Manifest) -> None:
    with pytest.raises(ProviderMissing, match="no execution provider"):
        Network(manifest.network("emotion"), Runtime(providers=()))
