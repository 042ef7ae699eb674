"""
Normalisation, as a part of each model: features go in raw.

Robust: (x − median) / scale, clipped to ±5, with the scale from the quartiles; features that are left out come out as 0. The sequence models put a learned layer behind it that
mixes this view with one of the window alone, feature by feature (after BiN, Tran et al. 2021, which normalises along time and features).
"""

from dataclasses import dataclass

import numpy as np

from .graph import Graph

CLIP = 5.0
NORMAL_IQR = 1.349

TIME_OF_DAY = frozenset({"day_sin", "day_cos"})
SLOW = frozenset(
    """spread_bps spread_ratio_60s depth_ratio_60s depth_slope_bid depth_slope_ask deep_microprice_bps
    momentum_5s momentum_10s momentum_30s range_position_60s move_intensity_5s
    flow_5s flow_30s flow_near_5s flow_far_5s trade_imbalance_5s trade_imbalance_30s trade_size_5s
    vwap_5s_bps vwap_60s_bps profile_width_bps profile_above_60s
    volatility_decayed_1s volatility_decayed_10s volatility_garch realised_volatility_60s jump_share_60s semivariance_60s
    kyle_lambda_60s flow_impact_60s amihud_60s vpin""".split()
)
LEFT_OUT = {"binance": TIME_OF_DAY | SLOW, "sei": TIME_OF_DAY}
"""Features that models of a domain do not see. Over minutes of data what looks back for seconds, and what differs from market to market,
tells which minute and which market it is, and a model learns these by heart: docs/models.md has the figures. With days of
recordings take SLOW out of the list. No dataset here is long enough for the time of day."""


def kept(names: list[str], domain: str) -> np.ndarray:
    """Which features go into the models: [64] bool by their names."""
    return np.array([name not in LEFT_OUT[domain] for name in names])


@dataclass(frozen=True)
class Robust:
    """`centre` and `gain` = 1 / scale [64] float32; a gain of 0 leaves a feature out."""

    centre: np.ndarray
    gain: np.ndarray

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Features [..., 64] → the same shape, within ±5."""
        return np.clip((x - self.centre) * self.gain, -CLIP, CLIP).astype(np.float32)

    def graph(self, g: Graph, x: str) -> str:
        """The same as nodes."""
        z = g.node("Mul", [g.node("Sub", [x, g.constant(self.centre)]), g.constant(self.gain)])
        return g.node("Clip", [z, g.constant(np.float32(-CLIP)), g.constant(np.float32(CLIP))])


def fit_robust(x: np.ndarray, keep: np.ndarray) -> Robust:
    """From features [n, 64], those with `keep` [64]. A feature that hardly ever leaves its median is scaled by its deviation, a constant one by 1."""
    low, centre, high = np.quantile(x.astype(np.float64), [0.25, 0.5, 0.75], axis=0)
    deviation = x.std(axis=0, dtype=np.float64)
    scale = np.maximum((high - low) / NORMAL_IQR, 0.3 * deviation)
    scale = np.where(scale > 1e-9, scale, 1.0)
    return Robust(centre.astype(np.float32), np.where(keep, 1 / scale, 0.0).astype(np.float32))
