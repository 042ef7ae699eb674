"""The 64 features of a recording, each from its formula over the whole list of events, with numpy and nothing incremental:

    pip install numpy==2.2.6
    python streams/features/golden/features.py tapes/spot_btcusdt_20240808.gz > streams/features/golden/spot_btcusdt.json

A row every 3.05 s, so that rows lie at all places of the 200 ms grid. `--every-ms 200` gives every vector of a session.
"""
import argparse
import base64
import gzip
import json
import math

import numpy as np

ap = argparse.ArgumentParser()
ap.add_argument('recording')
ap.add_argument('--every-ms', type=int, default=3_050)
args = ap.parse_args()

MS, S, DEPTH = 1_000, 1_000_000, 10


def read(path):
    """The book's ten best levels after each update, best prices as told, and trades; times in microseconds."""
    best = {'bids': {}, 'asks': {}}
    waiting, last_id, now = [], None, 0
    books, tickers, trades = [], [], []
    last_ticker = last_trade = -1

    def lots(size):
        return round(float(size) * 1e8)  # whole numbers, so that what is left of nothing is nothing

    def update(side, levels):
        for price, size in levels:
            if float(size) == 0:
                best[side].pop(float(price), None)
            else:
                best[side][float(price)] = lots(size)

    def keep():
        bids = sorted(best['bids'].items(), reverse=True)[:DEPTH]
        asks = sorted(best['asks'].items())[:DEPTH]
        books.append((now, last_id, bids, asks))

    for line in gzip.open(path, 'rt'):
        stamp, text = line.split(' ', 1)
        now = max(now, int(stamp) // 1_000)
        message = json.loads(text)
        if 'lastUpdateId' in message:
            if last_id is not None:
                continue
            last_id = message['lastUpdateId']
            update('bids', message['bids'])
            update('asks', message['asks'])
            for one in waiting:
                if one['u'] > last_id:
                    update('bids', one['b'])
                    update('asks', one['a'])
                    last_id = one['u']
            keep()
            continue
        data = message['data']
        stream = message['stream'].split('@')[1]
        if stream == 'depth':
            if last_id is None:
                waiting.append(data)
            elif data['u'] > last_id:
                update('bids', data['b'])
                update('asks', data['a'])
                last_id = data['u']
                keep()
        elif stream == 'bookTicker' and data['u'] > last_ticker:
            last_ticker = data['u']
            tickers.append((now, len(books), data['u'], float(data['b']), lots(data['B']), float(data['a']), lots(data['A'])))
        elif stream == 'trade' and data['t'] > last_trade:
            last_trade = data['t']
            trades.append((now, float(data['p']), lots(data['q']), -1 if data['m'] else 1))
    return books, tickers, trades


books, tickers, trades = read(args.recording)

# Books as arrays: [update, level], size 0 where a level is missing.
BT = np.array([time for time, *_ in books], dtype=np.int64)
START = int(BT[0])


def side_arrays(column):
    price, size = np.full((len(books), DEPTH), np.nan), np.zeros((len(books), DEPTH))
    for row, book in enumerate(books):
        for level, (p, q) in enumerate(book[column]):
            price[row, level], size[row, level] = p, q
    return price, size


BP, BQ = side_arrays(2)
AP, AQ = side_arrays(3)
BID1, ASK1 = BP[:, 0], AP[:, 0]
SPREAD = 1e4 * np.log(ASK1 / BID1)
TOUCH = (BQ[:, 0] + AQ[:, 0]) / 2
SHOWN = (BQ > 0).sum(1) + (AQ > 0).sum(1)
LEVEL = (BQ.sum(1) + AQ.sum(1)) / SHOWN

# The newest best prices: all that were told in order, an older id than the newest so far tells nothing.
told = [(i, 0, BT[i], books[i][1], BID1[i], BQ[i, 0], ASK1[i], AQ[i, 0]) for i in range(len(books))]
told += [(seen - 1, 1 + n, time, uid, b, B, a, A) for n, (time, seen, uid, b, B, a, A) in enumerate(tickers) if seen > 0]
if any(seen == 0 for _, seen, *_ in tickers):  # the last one before the first book is told with it
    time, seen, uid, b, B, a, A = [one for one in tickers if one[1] == 0][-1]
    told.append((0, 0.5, BT[0], uid, b, B, a, A))
told.sort(key=lambda one: one[:2])
ids = np.array([one[3] for one in told])
newest = np.array(told, dtype=float)[ids >= np.maximum.accumulate(ids)]
NT = np.array([one[2] for one in told], dtype=np.int64)[ids >= np.maximum.accumulate(ids)]
# What is told with the first book is the first: nothing flowed in between.
first = int(np.searchsorted(NT, START, 'right')) if tickers and tickers[0][1] == 0 else 1
first = max(1, first if newest[first - 1, 1] == 0.5 else 1)
newest, NT = newest[first - 1:], NT[first - 1:]
NB, NBQ, NA, NAQ = newest[:, 4:8].T
MID = (NB + NA) / 2
X = 1e4 * np.log(MID)
FLOW = np.zeros(len(NT))
FLOW[1:] = (np.where(NB[1:] >= NB[:-1], NBQ[1:], 0) - np.where(NB[1:] <= NB[:-1], NBQ[:-1], 0)
            - np.where(NA[1:] <= NA[:-1], NAQ[1:], 0) + np.where(NA[1:] >= NA[:-1], NAQ[:-1], 0))
MOVE = np.zeros(len(NT))
MOVE[1:] = np.sign(X[1:] - X[:-1])

# Flow by rank of level.
BEHIND = np.zeros((len(BT), DEPTH))
for level in range(1, DEPTH):
    bp, bq, ap_, aq = BP[:, level], BQ[:, level], AP[:, level], AQ[:, level]
    e = (np.where(bp[1:] >= bp[:-1], bq[1:], 0) - np.where(bp[1:] <= bp[:-1], bq[:-1], 0)
         - np.where(ap_[1:] <= ap_[:-1], aq[1:], 0) + np.where(ap_[1:] >= ap_[:-1], aq[:-1], 0))
    BEHIND[1:, level] = e

# What was added and removed, price by price.
CHANGED = np.zeros((len(BT), 4))
for n in range(1, len(books)):
    for column, sign in ((2, -1), (3, 1)):
        before, after = dict(books[n - 1][column]), dict(books[n][column])
        ends = [max(sign * p for p in one) for one in (before, after) if len(one) == DEPTH]
        for p in before.keys() | after.keys():
            if all(sign * p <= end for end in ends):
                change = after.get(p, 0) - before.get(p, 0)
                CHANGED[n, (column - 2) + (0 if change > 0 else 2)] += abs(change)

trades = [one for one in trades if one[0] >= START]
TT = np.array([one[0] for one in trades], dtype=np.int64)
TP, TV, TS = np.array([one[1:] for one in trades]).T
TX = 1e4 * np.log(TP)


def between(times, start, end):
    """Events of start ≤ time < end."""
    return slice(np.searchsorted(times, start, 'left'), np.searchsorted(times, end, 'left'))


def last(times, at):
    """The last event before an instant; the first where there is none."""
    return max(0, int(np.searchsorted(times, at, 'left')) - 1)


def x_at(instant):
    return X[last(NT, instant)]


def mean_held(values, start, end):
    """Mean over time of what holds from update to update."""
    start = max(start, START)
    if end <= start:
        return values[last(BT, end)]
    inside = between(BT, start + 1, end)
    edges = np.concatenate(([start], BT[inside], [end]))
    held = np.concatenate(([values[last(BT, start + 1)]], values[inside]))
    return float((held * np.diff(edges)).sum() / (end - start))


# Instants of the 200 ms grid, and what the last second did at each.
GRID = np.arange(START // (200 * MS) + 1, int(max(BT[-1], NT[-1], TT[-1])) // (200 * MS) + 2) * 200 * MS
XG = np.array([x_at(t) for t in GRID])
X1 = np.array([x_at(t - S) for t in GRID])
X2 = np.array([x_at(t - 2 * S) for t in GRID])
STEP = XG - np.array([x_at(t - 200 * MS) for t in GRID])
R1, R1_BEFORE = XG - X1, X1 - X2
V1, W1, F1 = (np.zeros(len(GRID)) for _ in range(3))
for g, t in enumerate(GRID):
    second = between(TT, t - S, t)
    V1[g], W1[g] = TV[second].sum(), (TV * TS)[second].sum()
    F1[g] = FLOW[between(NT, t - S, t)].sum()


def imbalance(a, b):
    return (a - b) / (a + b) if a + b > 0 else 0.0


def decayed(times, values, half_life, now):
    before = between(times, now - 60 * half_life, now)
    return float((values[before] * 0.5 ** ((now - times[before]) / half_life)).sum())


def vpin_at_trades():
    """The buckets of equal volume, and the VPIN after each trade."""
    buckets, after = [], []
    size, bought, sold = 0.0, 0.0, 0.0

    def usual(n):
        start = int(TT[n]) // (200 * MS) * 200 * MS - 60 * S
        return float(TV[np.searchsorted(TT, start, 'left'):n + 1].sum()) / 20

    for n in range(len(TT)):
        if TT[n] - START >= 60 * S:
            if size == 0:
                size = usual(n)
            left = TV[n]
            while left > 1e-3:
                taken = min(left, size - bought - sold)
                bought, sold = (bought + taken, sold) if TS[n] > 0 else (bought, sold + taken)
                left -= taken
                if size - bought - sold <= 1e-3:
                    buckets.append((abs(bought - sold), size))
                    size, bought, sold = usual(n), 0.0, 0.0
        recent = buckets[-20:]
        after.append(sum(b for b, _ in recent) / sum(s for _, s in recent) if recent else 0.0)
    return np.array(after)


VPIN = vpin_at_trades()


def impact(y, x):
    variance = x.var()
    return 0.0 if variance * len(x) <= 1e-9 * (x * x).sum() else float(((y - y.mean()) * (x - x.mean())).mean() / math.sqrt(variance))


def features(now):
    short, long = now // (50 * MS) * 50 * MS, now // (200 * MS) * 200 * MS
    book, touch = last(BT, now), last(NT, now)
    b1, a1 = BID1[book], ASK1[book]
    bq, aq = BQ[book], AQ[book]
    m_book, m, x = (a1 + b1) / 2, MID[touch], X[touch]
    usual_touch, usual_level = mean_held(TOUCH, long - 10 * S, now), mean_held(LEVEL, long - 10 * S, now)
    f = {}

    f['spread_bps'] = SPREAD[book]
    f['spread_ratio_60s'] = math.log(SPREAD[book] / mean_held(SPREAD, long - 60 * S, now))
    for k in (1, 3, 5, 10):
        f[f'imbalance_{k}'] = imbalance(bq[:k].sum(), aq[:k].sum())
    f['microprice_bps'] = 1e4 * math.log((a1 * bq[0] + b1 * aq[0]) / (bq[0] + aq[0]) / m_book)
    b5, a5 = np.average(BP[book, :5], weights=bq[:5]), np.average(AP[book, :5], weights=aq[:5])
    f['deep_microprice_bps'] = 1e4 * math.log((a5 * bq[:5].sum() + b5 * aq[:5].sum()) / (bq[:5].sum() + aq[:5].sum()) / m_book)
    for name, price, size in (('bid', BP[book], bq), ('ask', AP[book], aq)):
        f[f'depth_slope_{name}'] = math.log(size.sum() / size[0]) / math.log(1 + abs(price[-1] - price[0]) / (a1 - b1))
    f['touch_share'] = (bq[0] + aq[0]) / (bq.sum() + aq.sum())
    f['depth_ratio_60s'] = math.log(TOUCH[book] / mean_held(TOUCH, long - 60 * S, now))
    f['gap_imbalance'] = imbalance(b1 - BP[book, 1], AP[book, 1] - a1)

    f['newest_mid_bps'] = 1e4 * math.log(m / m_book)
    f['newest_microprice_bps'] = 1e4 * math.log((NA[touch] * NBQ[touch] + NB[touch] * NAQ[touch]) / (NBQ[touch] + NAQ[touch]) / m)
    f['newest_imbalance'] = imbalance(NBQ[touch], NAQ[touch])

    for ms in (100, 200, 500):
        f[f'return_{ms}ms'] = x - x_at(short - ms * MS)
    f['return_1s'] = x - x_at(short - S)
    f['momentum_5s'] = x - x_at(short - 5 * S)
    for s in (10, 30):
        f[f'momentum_{s}s'] = x - x_at(long - s * S)
    mids = np.array([x] + [x_at(long - s * S) for s in range(61)])
    f['range_position_60s'] = 2 * (x - mids.min()) / np.ptp(mids) - 1 if np.ptp(mids) > 0 else 0.0
    moves = between(NT, START, now)
    moved = np.flatnonzero(MOVE[moves])
    age = now - NT[moved[-1]] if len(moved) else 60 * S
    f['last_move'] = MOVE[moved[-1]] * 0.5 ** (age / (500 * MS)) if len(moved) else 0.0
    f['mid_age'] = math.log(1 + min(age, 60 * S) / (100 * MS))
    f['move_intensity_5s'] = math.log(1 + np.count_nonzero(MOVE[between(NT, short - 5 * S, now)]) / 5)

    for name, ms in (('50ms', 50), ('200ms', 200), ('1s', 1_000)):
        f[f'flow_decayed_{name}'] = decayed(NT, FLOW, ms * MS, now) / usual_touch
    f['flow_5s'] = FLOW[between(NT, short - 5 * S, now)].sum() / usual_touch
    f['flow_30s'] = FLOW[between(NT, long - 30 * S, now)].sum() / usual_touch
    for part, levels in (('near', slice(1, 5)), ('far', slice(5, 10))):
        for name, us in (('500ms', 500 * MS), ('5s', 5 * S)):
            f[f'flow_{part}_{name}'] = BEHIND[between(BT, short - us, now), levels].sum() / usual_level

    def taken(start):
        window = between(TT, start, now)
        side, volume = TS[window], TV[window]
        return volume[side > 0].sum(), volume[side < 0].sum(), len(volume)

    for name, start in (('100ms', short - 100 * MS), ('500ms', short - 500 * MS), ('5s', short - 5 * S), ('30s', long - 30 * S)):
        f[f'trade_imbalance_{name}'] = imbalance(*taken(start)[:2])
    f['trade_flow_decayed_200ms'] = decayed(TT, TV * TS, 200 * MS, now) / usual_touch
    n60, n5 = taken(long - 60 * S), taken(short - 5 * S)
    f['trade_intensity_1s'] = math.log((taken(short - S)[2] + 1) / (n60[2] / 60 + 1))
    f['trade_size_5s'] = math.log(sum(n5[:2]) / n5[2] / (sum(n60[:2]) / n60[2])) if n5[2] else 0.0
    n = int(np.searchsorted(TT, now, 'left')) - 1
    f['last_trade'] = TS[n] * 0.5 ** ((now - TT[n]) / (500 * MS)) if n >= 0 else 0.0
    f['trade_age'] = math.log(1 + min(60 * S, now - TT[n] if n >= 0 else 60 * S) / (100 * MS))

    near, minute = between(TT, short - 5 * S, now), between(TT, long - 60 * S, now)
    f['vwap_5s_bps'] = np.average(TX[near], weights=TV[near]) - x if near.start < near.stop else 0.0
    f['vwap_60s_bps'] = np.average(TX[minute], weights=TV[minute]) - x if minute.start < minute.stop else 0.0
    centre = np.average(TX[minute], weights=TV[minute])
    f['profile_width_bps'] = math.sqrt(np.average((TX[minute] - centre) ** 2, weights=TV[minute]))
    above = 0.0
    for s in range(60):
        one = between(TT, long - (s + 1) * S, long - s * S if s else now)
        if one.start < one.stop:
            away = np.average(TX[one], weights=TV[one]) - x
            above += TV[one].sum() * (np.sign(away) if abs(away) > 1e-6 else 0)
    f['profile_above_60s'] = above / TV[minute].sum()

    past = GRID <= long
    weights = np.arange(past.sum())[::-1]
    for s in (1, 10):
        keep = 0.5 ** (0.2 / s)
        f[f'volatility_decayed_{s}s'] = math.sqrt(5 * ((1 - keep) * keep ** weights * STEP[past] ** 2).sum())
    seconds = np.flatnonzero(past & (GRID % S == 0))
    targets = np.array([(R1[max(0, g - 299):g + 1] ** 2).sum() / 300 for g in seconds])
    ages = np.arange(len(seconds))[::-1]
    f['volatility_garch'] = math.sqrt((0.8 ** ages * (0.1 * targets + 0.1 * R1[seconds] ** 2)).sum())
    window = past & (GRID > long - 60 * S)
    r, before = R1[window], R1_BEFORE[window]
    variance = (r * r).sum()
    f['realised_volatility_60s'] = math.sqrt(variance / 300)
    f['jump_share_60s'] = min(1, max(0, 1 - math.pi / 2 * np.abs(r * before).sum() / variance))
    f['semivariance_60s'] = ((r[r > 0] ** 2).sum() - (r[r < 0] ** 2).sum()) / variance

    f['kyle_lambda_60s'] = impact(r, W1[window])
    f['flow_impact_60s'] = impact(r, F1[window])
    f['amihud_60s'] = math.log(1 + usual_touch * np.abs(r).sum() / V1[window].sum()) if V1[window].sum() else 0.0
    f['vpin'] = VPIN[n] if n >= 0 else 0.0

    second = between(BT, short - S, now)
    added_bids, added_asks, removed_bids, removed_asks = CHANGED[second].sum(0)
    bought, sold, _ = taken(short - S)
    f['add_imbalance_1s'] = imbalance(added_bids, added_asks)
    f['cancel_imbalance_1s'] = imbalance(max(0, removed_asks - bought), max(0, removed_bids - sold))
    # The first book is no update.
    usual_updates = len(BT[1:][between(BT[1:], long - 60 * S, now)]) / 60
    f['update_intensity_1s'] = math.log((len(BT[1:][between(BT[1:], short - S, now)]) + 1) / (usual_updates + 1))

    angle = 2 * math.pi * (now % (86_400 * S)) / (86_400 * S)
    f['day_sin'], f['day_cos'] = math.sin(angle), math.cos(angle)
    return f


end = int(min(BT[-1], NT[-1]))
first_row = -(-(START + 60 * S) // (args.every_ms * MS)) * args.every_ms * MS
times = list(range(first_row, end, args.every_ms * MS))
rows = [features(t) for t in times]
matrix = np.array([[row[name] for name in row] for row in rows])
print(json.dumps({
    'recording': args.recording.rsplit('/', 1)[-1],
    'names': list(rows[0]),
    'timesUs': times,
    'vectors': base64.b64encode(matrix.astype('<f4').tobytes()).decode(),
}))
