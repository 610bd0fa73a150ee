"""Logistic and ridge regressions with weights, and their calibration; SciPy's L-BFGS does the work."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from faceline.vision.geometry import Doubles, Floats
from faceline.vision.numerics import sigmoid, softmax


@dataclass(frozen=True, slots=True)
class Scaler:
    """Brings features to mean 0 and spread 1."""

    mean: Doubles
    spread: Doubles

    @staticmethod
    def fit(features: Floats) -> "Scaler":
        """From (M, F) features."""
        mean, spread = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
        return Scaler(mean, spread + 1e-3)

    def apply(self, features: Floats) -> Floats:
        """(M, F) to (M, F)."""
        return np.asarray((features - self.mean) / self.spread, np.float32)

    def unfold(self, weights: Doubles, bias: Doubles) -> tuple[Doubles, Doubles]:
        """Weights (H, F) and bias (H,) for scaled features as those for raw ones."""
        raw = weights / self.spread
        return raw, bias - raw @ self.mean


def fit_classes(
    features: Floats, shares: Doubles, weights: Doubles, l2: float, start: Doubles | None = None
) -> Doubles:
    """Multinomial logistic regression on soft targets.

    features   (M, F) scaled
    shares     (M, H) rows sum to 1
    weights    (M,)
    ->         (H, F + 1), the bias last
    """
    classes, count = shares.shape[1], features.shape[1]
    total = weights.sum()

    def loss(flat: Doubles) -> tuple[float, Doubles]:
        theta = flat.reshape(classes, count + 1)
        logits = features @ theta[:, :-1].T.astype(np.float32) + theta[:, -1]
        chances = softmax(logits)
        value = -(weights[:, None] * shares * np.log(chances + 1e-12)).sum() / total
        slope = weights[:, None] * (chances - shares) / total
        gradient = np.hstack([slope.T.astype(np.float32) @ features + l2 * theta[:, :-1], slope.sum(axis=0)[:, None]])
        return float(value + l2 / 2 * (theta[:, :-1] ** 2).sum()), gradient.ravel()

    origin = np.zeros(classes * (count + 1)) if start is None else start.ravel()
    found = minimize(loss, origin, jac=True, method="L-BFGS-B", options={"maxiter": 80})
    return np.asarray(found.x.reshape(classes, count + 1))


def fit_binary(
    features: Floats, targets: Doubles, weights: Doubles, l2: float, start: Doubles | None = None
) -> Doubles:
    """Logistic regression on targets 0..1: (F + 1,), the bias last. `start` is a fit to begin from."""
    total = weights.sum()

    def loss(theta: Doubles) -> tuple[float, Doubles]:
        logits = features @ theta[:-1].astype(np.float32) + theta[-1]
        value = (weights * (np.logaddexp(0, logits) - targets * logits)).sum() / total
        slope = weights * (sigmoid(logits) - targets) / total
        gradient = np.append(slope.astype(np.float32) @ features + l2 * theta[:-1], slope.sum())
        return float(value + l2 / 2 * (theta[:-1] ** 2).sum()), gradient

    origin = np.zeros(features.shape[1] + 1) if start is None else start
    found = minimize(loss, origin, jac=True, method="L-BFGS-B", options={"maxiter": 100})
    return np.asarray(found.x)


def fit_ridge(features: Floats, targets: Doubles, l2: float) -> Doubles:
    """Least squares with a penalty: (F + 1,), the bias last."""
    mean = targets.mean()
    gram = features.T @ features / len(features) + l2 * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, features.T @ (targets - mean) / len(features))
    return np.append(weights, mean - (features @ weights).mean())


def platt(logits: Doubles, targets: Doubles) -> tuple[float, float]:
    """Scale and shift of the logits that make them calibrated, with Platt's prior on the targets."""
    positive, negative = targets.sum(), (1 - targets).sum()
    soft = np.where(targets > 0.5, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(theta: Doubles) -> float:
        values = theta[0] * logits + theta[1]
        return float((np.logaddexp(0, values) - soft * values).mean())

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead", options={"maxiter": 400})
    return float(found.x[0]), float(found.x[1])


def temperature(logits: Doubles, shares: Doubles, weights: Doubles) -> float:
    """The factor on (M, H) logits that gives the least cross entropy against (M, H) shares."""
    factors = np.exp(np.linspace(np.log(0.3), np.log(3), 91))
    losses = [-(weights[:, None] * shares * np.log(softmax(f * logits) + 1e-12)).sum() for f in factors]
    return float(factors[int(np.argmin(losses))])
