"""
The mirror image of a market: bids become asks, up becomes down.

Nothing in order flow knows which side is called the bid, but eleven minutes of recordings have a direction. Training on every window and
its mirror image keeps a model from learning that direction. What becomes of a feature goes by its name: it changes its sign, or
stays, or swaps places with a partner.
"""

from dataclasses import dataclass

import numpy as np

from .data import BadDataset, Recording

ODD = frozenset(
    """imbalance_1 imbalance_3 imbalance_5 imbalance_10 microprice_bps deep_microprice_bps gap_imbalance
    newest_mid_bps newest_microprice_bps newest_imbalance return_100ms return_200ms return_500ms return_1s
    momentum_5s momentum_10s momentum_30s range_position_60s last_move
    flow_decayed_50ms flow_decayed_200ms flow_decayed_1s flow_5s flow_30s flow_near_500ms flow_near_5s flow_far_500ms flow_far_5s
    trade_imbalance_100ms trade_imbalance_500ms trade_imbalance_5s trade_imbalance_30s trade_flow_decayed_200ms last_trade
    vwap_5s_bps vwap_60s_bps profile_above_60s semivariance_60s add_imbalance_1s cancel_imbalance_1s""".split()
)
SWAPPED = {"depth_slope_bid": "depth_slope_ask", "depth_slope_ask": "depth_slope_bid"}
EVEN = frozenset(
    """spread_bps spread_ratio_60s touch_share depth_ratio_60s mid_age move_intensity_5s trade_intensity_1s trade_size_5s trade_age
    profile_width_bps volatility_decayed_1s volatility_decayed_10s volatility_garch realised_volatility_60s jump_share_60s
    kyle_lambda_60s flow_impact_60s amihud_60s vpin update_intensity_1s day_sin day_cos""".split()
)


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


def mirror_of(recording: Recording) -> Mirror:
    """By the names that the dataset states. Raises BadDataset for a name that is not in the tables above."""
    names = recording.names
    unknown = [name for name in names if name not in ODD and name not in EVEN and name not in SWAPPED]
    if unknown:
        raise BadDataset(f"{recording.path}: feature {unknown[0]!r} is unknown to mirror.py: say there what becomes of it when bids and asks swap")
    swap = np.array([names.index(SWAPPED.get(name, name)) for name in names])
    sign = np.array([-1 if name in ODD else 1 for name in names], np.float32)
    return Mirror(swap, sign)
