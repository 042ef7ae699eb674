"""The field's benchmark grid in NautilusTrader, timed. `npm run bench:backtest` runs it; alone:

    python nautilus_grid.py EVENTS.npz --tick 0.1 --lot 0.001

Level-2 deltas and trades through its `BacktestEngine`, a timer every interval, post-only limit orders. Its own objects are made
before the clock runs and count as loading. Its risk engine's limit of orders a second is raised, as it would refuse the grid.
Prints JSON.
"""
import argparse
import json
import math
import resource
import time
from decimal import Decimal
from importlib.metadata import version

import numpy as np
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.backtest.models import FillModel, LatencyModel
from nautilus_trader.config import LoggingConfig, RiskEngineConfig, StrategyConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import BookOrder, OrderBookDelta, TradeTick
from nautilus_trader.model.enums import AccountType, AggressorSide, BookAction, BookType, OmsType, OrderSide, RecordFlag
from nautilus_trader.model.identifiers import InstrumentId, Symbol, TradeId, TraderId, Venue
from nautilus_trader.model.instruments import CryptoPerpetual
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

ap = argparse.ArgumentParser()
ap.add_argument('events')
ap.add_argument('--tick', required=True)
ap.add_argument('--lot', required=True)
ap.add_argument('--rows', type=int, default=0, help='the first so many rows only')
ap.add_argument('--interval-ms', type=float, default=100)
ap.add_argument('--latency-us', type=float, default=1000)
ap.add_argument('--levels', type=int, default=5)
ap.add_argument('--half-ticks', type=int, default=2)
ap.add_argument('--clip', type=float, default=0.01)
ap.add_argument('--position-max', type=float, default=0.1)
a = ap.parse_args()

LATENCY_NS = int(a.latency_us * 1000)
TICK, LOT = float(a.tick), float(a.lot)
PRICE_DIGITS, SIZE_DIGITS = (max(0, -Decimal(step).normalize().as_tuple().exponent) for step in (a.tick, a.lot))
TRADE, BUY = 2, 1 << 29
INSTRUMENT_ID = InstrumentId(Symbol('GRID'), Venue('SIM'))

instrument = CryptoPerpetual(
    instrument_id=INSTRUMENT_ID, raw_symbol=Symbol('GRID'), base_currency=BTC, quote_currency=USDT, settlement_currency=USDT,
    is_inverse=False, price_precision=PRICE_DIGITS, price_increment=Price.from_str(a.tick), size_precision=SIZE_DIGITS,
    size_increment=Quantity.from_str(a.lot), max_quantity=None, min_quantity=None, max_notional=None, min_notional=None, max_price=None,
    min_price=None, margin_init=Decimal('0.01'), margin_maint=Decimal('0.005'), maker_fee=Decimal('-0.00005'), taker_fee=Decimal('0.0007'),
    ts_event=0, ts_init=0)

start = time.perf_counter()
events = np.load(a.events)['data']
if a.rows:
    events = events[:a.rows]
data = []
columns = (events[name].tolist() for name in ('ev', 'exch_ts', 'px', 'qty'))
for number, (kind, ns, price, size) in enumerate(zip(*columns)):
    buy = kind & BUY != 0
    if kind & 0xff == TRADE:
        aggressor = AggressorSide.BUYER if buy else AggressorSide.SELLER
        data.append(TradeTick(INSTRUMENT_ID, Price(price, PRICE_DIGITS), Quantity(size, SIZE_DIGITS), aggressor, TradeId(str(number)), ns, ns + LATENCY_NS))
    else:
        action = BookAction.DELETE if size == 0 else BookAction.UPDATE
        level = BookOrder(OrderSide.BUY if buy else OrderSide.SELL, Price(price, PRICE_DIGITS), Quantity(size, SIZE_DIGITS), 0)
        data.append(OrderBookDelta(INSTRUMENT_ID, action, level, RecordFlag.F_LAST, number, ns, ns + LATENCY_NS))
load_s = time.perf_counter() - start


class GridConfig(StrategyConfig, frozen=True):
    pass


