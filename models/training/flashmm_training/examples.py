"""What a model is fitted to: rows with their mirror images and the weights of their classes."""

from dataclasses import dataclass

import numpy as np

from . import CLASSES, HORIZONS_MS
from .data import Rows
from .mirror import Mirror
from .normalise import kept

WEIGHT_POWER = 0.5
"""Rows weigh (share of their class)^−power. 0 leaves the classes as they come, and then neutral is always the likeliest at 100 ms; 1
evens them out, and then the probabilities are far from the frequencies. The square root lies between the two, and was best in a market
that was not trained on: docs/models.md."""


@dataclass(frozen=True)
class Examples:
    """Training rows, each of which is trained on with its mirror image."""

    rows: Rows
    mirror: Mirror

    @property
    def keep(self) -> np.ndarray:
        """Which features go into the models [64]."""
        first = self.rows.recordings[0]
        return kept(first.names, first.meta["domain"])

    def labels(self) -> np.ndarray:
        """[n, 3], 0 to 2."""
        return self.rows.gather("labels").astype(np.int64)

    def last_rows(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Newest rows [m, 64], labels [m, 3] and weights [m, 3], mirror images behind the originals."""
        x, labels = self.rows.gather("features"), self.labels()
        x = np.concatenate([x, self.mirror.features(x)])
        labels = np.concatenate([labels, self.mirror.labels(labels)])
        return x, labels, np.stack([class_weights(labels[:, h])[labels[:, h]] for h in range(len(HORIZONS_MS))], axis=1)


def class_weights(labels: np.ndarray) -> np.ndarray:
    """A weight for each class [3] from labels [n], of mean 1 over the rows."""
    share = np.bincount(labels, minlength=len(CLASSES)) / len(labels)
    raw = np.where(share > 0, np.maximum(share, 1e-6) ** -WEIGHT_POWER, 0.0)
    return raw / (raw * share).sum()
