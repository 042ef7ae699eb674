"""
What a prediction is worth: macro-F1 of the likeliest class, direction accuracy on moves, Brier score, calibration error.

Rows that follow one another are alike, so intervals come from a moving-block bootstrap over time (Künsch 1989) and not over single rows.
"""

from dataclasses import dataclass

import numpy as np

BLOCK_MS = 10_000
"""Length of a bootstrap block: long against the 0.5 s over which labels overlap and the seconds over which books are alike."""
RESAMPLES = 400
BINS = 15


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def json(self) -> dict[str, float]:
        """Four digits: more would say more than the intervals do."""
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


def macro_f1(confusion: np.ndarray) -> np.ndarray:
    """Mean F1 of the three classes from counts [..., true, predicted]; a class that is neither there nor predicted counts 0."""
    hit = np.diagonal(confusion, axis1=-2, axis2=-1)
    named = confusion.sum(-1) + confusion.sum(-2)
    return np.divide(2 * hit, named, out=np.zeros_like(hit, dtype=float), where=named > 0).mean(-1)


def counts(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """What the figures are sums of, for each row: [n, 11] = 9 of the confusion matrix, a move, a move whose direction was right.
    A direction that is not said (bullish as likely as bearish) is half right."""
    n = len(labels)
    out = np.zeros((n, 11))
    out[np.arange(n), labels * 3 + probabilities.argmax(1)] = 1
    moved = labels != 1
    out[:, 9] = moved
    said = np.sign(probabilities[:, 2] - probabilities[:, 0])
    out[:, 10] = moved * (1 + said * (labels.astype(float) - 1)) / 2
    return out


def figures(sums: np.ndarray) -> np.ndarray:
    """Macro-F1 and direction accuracy [..., 2] from sums of `counts` [..., 11]."""
    confusion = sums[..., :9].reshape(*sums.shape[:-1], 3, 3)
    direction = np.divide(sums[..., 10], sums[..., 9], out=np.full(sums.shape[:-1], 0.5), where=sums[..., 9] > 0)
    return np.stack([macro_f1(confusion), direction], axis=-1)


def bootstrap_starts(group: np.ndarray, ts_us: np.ndarray, seed: int) -> list[np.ndarray]:
    """For each resample, the rows' multiplicities by block: a list of [(first, last)] spans. Blocks lie within a recording (`group`)."""
    rng = np.random.default_rng(seed)
    spans = []
    for k in np.unique(group):
        mine = np.flatnonzero(group == k)
        every_us = max(1, int(np.median(np.diff(ts_us[mine])))) if len(mine) > 1 else 1
        length = int(np.clip(BLOCK_MS * 1000 // every_us, 1, len(mine)))
        blocks = -(-len(mine) // length)
        starts = rng.integers(0, len(mine) - length + 1, size=(RESAMPLES, blocks))
        spans.append(np.stack([mine[0] + starts, mine[0] + starts + length], axis=-1))
    return [np.concatenate([s[r] for s in spans]) for r in range(RESAMPLES)]


def resampled(per_row: np.ndarray, starts: list[np.ndarray]) -> np.ndarray:
    """Sums of `counts` over each resample [resamples, 11]. Rows must be sorted by recording, then by time."""
    total = np.concatenate([np.zeros((1, per_row.shape[1])), per_row.cumsum(0)])
    return np.stack([(total[s[:, 1]] - total[s[:, 0]]).sum(0) for s in starts])


def brier(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean squared distance from the truth, summed over classes: 0 to 2 (Brier 1950)."""
    return float(((probabilities - np.eye(3)[labels]) ** 2).sum(1).mean())


def calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Expected calibration error of the likeliest class over 15 bins of equal width (Guo et al. 2017, eq. 3)."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    bin_of = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gap = np.bincount(bin_of, weights=right - confidence, minlength=BINS)
    return float(np.abs(gap).sum() / len(labels))


def score(labels: np.ndarray, probabilities: np.ndarray, group: np.ndarray, ts_us: np.ndarray, seed: int = 0) -> dict[str, object]:
    """The card's figures at one horizon: labels [n], probabilities [n, 3]; rows sorted by recording, then by time."""
    per_row = counts(labels, probabilities)
    spread = figures(resampled(per_row, bootstrap_starts(group, ts_us, seed)))
    f1, direction = figures(per_row.sum(0))
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    return {
        "macro_f1": Interval(float(f1), float(low[0]), float(high[0])).json(),
        "direction_accuracy": Interval(float(direction), float(low[1]), float(high[1])).json(),
        "brier": round(brier(labels, probabilities), 4),
        "calibration_error": round(calibration_error(labels, probabilities), 4),
        "n": int(len(labels)),
        "moves": int(per_row[:, 9].sum()),
    }


def difference(labels: np.ndarray, ours: np.ndarray, theirs: np.ndarray, group: np.ndarray, ts_us: np.ndarray, seed: int = 0) -> dict[str, Interval]:
    """Ours less theirs with paired intervals: both are resampled by the same blocks, so what the blocks share cancels."""
    starts = bootstrap_starts(group, ts_us, seed)
    mine, other = counts(labels, ours), counts(labels, theirs)
    spread = figures(resampled(mine, starts)) - figures(resampled(other, starts))
    value = figures(mine.sum(0)) - figures(other.sum(0))
    low, high = np.quantile(spread, [0.025, 0.975], axis=0)
    return {name: Interval(float(value[i]), float(low[i]), float(high[i])) for i, name in enumerate(("macro_f1", "direction_accuracy"))}
