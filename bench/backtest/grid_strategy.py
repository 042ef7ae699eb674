"""The field's benchmark grid in hftbacktest: some levels a side around a reservation price that moves by half a tick for each clip held, woken on a
timer. The benchmark times it, and the golden fills in test/hftbacktest are its.
"""
import numpy as np
from hftbacktest import BUY, FILLED, GTX, LIMIT
from numba import njit, uint64

EMPTY_ASK = 9223372036854775807


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
    """Rows of fills: time at the exchange, side, tick, lots. Gives their number."""
    count = 0
    while hbt.elapse(interval) == 0:
        count = gather(hbt, lot, fills, count)
        hbt.clear_inactive_orders(0)
        quote(hbt, levels, half, clip, position_max)
    # What was filled after the last wake.
    return gather(hbt, lot, fills, count)
