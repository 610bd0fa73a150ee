"""Two looks and one rule: what the own reader makes of its network, and where it divides yes from no."""

from io import BytesIO

import numpy as np
import pytest

from faceline.domain.verdicts import THRESHOLDS, stated
from faceline.vision.attributes.appearance import TRAITS
from faceline.vision.attributes.own import HUMAN, with_mirror
from faceline.vision.geometry import Floats, Pixels
from faceline.vision.manifest import Manifest


class LeftEdge:
    """A network whose only answer is how bright the left edge is."""

    def run(self, pictures: Pixels) -> tuple[Floats, ...]:
        edge = pictures[:, :, 0].mean(axis=(1, 2), dtype=np.float32)
        return tuple(np.repeat(edge[:, None], columns, axis=1) for columns in (len(TRAITS), 101, 7))


def crops() -> Pixels:
    pixels = np.zeros((3, 8, 8, 3), np.uint8)
    pixels[:, :, 0], pixels[:, :, -1] = 100, np.array([20, 40, 60])[:, None, None]
    return pixels


def test_the_second_look_is_at_the_mirror_and_has_its_half_in_everything_but_human() -> None:
    first = LeftEdge().run(crops())
    assert (first[0] == 100).all()
    both = with_mirror(LeftEdge(), crops(), first)
    expected = (100 + np.array([20, 40, 60])) / 2
    for output in both:
        assert output[:, -1] == pytest.approx(expected)
    assert (both[0][:, HUMAN] == 100).all()
    assert both[0][:, HUMAN + 1] == pytest.approx(expected)


def test_the_rule_states_the_thresholds_that_lie_in_the_weights(manifest: Manifest) -> None:
    with np.load(BytesIO(manifest.array("appearance_heads").read())) as arrays:
        stored = dict(zip(TRAITS, arrays["thresholds"].tolist(), strict=True))
    del stored["human"]
    assert stored == dict(THRESHOLDS)


@pytest.mark.parametrize("trait", sorted(THRESHOLDS))
def test_a_stated_probability_is_above_one_half_exactly_past_the_threshold_and_keeps_its_order(trait: str) -> None:
    chances = np.linspace(0, 1, 1001).tolist()
    shown = [stated(trait, chance) for chance in chances]
    assert [share > 0.5 for share in shown] == [chance > THRESHOLDS[trait] for chance in chances]
    assert shown == sorted(shown)
    for chance, share in zip(chances, shown, strict=True):
        right = chance if share > 0.5 else 1 - chance
        assert max(share, 1 - share) == pytest.approx(max(right, 0.5))
