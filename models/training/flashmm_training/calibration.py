"""
Calibration: one temperature for each horizon, and conformal sets, fitted on different rows.

Temperature scaling divides the logits by one number that minimises the log loss (Guo et al. 2017). The conformal set holds the
classes with p ≥ 1 − quantile, the quantile being the finite-sample one of 1 − p(true class) (split conformal, Angelopoulos and
Bates 2023, section 1.1). It is fitted on rows the temperature has not seen.
"""

import numpy as np
from scipy.optimize import minimize_scalar

from .data import Rows

BLOCK_US = 20_000_000
"""Rows go to temperature or conformal by alternating blocks of this length, so that both see every part of the day."""
ALPHA = 0.1
TEMPERATURE_RANGE = (0.2, 10.0)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def halves(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Indices for the temperature and for the conformal quantile, by alternating blocks of time."""
    even = (rows.ts_us // BLOCK_US) % 2 == 0
    if even.all() or not even.any():
        even = np.arange(len(rows)) < len(rows) // 2
    return np.flatnonzero(even), np.flatnonzero(~even)


def fit_temperatures(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """One temperature for each horizon [3] from logits [n, 3, 3] and labels [n, 3]."""
    n = np.arange(len(labels))

    def loss(log_t: float, h: int) -> float:
        return -log_softmax(logits[:, h] / np.exp(log_t))[n, labels[:, h]].mean()

    bounds = tuple(np.log(TEMPERATURE_RANGE))
    return np.array([np.exp(minimize_scalar(loss, bounds=bounds, args=(h,), method="bounded").x) for h in range(labels.shape[1])])


def fit_conformal(probabilities: np.ndarray, labels: np.ndarray, alpha: float = ALPHA) -> np.ndarray:
    """The quantile for each horizon [3] from probabilities [n, 3, 3] and labels [n, 3]."""
    n = len(labels)
    share = min(1.0, np.ceil((n + 1) * (1 - alpha)) / n)
    missing = 1 - np.take_along_axis(probabilities, labels[:, :, None].astype(int), axis=2)[:, :, 0]
    return np.quantile(missing, share, axis=0, method="higher")


def coverage(probabilities: np.ndarray, labels: np.ndarray, quantile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of rows whose set holds the truth, and mean number of classes in a set, for each horizon."""
    inside = probabilities >= 1 - quantile[None, :, None]
    hit = np.take_along_axis(inside, labels[:, :, None].astype(int), axis=2)[:, :, 0]
    return hit.mean(0), inside.sum(2).mean(0)
