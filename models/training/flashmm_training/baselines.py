"""What a model has to beat: the majority class, the sign of top-of-book imbalance; logistic regression and trees are models of their own."""

import numpy as np

from . import CLASSES, HORIZONS_MS
from .data import Rows


def majority(train: Rows, test: Rows) -> np.ndarray:
    """The class shares of the training rows, for every test row: [n, 3, 3]."""
    labels = train.gather("labels")
    shares = np.stack([np.bincount(labels[:, h], minlength=len(CLASSES)) / len(labels) for h in range(len(HORIZONS_MS))])
    return np.broadcast_to(shares, (len(test), *shares.shape)).astype(np.float32)


def imbalance_sign(test: Rows) -> np.ndarray:
    """Sure of the direction to which the larger queue pushes, of neutral where the queues are equal: [n, 3, 3]."""
    certain = np.eye(len(CLASSES), dtype=np.float32)[np.sign(test.gather("imbalance")).astype(int) + 1]
    return np.repeat(certain[:, None], len(HORIZONS_MS), axis=1)