class Grid(Strategy):
    def on_start(self):
        self.fills, self.sent, self.position, self.cash, self.middle = 0, 0, 0.0, 0.0, 0.0
        self.working = {}
        self.subscribe_order_book_deltas(INSTRUMENT_ID, BookType.L2_MBP)
        self.subscribe_trade_ticks(INSTRUMENT_ID)
        self.clock.set_timer('wake', pd.Timedelta(milliseconds=a.interval_ms), callback=self.quote)

    def on_order_filled(self, event):
        side = 1 if event.order_side == OrderSide.BUY else -1
        size = float(event.last_qty)
        self.fills += 1
        self.position += side * size
        self.cash -= side * size * float(event.last_px) + float(event.commission)
        self.forget()

    def on_order_canceled(self, event):
        self.forget()

    def on_order_rejected(self, event):
        self.forget()

    def on_order_denied(self, event):
        self.forget()

    def forget(self):
        self.working = {key: order for key, order in self.working.items() if not order.is_closed}

    def quote(self, _event):
        book = self.cache.order_book(INSTRUMENT_ID)
        best_bid, best_ask = (book.best_bid_price(), book.best_ask_price()) if book else (None, None)
        if best_bid is None or best_ask is None:
            return
        bid_tick, ask_tick = round(float(best_bid) / TICK), round(float(best_ask) / TICK)
        if ask_tick <= bid_tick:
            return
        self.middle = (bid_tick + ask_tick) / 2 * TICK
        reservation = (bid_tick + ask_tick) / 2 - self.position / a.clip * 0.5
        bid = min(math.floor(reservation - a.half_ticks), bid_tick)
        ask = max(math.ceil(reservation + a.half_ticks), ask_tick)
        buys, sells = self.position < a.position_max, self.position > -a.position_max
        for (buy, tick), order in list(self.working.items()):
            stays = buys and bid - a.levels < tick <= bid if buy else sells and ask <= tick < ask + a.levels
            if not stays and order.is_open and not order.is_pending_cancel:
                self.cancel_order(order)
                self.sent += 1
        for i in range(a.levels):
            if buys:
                self.place(True, bid - i)
            if sells:
                self.place(False, ask + i)

    def place(self, buy, tick):
        if (buy, tick) in self.working:
            return
        side = OrderSide.BUY if buy else OrderSide.SELL
        price, size = Price(tick * TICK, PRICE_DIGITS), Quantity(a.clip, SIZE_DIGITS)
        order = self.order_factory.limit(INSTRUMENT_ID, side, size, price, post_only=True)
        self.working[buy, tick] = order
        self.submit_order(order)
        self.sent += 1


engine = BacktestEngine(BacktestEngineConfig(
    trader_id=TraderId('BENCH-001'), logging=LoggingConfig(bypass_logging=True), run_analysis=False,
    risk_engine=RiskEngineConfig(max_order_submit_rate='1000000/00:00:01', max_order_modify_rate='1000000/00:00:01')))
engine.add_venue(
    venue=Venue('SIM'), oms_type=OmsType.NETTING, account_type=AccountType.MARGIN, base_currency=None,
    starting_balances=[Money(1_000_000, USDT)], book_type=BookType.L2_MBP, trade_execution=True, fill_model=FillModel(1.0, 0.0, 0.0, 42),
    latency_model=LatencyModel(base_latency_nanos=LATENCY_NS))
engine.add_instrument(instrument)
start = time.perf_counter()
engine.add_data(data)
load_s += time.perf_counter() - start
strategy = Grid(GridConfig())
engine.add_strategy(strategy)
wall, cpu = time.perf_counter(), time.process_time()
engine.run()
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
pnl = strategy.cash + strategy.position * strategy.middle
print(json.dumps({
    'engine': 'nautilus_trader', 'version': version('nautilus_trader'), 'rows': len(events), 'load_s': load_s, 'first_wall_s': wall, 'warm_up_s': 0,
    'wall_s': [wall], 'cpu_s': [cpu], 'fills': strategy.fills, 'position': round(strategy.position, 6), 'pnl': round(pnl, 4),
    'requests': strategy.sent, 'rss_mb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
engine.dispose()
