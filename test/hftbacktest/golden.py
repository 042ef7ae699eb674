"""The fills of the grid in hftbacktest 2.4.4 under each of its queue models, and with recorded latencies of orders, as counts and hashes:

    pip install hftbacktest==2.4.4 pandas
    python test/hftbacktest/golden.py test/hftbacktest/events.csv.gz --latencies test/hftbacktest/latencies.npz > test/hftbacktest/golden.json

It makes the recorded latencies, too.

The strategy is that of the field's benchmark: five levels a side, half a tick of skew for each clip held, woken on a timer.
"""
import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from hftbacktest import (BUY_EVENT, DEPTH_EVENT, EXCH_EVENT, LOCAL_EVENT, SELL_EVENT, TRADE_EVENT,
                         BacktestAsset, HashMapMarketDepthBacktest)
from hftbacktest.types import event_dtype

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'bench' / 'backtest'))
from grid_strategy import run_gathering

ap = argparse.ArgumentParser()
ap.add_argument('csv')
ap.add_argument('--latencies', required=True, help='where to write round trips of orders')
ap.add_argument('--interval-ms', type=float, default=100)
ap.add_argument('--latency-us', type=float, default=1000)
ap.add_argument('--tick', type=float, default=0.1)
ap.add_argument('--lot', type=float, default=0.001)
ap.add_argument('--qty', type=float, default=0.01)
ap.add_argument('--max-pos', type=float, default=0.1)
ap.add_argument('--half-ticks', type=int, default=2)
a = ap.parse_args()

df = pd.read_csv(a.csv)
ev = np.zeros(len(df), event_dtype)
side = np.where(df.side.values == 'b', np.uint64(BUY_EVENT), np.uint64(SELL_EVENT))
kind = np.where(df.kind.values == 'depth', np.uint64(DEPTH_EVENT), np.uint64(TRADE_EVENT))
ev['ev'] = side | kind | np.uint64(EXCH_EVENT) | np.uint64(LOCAL_EVENT)
ev['exch_ts'] = df.ts_ns.values
ev['local_ts'] = df.ts_ns.values + int(a.latency_us * 1000)
ev['px'], ev['qty'] = df.price.values, df.qty.values


def round_trips(first_ns, last_ns, rng):
    """Every 200 ms on average an order, 20 to 80 ms to the exchange, 5 to 200 ms back; from a second after the tape's beginning on."""
    sent = np.sort(rng.integers(first_ns + 1_000_000_000, last_ns, (last_ns - first_ns) // 200_000_000))
    trips = np.zeros(len(sent), [('req_ts', '<i8'), ('exch_ts', '<i8'), ('resp_ts', '<i8'), ('_padding', '<i8')])
    trips['req_ts'] = sent
    # The model asks for times at the exchange that don't go back.
    trips['exch_ts'] = np.maximum.accumulate(sent + rng.integers(20_000_000, 80_000_000, len(sent)))
    trips['resp_ts'] = trips['exch_ts'] + rng.integers(5_000_000, 200_000_000, len(sent))
    return trips


trips = round_trips(int(df.ts_ns.values[0]), int(df.ts_ns.values[-1]), np.random.default_rng(7))
np.savez_compressed(a.latencies, data=trips)

latency = int(a.latency_us * 1000)
MODELS = {
    'risk_averse': ('risk_averse', 0, lambda asset: asset.risk_adverse_queue_model()),
    'power(2)': ('power', 2, lambda asset: asset.power_prob_queue_model(2.0)),
    'power2(2)': ('power2', 2, lambda asset: asset.power_prob_queue_model2(2.0)),
    'power3(3)': ('power3', 3, lambda asset: asset.power_prob_queue_model3(3.0)),
    'log': ('log', 0, lambda asset: asset.log_prob_queue_model()),
    'log2': ('log2', 0, lambda asset: asset.log_prob_queue_model2()),
    'recorded latencies': ('power', 2, lambda asset: asset.power_prob_queue_model(2.0).intp_order_latency(trips)),
}
golden = {}
for name, (queue, power, with_queue) in MODELS.items():
    asset = (BacktestAsset().data([ev]).linear_asset(1.0).constant_order_latency(latency, latency).no_partial_fill_exchange()
             .trading_value_fee_model(-0.00005, 0.0007).tick_size(a.tick).lot_size(a.lot).last_trades_capacity(0))
    hbt = HashMapMarketDepthBacktest([with_queue(asset)])
    fills = np.zeros((1_000_000, 4), np.int64)
    count = run_gathering(hbt, int(a.interval_ms * 1e6), 5, a.half_ticks, a.qty, a.max_pos, a.lot, fills)
    state = hbt.state_values(0)
    # Fills of one wake stand in the order of a hash map.
    rows = fills[:count][np.lexsort((fills[:count, 3], fills[:count, 2], fills[:count, 1], fills[:count, 0]))].tolist()
    lines = [' '.join(map(str, row)) for row in rows]
    text = ''.join(f'{line}\n' for line in lines)
    assert count == state.num_trades
    golden[name] = {'queue': queue, 'power': power, 'fills': count, 'position': round(state.position, 6), 'balance': round(state.balance, 6), 'fee': round(state.fee, 6),
                    'first': lines[:5],
                    'sha256': hashlib.sha256(text.encode()).hexdigest()}
    hbt.close()
print(json.dumps({'hftbacktest': __import__('importlib.metadata').metadata.version('hftbacktest'), 'models': golden}, indent=1))
