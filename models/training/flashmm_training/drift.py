"""
What the training data looked like, for the watch on drift: deciles of each feature, and how far five minutes of it stray.

The watch (streams/predictions/psi.ts) compares 1,500 vectors, five minutes at 5 Hz, with the whole by the population stability index, and
allows each feature twice the greatest index of such a window of the training data, the convention's 0.25 at least.
"""

import numpy as np

from .data import Rows, stride

DECILES = np.arange(0.1, 1.0, 0.1)
WINDOW_VECTORS = 1500
STEP_VECTORS = 150
UNSEEN = 0.5
"""Vectors that each tenth counts for without having been seen."""
LIMIT_MIN = 0.25
LIMIT_FACTOR = 2.0


def tenths(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How many of the values [n] lie in each tenth [10] by edges [9]; a value on an edge belongs below it."""
    return np.bincount(np.searchsorted(edges, x, side="left"), minlength=10)


def psi(counts: np.ndarray, shares: np.ndarray) -> float:
    """Population stability index of counts [10] against shares [10]."""
    seen = counts.sum()
    now = (counts + UNSEEN) / (seen + 10 * UNSEEN)
    then = (shares * seen + UNSEEN) / (seen + 10 * UNSEEN)
    return float(((now - then) * np.log(now / then)).sum())


def drift_reference(rows: Rows) -> dict[str, object]:
    """The card's `drift_reference` without the accuracy: edges [64][9], shares [64][10], limits [64]."""
    x = rows.gather("features")
    features = range(x.shape[1])
    edges = np.quantile(x, DECILES, axis=0).T.astype(np.float32)
    shares = np.stack([tenths(x[:, f], edges[f]) / len(x) for f in features])
    greatest = np.zeros(len(features))
    for window in five_minutes(rows):
        greatest = np.maximum(greatest, [psi(tenths(x[window, f], edges[f]), shares[f]) for f in features])
    return {
        "edges": [[float(v) for v in feature] for feature in edges],
        "shares": [[round(float(v), 6) for v in feature] for feature in shares],
        "limits": [round(float(v), 4) for v in np.maximum(LIMIT_MIN, LIMIT_FACTOR * greatest)],
    }


def five_minutes(rows: Rows) -> list[np.ndarray]:
    """Indices of rows 200 ms apart: windows of 1,500, each 150 behind the one before, within a recording; all of a shorter recording."""
    found = []
    for k, recording in enumerate(rows.recordings):
        mine = np.flatnonzero(rows.recording == k)[:: stride(recording)]
        last = max(0, len(mine) - WINDOW_VECTORS)
        found += [mine[at : at + WINDOW_VECTORS] for at in range(0, last + 1, STEP_VECTORS) if len(mine) > 0]
    return found
