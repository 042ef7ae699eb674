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
from hftbacktest import BacktestAsset, ROIVectorMarketDepthBacktest

from grid_strategy import run, run_gathering

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

LATENCY_NS = int(a.latency_us * 1000)

start = time.perf_counter()
events = np.load(a.events)['data']
events['local_ts'] += LATENCY_NS
load_s = time.perf_counter() - start
low, high = float(events['px'].min()), float(events['px'].max())


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
