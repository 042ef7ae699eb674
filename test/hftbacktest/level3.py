"""The fills of the grid in hftbacktest 2.4.4 on a made-up market of single orders, with `L3FIFOQueueModel`, as counts and a hash:

    pip install hftbacktest==2.4.4
    python test/hftbacktest/level3.py test/hftbacktest/level3.npz > test/hftbacktest/level3.json

It makes the market, too: orders join, are cancelled, get smaller, larger or another price, and are executed, some in parts. As on an exchange, an
execution is told first, and then what becomes of the order. The strategy is golden.py's.
"""
import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from hftbacktest import (ADD_ORDER_EVENT, BUY_EVENT, CANCEL_ORDER_EVENT, EXCH_EVENT, FILL_EVENT, LOCAL_EVENT,
                         MODIFY_ORDER_EVENT, SELL_EVENT, BacktestAsset, HashMapMarketDepthBacktest)
from hftbacktest.types import event_dtype

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'bench' / 'backtest'))
from grid_strategy import run_gathering

ap = argparse.ArgumentParser()
ap.add_argument('npz', help='where to write the events')
ap.add_argument('--steps', type=int, default=9_000)
a = ap.parse_args()
TICK, LOT, LATENCY_NS, INTERVAL_NS = 0.5, 0.01, 1_000_000, 50_000_000
BUY_SIDE, SELL_SIDE = 1, -1


class Market:
    """Orders by price in the order of their arrival, and what the exchange tells of them."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.events, self.next_id, self.now = [], 1, 1_700_000_000_000_000_000
        self.queues = {BUY_SIDE: {}, SELL_SIDE: {}}

    def tell(self, kind, side, tick, lots, order):
        bit = BUY_EVENT if side == BUY_SIDE else SELL_EVENT
        self.events.append((kind | bit | EXCH_EVENT | LOCAL_EVENT, self.now, self.now + LATENCY_NS, tick * TICK, round(lots * LOT, 2), order, 0, 0.0))

    def best(self, side):
        ticks = [tick for tick, queue in self.queues[side].items() if queue]
        return (max(ticks) if side == BUY_SIDE else min(ticks)) if ticks else None

    def add(self, side, tick, lots):
        self.tell(ADD_ORDER_EVENT, side, tick, lots, self.next_id)
        self.queues[side].setdefault(tick, []).append([self.next_id, lots])
        self.next_id += 1

    def execute(self, side, lots):
        """Somebody takes from a side, the best price first."""
        while lots > 0 and (tick := self.best(side)) is not None:
            queue = self.queues[side][tick]
            order = queue[0]
            part = min(lots, order[1])
            self.tell(FILL_EVENT, side, tick, part, order[0])
            if part == order[1]:
                self.tell(CANCEL_ORDER_EVENT, side, tick, order[1], order[0])
                queue.pop(0)
            else:
                order[1] -= part
                self.tell(MODIFY_ORDER_EVENT, side, tick, order[1], order[0])
            lots -= part

    def any_order(self, side):
        ticks = [tick for tick, queue in self.queues[side].items() if queue]
        tick = ticks[self.rng.integers(len(ticks))]
        queue = self.queues[side][tick]
        return tick, queue, queue[self.rng.integers(len(queue))]

    def free_tick(self, side):
        """A price that crosses nothing: mostly near the touch, sometimes one better."""
        best, other = self.best(side), self.best(-side)
        away = int(self.rng.integers(-1, 6))
        tick = best - side * away if best is not None else other - side * (1 + away + 1)
        return min(tick, other - 1) if side == BUY_SIDE else max(tick, other + 1)

    def step(self):
        self.now += int(self.rng.exponential(4_000_000)) + 1
        side = BUY_SIDE if self.rng.random() < 0.5 else SELL_SIDE
        waiting = sum(len(queue) for queue in self.queues[side].values())
        what = self.rng.random()
        if waiting < 8 or what < 0.42:
            self.add(side, self.free_tick(side), int(self.rng.integers(1, 60)))
        elif what < 0.68:
            tick, queue, order = self.any_order(side)
            self.tell(CANCEL_ORDER_EVENT, side, tick, order[1], order[0])
            queue.remove(order)
        elif what < 0.80:
            tick, queue, order = self.any_order(side)
            to = self.free_tick(side) if self.rng.random() < 0.3 else tick
            lots = int(self.rng.integers(1, 60))
            self.tell(MODIFY_ORDER_EVENT, side, to, lots, order[0])
            if to != tick or lots > order[1]:
                queue.remove(order)
                self.queues[side].setdefault(to, []).append(order)
            order[1] = lots
        else:
            self.execute(side, int(self.rng.integers(1, 90)))


market = Market(11)
for i in range(6):
    market.add(BUY_SIDE, 119_999 - i, 20 + 5 * i)
    market.add(SELL_SIDE, 120_001 + i, 25 + 5 * i)
for _ in range(a.steps):
    market.step()
ev = np.array(market.events, event_dtype)
np.savez_compressed(a.npz, data=ev)


golden = {}
for half in (0, 4, 8):
    asset = (BacktestAsset().data([ev]).linear_asset(1.0).constant_order_latency(LATENCY_NS, LATENCY_NS).no_partial_fill_exchange()
             .trading_value_fee_model(-0.00005, 0.0007).tick_size(TICK).lot_size(LOT).last_trades_capacity(0).l3_fifo_queue_model())
    hbt = HashMapMarketDepthBacktest([asset])
    fills = np.zeros((1_000_000, 4), np.int64)
    count = run_gathering(hbt, INTERVAL_NS, 5, half, 0.1, 1.0, LOT, fills)
    state = hbt.state_values(0)
    # Fills of one wake stand in the order of a hash map.
    rows = fills[:count][np.lexsort((fills[:count, 3], fills[:count, 2], fills[:count, 1], fills[:count, 0]))].tolist()
    lines = [' '.join(map(str, row)) for row in rows]
    text = ''.join(f'{line}\n' for line in lines)
    assert count == state.num_trades
    golden[f'{half} ticks from the mid'] = {'halfTicks': half, 'fills': count, 'position': round(state.position, 6), 'balance': round(state.balance, 6),
                                            'first': lines[:5], 'sha256': hashlib.sha256(text.encode()).hexdigest()}
    hbt.close()
print(json.dumps({'hftbacktest': __import__('importlib.metadata').metadata.version('hftbacktest'), 'events': len(ev), 'runs': golden}, indent=1))
