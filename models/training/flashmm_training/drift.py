"""What the training data looked like, for the watch on drift: deciles of each feature, and how far ten minutes of it stray."""

import numpy as np

from .data import Rows

DECILES = np.arange(0.1, 1.0, 0.1)
WINDOW_US = 600_000_000
STEP_US = 60_000_000
SHARE_MIN = 1e-4
"""Taken for an empty bin, so that the index stays finite."""
LIMIT_MIN = 0.25
"""By convention a population has shifted from here on."""


def bin_shares(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Shares [10] of values [n] by edges [9]; a value on an edge belongs above it."""
    return np.bincount(np.searchsorted(edges, x, side="right"), minlength=10) / len(x)


def psi(shares: np.ndarray, reference: np.ndarray) -> float:
    """Population stability index of two sets of shares [10]."""
    a, b = np.maximum(shares, SHARE_MIN), np.maximum(reference, SHARE_MIN)
    return float(((a - b) * np.log(a / b)).sum())


def drift_reference(rows: Rows) -> dict[str, object]:
    """The card's `drift_reference` without the accuracy: edges [64][9], shares [64][10], limits [64].

    A slow feature never looks in ten minutes as it does over all recordings, so each limit is at least the greatest index that a
    stretch of a training recording has against the whole: stretches of ten minutes, or as long as a shorter recording lasts."""
    x = rows.gather("features")
    edges = np.quantile(x, DECILES, axis=0).T.astype(np.float32)
    shares = np.stack([bin_shares(x[:, f], edges[f]) for f in range(x.shape[1])])
    limits = np.full(x.shape[1], LIMIT_MIN)
    for stretch in stretches(rows):
        limits = np.maximum(limits, [psi(bin_shares(x[stretch, f], edges[f]), shares[f]) for f in range(x.shape[1])])
    return {
        "edges": [[float(v) for v in feature] for feature in edges],
        "shares": [[round(float(v), 6) for v in feature] for feature in shares],
        "limits": [round(float(v), 4) for v in limits],
    }


def stretches(rows: Rows) -> list[np.ndarray]:
    """Indices of the rows of ten minutes each, a minute apart, within a recording."""
    found = []
    for k in range(len(rows.recordings)):
        mine = np.flatnonzero(rows.recording == k)
        if len(mine) == 0:
            continue
        times = rows.ts_us[mine]
        begin = times[0]
        while True:
            inside = mine[(times >= begin) & (times < begin + WINDOW_US)]
            if len(inside) > 0:
                found.append(inside)
            begin += STEP_US
            if begin + WINDOW_US > times[-1]:
                break
    return found
