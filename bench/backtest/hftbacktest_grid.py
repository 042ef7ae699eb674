"""The field's benchmark grid in hftbacktest, timed. `npm run bench:backtest` runs it; alone:

    python hftbacktest_grid.py EVENTS.npz --tick 0.1 --lot 0.001 --fills fills.txt

Woken every interval (its own idiom, `elapse`), `ROIVectorMarketDepthBacktest`, latency and fees as below. The first run compiles and
counts for itself. Fills are gathered in a run of their own, so that gathering costs the timed ones nothing. Prints JSON.
"""
import argparse
import json
import resource
import time
from importlib.metadata import version

import numpy as np
from hftbacktest import BUY, FILLED, GTX, LIMIT, BacktestAsset, ROIVectorMarketDepthBacktest
from numba import njit, uint64

ap = argparse.ArgumentParser()
ap.add_argument('events')
ap.add_argument('--tick', type=float, required=True)
ap.add_argument('--lot', type=float, required=True)
ap.add_argument('--fills', required=True)
ap.add_argument('--runs', type=int, default=3)
ap.add_argument('--interval-ms', type=float, default=100)
ap.add_argument('--latency-us', type=float, default=1000)
ap.add_argument('--levels', type=int, default=5)
ap.add_argument('--half-ticks', type=int, default=2)
ap.add_argument('--clip', type=float, default=0.01)
ap.add_argument('--position-max', type=float, default=0.1)
a = ap.parse_args()

EMPTY_ASK = 9223372036854775807
LATENCY_NS = int(a.latency_us * 1000)

start = time.perf_counter()
events = np.load(a.events)['data']
events['local_ts'] += LATENCY_NS
load_s = time.perf_counter() - start
low, high = float(events['px'].min()), float(events['px'].max())


@njit
def gather(hbt, lot, fills, count):
    values = hbt.orders(0).values()
    while values.has_next():
        o = values.get()
        if o.status == FILLED:
            fills[count] = (o.exch_timestamp, 1 if o.side == BUY else -1, o.exec_price_tick, round(o.exec_qty / lot))
            count += 1
    return count


@njit
def quote(hbt, levels, half, clip, position_max):
    depth = hbt.depth(0)
    tick = depth.tick_size
    bid_tick, ask_tick = depth.best_bid_tick, depth.best_ask_tick
    if bid_tick <= 0 or ask_tick >= EMPTY_ASK or ask_tick <= bid_tick:
        return 0
    sent = 0
    position = hbt.position(0)
    reservation = (bid_tick + ask_tick) / 2.0 - position / clip * 0.5
    bid = min(int(np.floor(reservation - half)), bid_tick)
    ask = max(int(np.ceil(reservation + half)), ask_tick)
    hbt.clear_inactive_orders(0)
    orders = hbt.orders(0)
    values = orders.values()
    while values.has_next():
        o = values.get()
        if not o.cancellable:
            continue
        if o.side == BUY:
            stays = position < position_max and bid - levels < o.price_tick <= bid
        else:
            stays = position > -position_max and ask <= o.price_tick < ask + levels
        if not stays:
            hbt.cancel(0, o.order_id, False)
            sent += 1
    for i in range(levels):
        if position < position_max and uint64(bid - i) not in orders:
            hbt.submit_buy_order(0, uint64(bid - i), (bid - i) * tick, clip, GTX, LIMIT, False)
            sent += 1
        if position > -position_max and uint64(ask + i) not in orders:
            hbt.submit_sell_order(0, uint64(ask + i), (ask + i) * tick, clip, GTX, LIMIT, False)
            sent += 1
    return sent


@njit
def run(hbt, interval, levels, half, clip, position_max):
    wakes, sent = 0, 0
    while hbt.elapse(interval) == 0:
        wakes += 1
        sent += quote(hbt, levels, half, clip, position_max)
    return wakes, sent


@njit
def run_gathering(hbt, interval, levels, half, clip, position_max, lot, fills):
    count = 0
    while hbt.elapse(interval) == 0:
        count = gather(hbt, lot, fills, count)
        hbt.clear_inactive_orders(0)
        quote(hbt, levels, half, clip, position_max)
    return gather(hbt, lot, fills, count)


def build():
    asset = (BacktestAsset().data([events]).linear_asset(1.0).constant_order_latency(LATENCY_NS, LATENCY_NS)
             .power_prob_queue_model3(3.0).no_partial_fill_exchange().trading_value_fee_model(-0.00005, 0.0007)
             .tick_size(a.tick).lot_size(a.lot).last_trades_capacity(0)
             .roi_lb(low - 100 * a.tick).roi_ub(high + 100 * a.tick))
    return ROIVectorMarketDepthBacktest([asset])


grid = (int(a.interval_ms * 1e6), a.levels, a.half_ticks, a.clip, a.position_max)
walls, cpus, outcomes = [], [], []
for _ in range(a.runs + 1):
    hbt = build()
    wall, cpu = time.perf_counter(), time.process_time()
    wakes, sent = run(hbt, *grid)
    walls.append(time.perf_counter() - wall)
    cpus.append(time.process_time() - cpu)
    state, depth = hbt.state_values(0), hbt.depth(0)
    middle = (depth.best_bid + depth.best_ask) / 2
    pnl = state.balance + state.position * middle - state.fee
    outcomes.append((int(state.num_trades), round(state.position, 6), round(pnl, 4), wakes, sent))
    hbt.close()
rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

fills = np.zeros((outcomes[0][0], 4), np.int64)
hbt = build()
count = run_gathering(hbt, *grid, a.lot, fills)
hbt.close()
np.savetxt(a.fills, fills[:count], fmt='%d')

num_trades, position, pnl, wakes, sent = outcomes[0]
print(json.dumps({
    'engine': 'hftbacktest', 'version': version('hftbacktest'), 'rows': len(events), 'load_s': load_s,
    'first_wall_s': walls[0], 'warm_up_s': walls[0], 'wall_s': walls[1:], 'cpu_s': cpus[1:], 'fills': num_trades, 'position': position, 'pnl': pnl,
    'wakes': wakes, 'requests': sent, 'rss_mb': rss_mb, 'deterministic': len(set(outcomes)) == 1,
}))
