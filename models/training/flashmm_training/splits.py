"""
Splits of rows into training and test rows that share nothing.

Rows of simultaneous recordings share the news of one moment, so all splits are cut by time across all recordings. A training row whose
label looks into the test rows' time is purged, and so is one within the embargo of it (López de Prado 2018, sections 7.4.1 and 7.4.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from . import HORIZONS_MS
from .data import Rows

EMBARGO_MS = 10_000
"""Kept free on both sides of the test rows: 20 times the longest horizon, and the half-life of most features."""

DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Split:
    """Indices into rows: `train` and `test` [n]; `name` says what is tested."""

    name: str
    train: np.ndarray
    test: np.ndarray


def purged(rows: Rows, train: np.ndarray, test: np.ndarray, embargo_ms: int = EMBARGO_MS) -> np.ndarray:
    """The indices of `train` that neither see the test rows through their labels nor lie within the embargo of any of them."""
    reach_us = max(embargo_ms, max(HORIZONS_MS)) * 1000
    times = np.sort(rows.ts_us[test])
    at = rows.ts_us[train]
    right = np.searchsorted(times, at)
    ahead = np.where(right < len(times), times[np.minimum(right, len(times) - 1)] - at, np.iinfo(np.int64).max)
    behind = np.where(right > 0, at - times[np.maximum(right - 1, 0)], np.iinfo(np.int64).max)
    return train[(ahead > reach_us) & (behind > reach_us)]


def walk_forward(rows: Rows, folds: int, first_share: float = 0.5) -> Iterator[Split]:
    """Expanding walk-forward: fold k is trained on everything before its test span, which is the next of `folds` equal spans
    after the first `first_share` of the rows (by time, all recordings together). Spans without enough rows to test are left out."""
    ordered = np.argsort(rows.ts_us, kind="stable")
    bounds = [rows.ts_us[ordered[min(len(rows) - 1, int(len(rows) * (first_share + (1 - first_share) * k / folds)))]] for k in range(folds + 1)]
    bounds[-1] += 1
    for k in range(folds):
        test = np.flatnonzero((rows.ts_us >= bounds[k]) & (rows.ts_us < bounds[k + 1]))
        train = purged(rows, np.flatnonzero(rows.ts_us < bounds[k]), test)
        if len(test) > 0 and len(train) > 0:
            yield Split(f"walk-forward {k + 1} of {folds}", train, test)


def transfers(rows: Rows) -> Iterator[Split]:
    """Trained on other markets and other days (UTC) than tested on, purged: one split for each market and day."""
    day = rows.ts_us // DAY_US
    for k, recording in enumerate(rows.recordings):
        for d in np.unique(day[rows.recording == k]):
            test = np.flatnonzero((rows.recording == k) & (day == d))
            train = purged(rows, np.flatnonzero((rows.recording != k) & (day != d)), test)
            if len(train) > 0:
                yield Split(f"{recording.market} on {np.datetime64(int(d), 'D')}", train, test)


def latest(rows: Rows, share: float = 0.15) -> Split:
    """The newest `share` of the rows of each recording held out, purged: for early stopping within training rows."""
    test = np.zeros(len(rows), bool)
    for k in range(len(rows.recordings)):
        mine = np.flatnonzero(rows.recording == k)
        test[mine[len(mine) - int(len(mine) * share) :]] = True
    held = np.flatnonzero(test)
    return Split("latest", purged(rows, np.flatnonzero(~test), held), held)
