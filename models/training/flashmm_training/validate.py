"""
Out-of-fold predictions by purged walk-forward, and what they are used for: temperatures, conformal quantiles, figures, baselines.

No row's prediction comes from a model that has seen it, or anything within the embargo of it. Temperatures are fitted on half of these
rows and conformal quantiles on the other half.
"""

from dataclasses import dataclass

import numpy as np

from . import HORIZONS_MS
from .baselines import imbalance_sign, majority
from .calibration import ALPHA, coverage, fit_conformal, fit_temperatures, halves, log_softmax
from .data import Rows
from .deep import Deep, fit_deep
from .ensemble import vote
from .examples import Examples
from .linear import fit_linear
from .lstm import LSTM
from .metrics import brier, calibration_error, score
from .mirror import Mirror
from .progress import Progress
from .splits import Split
from .transformer import TRANSFORMER
from .trees import fit_trees

KINDS = ("linear", "trees", "lstm", "transformer", "ensemble")
ROWS_MAX = 50_000
ARCHITECTURES = {"lstm": LSTM, "transformer": TRANSFORMER}


@dataclass(frozen=True)
class OutOfFold:
    """Rows sorted by recording, then by time; `logits` [n, 3, 3] by kind; `steps` is how many were best, by kind of network."""

    rows: Rows
    labels: np.ndarray
    logits: dict[str, np.ndarray]
    plain: dict[str, np.ndarray]
    steps: dict[str, int]


@dataclass(frozen=True)
class Calibrated:
    """What the card says of one kind: temperature [3], conformal quantile [3], figures by horizon, and calibrated probabilities."""

    temperature: np.ndarray
    quantile: np.ndarray
    coverage: np.ndarray
    set_size: np.ndarray
    metrics: dict[str, dict]
    probabilities: np.ndarray


def fit(kind: str, examples: Examples, seed: int, progress: Progress, steps: int | None = None) -> object:
    """A model of a kind other than ensemble. Rows that lie close together are nearly the same, so of many some are enough."""
    examples = Examples(examples.rows.thinned(ROWS_MAX), examples.mirror)
    if kind == "linear":
        return fit_linear(examples, seed)
    if kind == "trees":
        return fit_trees(examples, seed, progress)
    return fit_deep(ARCHITECTURES[kind], examples, seed, progress, steps)


def out_of_fold(rows: Rows, splits: list[Split], kinds: list[str], mirror: Mirror, seed: int, progress: Progress) -> OutOfFold:
    """Fits every kind on every split and predicts its test rows."""
    at = np.concatenate([split.test for split in splits])
    order = np.argsort(at, kind="stable")
    logits: dict[str, list[np.ndarray]] = {kind: [] for kind in kinds}
    plain: dict[str, list[np.ndarray]] = {"majority": [], "imbalance": []}
    steps: dict[str, list[int]] = {}
    for split in splits:
        train, test = rows.where(split.train), rows.where(split.test)
        windows = test.windows()
        plain["majority"].append(majority(train, test))
        plain["imbalance"].append(imbalance_sign(test))
        for kind in kinds:
            progress.say(f"{split.name}: {kind} on {len(train)} rows, tested on {len(test)}")
            model = fit(kind, Examples(train, mirror), seed, progress)
            logits[kind].append(model.logits(windows).astype(np.float64))
            if isinstance(model, Deep):
                steps.setdefault(kind, []).append(model.steps)
    joined = rows.where(at[order])
    return OutOfFold(
        rows=joined,
        labels=joined.gather("labels").astype(np.int64),
        logits={kind: np.concatenate(parts)[order] for kind, parts in logits.items()},
        plain={name: np.concatenate(parts)[order] for name, parts in plain.items()},
        steps={kind: int(np.ceil(np.mean(found))) for kind, found in steps.items()},
    )


def calibrate(oof: OutOfFold, logits: np.ndarray) -> Calibrated:
    """Fits temperature and conformal quantile apart. Brier score and calibration error come from rows the temperature has not seen,
    the coverage of the sets from rows the quantile has not seen."""
    first, second = halves(oof.rows)
    temperature = fit_temperatures(logits[first], oof.labels[first])
    p = np.exp(log_softmax(logits / temperature[None, :, None]))
    quantile = fit_conformal(p[second], oof.labels[second])
    covered, size = coverage(p[first], oof.labels[first], quantile)
    metrics = scores(oof, p)
    for h, horizon in enumerate(HORIZONS_MS):
        metrics[str(horizon)]["brier"] = round(brier(oof.labels[second, h], p[second, h]), 4)
        metrics[str(horizon)]["calibration_error"] = round(calibration_error(oof.labels[second, h], p[second, h]), 4)
    return Calibrated(temperature, quantile, covered, size, metrics, p)


def scores(oof: OutOfFold, p: np.ndarray) -> dict[str, dict]:
    """The card's figures by horizon of probabilities [n, 3, 3]."""
    return {
        str(horizon): score(oof.labels[:, h], p[:, h], oof.rows.recording, oof.rows.ts_us)
        for h, horizon in enumerate(HORIZONS_MS)
    }


def ensemble_logits(oof: OutOfFold, members: list[str], calibrated: dict[str, Calibrated]) -> np.ndarray:
    """What the ensemble of these members says out of fold."""
    return vote([oof.logits[kind] for kind in members], [calibrated[kind].temperature for kind in members])


__all__ = ["ALPHA", "KINDS", "Calibrated", "OutOfFold", "calibrate", "ensemble_logits", "fit", "out_of_fold", "scores"]
