"""Logistic regression on the newest row: the simplest model worth the name, and a baseline of all others."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from . import CLASSES, FEATURE_COUNT, HORIZONS_MS
from .calibration import log_softmax
from .examples import Examples
from .graph import Graph
from .normalise import Robust, fit_robust

L2 = 1e-3
ITERATIONS_MAX = 1000
"""About 260 are needed."""
SLOPE_MAX = 1e-7
"""Of the mean loss, where the search ends: far below what a weight in float32 can tell."""


@dataclass(frozen=True)
class Linear:
    """Logits = z · weight + bias, z the normalised newest row; weight [64, 9], bias [9], horizon by horizon."""

    normalise: Robust
    weight: np.ndarray
    bias: np.ndarray
    kind: str = "linear"

    def logits(self, windows: np.ndarray) -> np.ndarray:
        """[n, 25, 64] → [n, 3, 3]."""
        return (self.normalise(windows[:, -1]) @ self.weight + self.bias).reshape(-1, len(HORIZONS_MS), len(CLASSES))

    def graph(self, g: Graph, window: str) -> str:
        """The logits as nodes."""
        z = self.normalise.graph(g, g.last_row(window))
        return g.by_horizon(g.node("Gemm", [z, g.constant(self.weight), g.constant(self.bias)]))


def fit_linear(examples: Examples, seed: int) -> Linear:
    """Multinomial logistic regression for each horizon, L2 on the weights, by L-BFGS to its one minimum, so the seed changes nothing."""
    del seed
    x, labels, weights = examples.last_rows()
    normalise = fit_robust(x, examples.keep)
    columns = np.flatnonzero(examples.keep)
    z = normalise(x)[:, columns]
    parts = [fit_one(z, labels[:, h], weights[:, h]) for h in range(len(HORIZONS_MS))]
    weight = np.zeros((FEATURE_COUNT, len(HORIZONS_MS) * len(CLASSES)), np.float32)
    weight[columns] = np.concatenate([w for w, _ in parts], axis=1)
    return Linear(normalise, weight, np.concatenate([b for _, b in parts]).astype(np.float32))


def fit_one(z: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weight [k, 3] and bias [3] of one horizon from normalised rows [n, k], labels [n] and row weights [n]."""
    z = z.astype(np.float64)
    truth = np.eye(len(CLASSES))[labels]
    share = weights / weights.sum()
    k = z.shape[1]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        parameters = flat.reshape(k + 1, len(CLASSES))
        weight, bias = parameters[:-1], parameters[-1]
        log_p = log_softmax(z @ weight + bias)
        error = (np.exp(log_p) - truth) * share[:, None]
        value = -(share * (log_p * truth).sum(1)).sum() + L2 * (weight**2).sum() / 2
        slope = np.concatenate([z.T @ error + L2 * weight, error.sum(0, keepdims=True)])
        return float(value), slope.ravel()

    options = {"maxiter": ITERATIONS_MAX, "gtol": SLOPE_MAX, "ftol": 0.0}
    found = minimize(loss, np.zeros((k + 1) * len(CLASSES)), jac=True, method="L-BFGS-B", options=options)
    slope = np.abs(found.jac).max()
    if not slope < 100 * SLOPE_MAX:
        raise RuntimeError(f"logistic regression: {found.message} after {found.nit} steps, slope {slope:.1e}, expected below {100 * SLOPE_MAX:.0e}")
    parameters = found.x.reshape(k + 1, len(CLASSES))
    return parameters[:-1], parameters[-1]
