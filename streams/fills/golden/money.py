#!/usr/bin/env python3
"""Reference values for streams/fills: average cost, ledger and markouts of a random session, with exact fractions and without code in
common. Standard library only.

    python3 streams/fills/golden/money.py > streams/fills/golden/money.json

The market has ticks of 0.1 USDC and lots of 0.0001 BTC. Prices of fills are sdk.Dec values (18 decimals) between ticks. Average cost is
kept per lot as a fraction, so the realised profit here is what the true average says, before any rounding to quanta. A markout is looked
up in the list of all marks: the newest at or before the fill gives the edge, the first at or after fill + horizon gives the markout,
neither more than a second away.
"""
import json
import random
from bisect import bisect_left, bisect_right
from fractions import Fraction

rng = random.Random(20260715)
TICK, LOT = Fraction(1, 10), Fraction(1, 10_000)
HORIZONS = (1_000, 5_000, 30_000)

marks, fills = [], []
mid2 = 2 * 618_000  # twice the mid in ticks
for k in range(600):  # 120 s at 5 Hz, with a gap in which the feed is silent
    time_us = k * 200_000
    mid2 = max(1_000_000, mid2 + rng.randint(-9, 9))
    if 400 <= k < 430:
        continue
    marks.append([time_us, (mid2 - 1) // 2, mid2 - (mid2 - 1) // 2])
    for _ in range(rng.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 2))):
        side = rng.choice(("buy", "sell"))
        away = rng.randint(-20_000_000, 60_000_000)  # millionths of a tick
        micro = mid2 * 500_000 + (-away if side == "buy" else away)
        fills.append([time_us + rng.randint(1, 199_999), side, rng.randint(1, 400), micro])
fills.sort(key=lambda f: f[0])

lots, cost, realised, cash = 0, Fraction(0), Fraction(0), Fraction(0)
base, quote = 0, 0
positions, markouts = [], []
times = [m[0] for m in marks]
for time_us, side, size, micro in fills:
    sign = 1 if side == "buy" else -1
    price = Fraction(micro, 1_000_000) * TICK
    cash -= sign * size * LOT * price
    left = size
    if lots * sign < 0:
        closing = min(size, abs(lots))
        average = cost / (lots * LOT)
        realised += -sign * closing * LOT * (price - average)
        cost -= average * (closing * LOT) * (1 if lots > 0 else -1)
        lots += sign * closing
        left -= closing
    lots += sign * left
    cost += sign * left * LOT * price
    assert realised - cost == cash
    value = size * LOT * price * 1_000_000
    base += sign * size * 100
    quote -= -(-value.numerator // value.denominator) if side == "buy" else -(value.numerator // value.denominator)
    positions.append([lots, float(realised), float(cost), float(cash), base, quote])

    def mid_at(i):
        return Fraction(marks[i][1] + marks[i][2], 2) * TICK

    row = []
    i = bisect_right(times, time_us) - 1
    known = i >= 0 and time_us - times[i] <= 1_000_000
    if known:
        row.append(float(sign * size * LOT * (mid_at(i) - price)))
    for h in HORIZONS:
        j = bisect_left(times, time_us + h * 1_000)
        good = known and j < len(times) and times[j] - time_us - h * 1_000 <= 1_000_000
        row.append(float(sign * size * LOT * (mid_at(j) - price)) if good else None)
    markouts.append(row if known else [None, None, None, None])

print(json.dumps({
    "columns": {"marks": ["timeUs", "bidTick", "askTick"], "fills": ["timeUs", "side", "lots", "microTicks"],
                "positions": ["lots", "realisedUsdc", "costUsdc", "cashUsdc", "ubtc", "uusdc"],
                "markouts": ["edgeUsdc", "after1s", "after5s", "after30s"]},
    "marks": marks, "fills": fills, "positions": positions, "markouts": markouts}))
