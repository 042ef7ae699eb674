"""What becomes of orders that take, and of large ones, in hftbacktest 2.4.4: whole and in part, by time in force.

    pip install hftbacktest==2.4.4 pandas
    python test/hftbacktest/orders.py test/hftbacktest/events.csv.gz > test/hftbacktest/orders.json

Every 250 ms one order, buy and sell in turn, two ticks through the other side's best price or at our own best, of a size that one
level seldom holds. Written down for each order: its end, what was filled, and where something was, the time of its end and the price of the last execution.
"""
import argparse
import hashlib
import json

import numpy as np
import pandas as pd
from hftbacktest import (BUY_EVENT, CANCELED, DEPTH_EVENT, EXCH_EVENT, EXPIRED, FILLED, GTC, GTX, LIMIT, LOCAL_EVENT, SELL_EVENT,
                         TRADE_EVENT, BacktestAsset, HashMapMarketDepthBacktest)
from hftbacktest.order import FOK, IOC
from hftbacktest.types import event_dtype
from numba import njit, uint64

ap = argparse.ArgumentParser()
ap.add_argument('csv')
a = ap.parse_args()
TICK, LOT, LATENCY_NS, INTERVAL_NS = 0.1, 0.001, 1_000_000, 250_000_000

df = pd.read_csv(a.csv)
ev = np.zeros(len(df), event_dtype)
side = np.where(df.side.values == 'b', np.uint64(BUY_EVENT), np.uint64(SELL_EVENT))
kind = np.where(df.kind.values == 'depth', np.uint64(DEPTH_EVENT), np.uint64(TRADE_EVENT))
ev['ev'] = side | kind | np.uint64(EXCH_EVENT) | np.uint64(LOCAL_EVENT)
ev['exch_ts'] = df.ts_ns.values
ev['local_ts'] = df.ts_ns.values + LATENCY_NS
ev['px'], ev['qty'] = df.price.values, df.qty.values


@njit
def run(hbt, time_in_force, through, qty, ends):
    """An order rests for three wakes at most, and is cancelled then."""
    wakes, count = 0, 0
    while hbt.elapse(INTERVAL_NS) == 0:
        wakes += 1
        orders = hbt.orders(0)
        values = orders.values()
        while values.has_next():
            o = values.get()
            if o.status == FILLED or o.status == EXPIRED or o.status == CANCELED:
                filled = round((o.qty - o.leaves_qty) / LOT)
                ends[count] = (np.int64(o.order_id), np.int64(o.status), np.int64(filled), np.int64(o.exch_timestamp if filled > 0 else 0), np.int64(o.exec_price_tick if filled > 0 else 0))
                count += 1
        hbt.clear_inactive_orders(0)
        values = hbt.orders(0).values()
        while values.has_next():
            o = values.get()
            if o.cancellable and o.order_id + 3 <= wakes:
                hbt.cancel(0, o.order_id, False)
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_tick, depth.best_ask_tick
        if bid <= 0 or ask >= 9223372036854775807:
            continue
        if wakes % 2 == 1:
            hbt.submit_buy_order(0, uint64(wakes), (ask + 2 if through else bid) * TICK, qty, time_in_force, LIMIT, False)
        else:
            hbt.submit_sell_order(0, uint64(wakes), (bid - 2 if through else ask) * TICK, qty, time_in_force, LIMIT, False)
    return count


TYPES = {'limit': GTC, 'postOnly': GTX, 'immediateOrCancel': IOC, 'fillOrKill': FOK}
CASES = [(fills, kind, through) for fills in ('whole', 'partial') for kind in TYPES for through in (True, False)]
golden = []
for fills, kind, through in CASES:
    asset = (BacktestAsset().data([ev]).linear_asset(1.0).constant_order_latency(LATENCY_NS, LATENCY_NS).risk_adverse_queue_model()
             .trading_value_fee_model(-0.00005, 0.0007).tick_size(TICK).lot_size(LOT).last_trades_capacity(0))
    asset = asset.partial_fill_exchange() if fills == 'partial' else asset.no_partial_fill_exchange()
    hbt = HashMapMarketDepthBacktest([asset])
    ends = np.zeros((10_000, 5), np.int64)
    count = run(hbt, TYPES[kind], through, 1.5, ends)
    hbt.close()
    names = {FILLED: 'filled', EXPIRED: 'expired', CANCELED: 'cancelled'}
    lines = [' '.join([str(r[0]), names[r[1]], *map(str, r[2:])]) for r in sorted(ends[:count].tolist())]
    text = ''.join(f'{line}\n' for line in lines)
    golden.append({'fills': fills, 'type': kind, 'through': through, 'orders': count, 'filled_lots': sum(int(line.split()[2]) for line in lines),
                   'first': lines[:8], 'sha256': hashlib.sha256(text.encode()).hexdigest()})
print(json.dumps({'hftbacktest': __import__('importlib.metadata').metadata.version('hftbacktest'), 'cases': golden}, indent=1))
