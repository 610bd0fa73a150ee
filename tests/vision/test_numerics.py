import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceline.vision.numerics import logit, sigmoid, softmax


@given(st.floats(-9, 9))
def test_logit_undoes_sigmoid(value: float) -> None:
    assert logit(sigmoid(np.array([value])))[0] == pytest.approx(value, abs=1e-6)


def test_certainty_stays_finite() -> None:
    assert logit(np.array([0.0, 1.0])) == pytest.approx([-9.21024, 9.21024], abs=1e-4)


def test_softmax_bears_large_logits() -> None:
    assert softmax(np.array([[1000.0, 1000.0, 0.0]]))[0] == pytest.approx([0.5, 0.5, 0.0])
    assert softmax(np.array([[-1000.0, 0.0]]))[0] == pytest.approx([0.0, 1.0])
