"""
The mirror image of a market: bids become asks, up becomes down.

Nothing in order flow knows which side is called the bid, but eleven minutes of recordings have a direction. Training on every window and
its mirror image keeps a model from learning that direction. The dataset says what becomes of each feature: `odd` changes its sign,
`even` stays, a name means that the two swap places.
"""

from dataclasses import dataclass

import numpy as np

from . import FEATURE_COUNT
from .data import BadDataset, Recording


@dataclass(frozen=True)
class Mirror:
    """`x[..., swap] * sign` is the mirror image of features x [..., 64]."""

    swap: np.ndarray
    sign: np.ndarray

    def features(self, x: np.ndarray) -> np.ndarray:
        """The mirror image of features or windows [..., 64]."""
        return x[..., self.swap] * self.sign

    @staticmethod
    def labels(labels: np.ndarray) -> np.ndarray:
        """Bearish (0) becomes bullish (2) and the other way round."""
        return 2 - labels

    @staticmethod
    def logits(logits: np.ndarray) -> np.ndarray:
        """The same for outputs [..., 3]."""
        return logits[..., ::-1]


def mirror_of(recording: Recording) -> Mirror | None:
    """The mirror that the dataset states in `feature_names` and `feature_mirror`; null where it states none. Raises BadDataset."""
    if "feature_mirror" not in recording.meta:
        return None
    names = recording.meta["feature_names"].split(",")
    rules = recording.meta["feature_mirror"].split(",")
    if len(names) != FEATURE_COUNT or len(rules) != FEATURE_COUNT:
        raise BadDataset(f"{recording.path}: feature_mirror has {len(rules)} entries for {len(names)} names, expected {FEATURE_COUNT}")
    swap = np.arange(FEATURE_COUNT)
    sign = np.ones(FEATURE_COUNT, np.float32)
    for i, rule in enumerate(rules):
        if rule == "odd":
            sign[i] = -1
        elif rule != "even":
            if rule not in names or rules[names.index(rule)] != names[i]:
                raise BadDataset(f"{recording.path}: feature_mirror of {names[i]} is {rule!r}, expected odd, even or a partner that names it back")
            swap[i] = names.index(rule)
    return Mirror(swap, sign)
