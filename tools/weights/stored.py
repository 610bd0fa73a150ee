"""How a weight is held before it goes into a graph: plain, or quantised as its file has it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Quantised:
    """A weight stored as uint8, worth `codes * scale + offset` in float64, rounded once to float32."""

    codes: NDArray[np.uint8]
    scale: float
    offset: float

    @property
    def shape(self) -> tuple[int, ...]:
        return self.codes.shape

    def values(self) -> Array:
        return (self.codes.astype(np.float64) * self.scale + self.offset).astype(np.float32)


Weight = Array | Quantised


def transposed(weight: Weight, axes: tuple[int, ...]) -> Weight:
    """Transpose a weight and keep it as it is stored."""
    if isinstance(weight, Quantised):
        return Quantised(weight.codes.transpose(axes), weight.scale, weight.offset)
    return weight.transpose(axes)


def rescaled(weight: Weight, factor: Array | float) -> Array:
    """Multiply a weight by a factor that broadcasts against it, rounding to float32 once more."""
    values = weight.values() if isinstance(weight, Quantised) else weight
    return np.asarray(values.astype(np.float64) * factor, np.float32)
