import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equityOf, positionOf } from '../../test/money_events.ts';
import { settingsOf } from '../../test/pipeline_world.ts';
import { ReducerBench } from '../../test/reducer_bench.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Own } from '../own.ts';
import type { Conditions, ConditionsOutput } from './conditions.ts';
import { type Guarded, type GuardOutput, guard } from './guard.ts';
import { moveOf, type PriceHistory, remember } from './price_history.ts';

const PARAMETERS = {
  inventoryTripPct: 105,
  inventoryClearPct: 75,
  extremeWindowMs: 10_000,
  extremeStopBps: 300,
  extremeSigmas: 8,
  extremeFloorBps: 100,
  extremeSpreadBps: 200,
  extremeRecoverMs: 30_000,
};

/** One market, sampled at 5 Hz: a lot is a coin of about 100 USDC, ±2,000 USDC may be held. */
class Market {
  readonly bench = new ReducerBench<unknown, FairValue | Own | ConditionsOutput, GuardOutput>(
    guard({ ...settingsOf('AAA'), guard: PARAMETERS }),
  );
  fair: Partial<FairValue> = {};
  #samples = 0;

  sample(tick = 10_000, over: Partial<FairValue> = {}): Guarded {
    this.#samples += 1;
    const timeUs = this.#samples * 200_000;
    this.bench.nowUs = timeUs;
    const stamp = { kind: 'fairValue', seq: this.#samples, timeUs, causes: [], market: 'AAA' } as const;
    const touch = { bidTick: tick - 1, bidLots: 9, askTick: tick + 1, askLots: 9, flow: 0, sigmaBps: 1 };
    const usual = {
      bids: [tick - 1, 9],
      asks: [tick + 1, 9],
      lastTradeTick: -1,
      lastTradeUs: -1,
      usualSigmaBps: 1,
      toxicity: 0,
      arrivals: { perS: 1, kappa: 0.1, known: false, tradesPerS: 0 },
    };
    const all = this.bench.step({
      ...stamp,
      quality: 'live',
      ...touch,
      ...usual,
      fairTick: tick,
      micropriceTick: tick,
      ...over,
    });
    return all.find((one) => one.kind === 'guarded')!;
  }

  samples(n: number, tick = 10_000, over: Partial<FairValue> = {}): Guarded {
    for (let i = 1; i < n; i += 1) this.sample(tick, over);
    return this.sample(tick, over);
  }

  position(lots: number): void {
    this.bench.step(positionOf('AAA', lots));
  }

  get alerts(): string[] {
    return this.bench.all
      .filter((one) => one.kind === 'alert')
      .map(({ severity, code, status, halts }) => `${severity} ${code} ${status}${halts ? ', halts' : ''}`);
  }
}

function conditions(over: Partial<Conditions>): Conditions {
  const calm = { widen: 1, fallback: [], holds: [], breakers: {} };
  return { kind: 'conditions', seq: 0, timeUs: 0, causes: [], ...calm, ...over };
}

describe('the guard', () => {
  it('lets a live market be quoted', () => {
    const calm = { stance: 'quote', reason: 'ok', widen: 1, prediction: true, breakers: [] };
    expect(new Market().sample()).toMatchObject(calm);
  });

  it('withdraws from a feed that is down at once, says so, and quotes again from the first live book', () => {
    const market = new Market();
    expect(market.sample(10_000, { quality: 'syncing' })).toMatchObject({
      stance: 'withdraw',
      reason: 'syncing',
      breakers: [],
    });
    market.sample();
    expect(market.samples(3, 10_000, { quality: 'down' })).toMatchObject({
      stance: 'withdraw',
      breakers: ['disconnect'],
    });
    expect(market.sample()).toMatchObject({ stance: 'quote', breakers: [] });
    expect(market.alerts).toEqual(['warning disconnect raised', 'info disconnect cleared']);
  });

  it('flattens a position beyond its limit until it is below the lower mark', () => {
    const market = new Market();
    market.position(-21);
    expect(market.sample()).toMatchObject({ stance: 'quote' });
    expect(market.sample(10_001)).toMatchObject({ stance: 'reduce', reason: 'inventory', breakers: ['inventory'] });
    market.position(-16);
    expect(market.sample()).toMatchObject({ stance: 'reduce' });
    market.position(-15);
    expect(market.sample()).toMatchObject({ stance: 'quote' });
    expect(market.alerts).toEqual(['warning inventory raised', 'info inventory cleared']);
  });

  it('goes by the equity where that is less', () => {
    const market = new Market();
    market.bench.step(equityOf({ equityUsdc: 1_000 }));
    market.position(11);
    expect(market.sample()).toMatchObject({ stance: 'reduce' });
  });

  it('leaves a market alone that moved too far, until it has been calm for a while', () => {
    const market = new Market();
    market.samples(20);
    expect(market.sample(10_099)).toMatchObject({ stance: 'quote' });
    expect(market.sample(10_101)).toMatchObject({ stance: 'withdraw', reason: 'extreme', breakers: ['extreme'] });
    expect(market.samples(149, 10_101)).toMatchObject({ stance: 'withdraw' });
    expect(market.samples(5, 10_101)).toMatchObject({ stance: 'quote' });
    expect(market.alerts).toEqual(['warning extreme raised', 'info extreme cleared']);
  });

  it('measures a move by the volatility of before it, where that is what makes it usual', () => {
    const market = new Market();
    market.samples(51, 10_000, { sigmaBps: 5 });
    // 8 · 5 bps · √10 s = 126 bps
    expect(market.sample(10_120, { sigmaBps: 50 })).toMatchObject({ stance: 'quote' });
    expect(market.sample(10_130, { sigmaBps: 50 })).toMatchObject({ stance: 'withdraw' });
  });

  it.each([
    ['one-sided', { quality: 'empty' as const }],
    ['far too wide', { bidTick: 9_899, askTick: 10_101 }],
  ])('leaves a market alone whose book is %s for a second', (_name, over) => {
    const market = new Market();
    market.samples(5);
    market.samples(4, 10_000, over);
    expect(market.alerts).toEqual([]);
    expect(market.sample(10_000, over).breakers).toEqual(['extreme']);
    expect(market.samples(10, 10_000, over).breakers).toEqual(['extreme']);
    expect(market.samples(143).breakers).toEqual(['extreme']);
    expect(market.sample().breakers).toEqual([]);
  });

  it('stops the whole account when a move is beyond everything, once', () => {
    const market = new Market();
    market.samples(5);
    market.samples(5, 9_600);
    expect(market.alerts).toEqual(['warning extreme raised', 'critical extreme-market raised, halts']);
  });

  it.each([
    ['paused', 'withdraw'],
    ['halted', 'withdraw'],
    ['starting', 'withdraw'],
    ['reducing', 'reduce'],
    ['active', 'quote'],
  ] as const)('follows the trading state: %s is %s', (state, stance) => {
    const market = new Market();
    const baseline = { day: 0, dailyPnlUsdc: 0, peakUsdc: null, excusedPeakUsdc: null };
    const change = { state, cause: 'operator', text: '', by: '', undo: '', holds: [], baseline } as const;
    market.bench.step({ kind: 'tradingState', seq: 0, timeUs: 0, causes: [], ...change });
    expect(market.sample()).toMatchObject({ stance, reason: state === 'active' ? 'ok' : state });
  });

  it('takes over what concerns all markets', () => {
    const market = new Market();
    market.bench.step(conditions({ widen: 2, fallback: ['AAA'], breakers: { latency: 'open', drift: 'open' } }));
    expect(market.sample()).toMatchObject({
      stance: 'quote',
      widen: 2,
      prediction: false,
      breakers: ['latency', 'drift'],
    });
    market.bench.step(conditions({ fallback: ['BBB'] }));
    expect(market.sample()).toMatchObject({ widen: 1, prediction: true, breakers: [] });
    market.bench.step(conditions({ holds: [{ code: 'disconnect', text: '' }], breakers: { disconnect: 'open' } }));
    expect(market.sample()).toMatchObject({ stance: 'withdraw', reason: 'disconnect', breakers: ['disconnect'] });
  });

  it('goes on from a snapshot as if nothing had happened', () => {
    const step = fc.record({ tick: fc.integer({ min: 9_800, max: 10_200 }), lots: fc.integer({ min: -25, max: 25 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.nat(40), (list, at) => {
        const [plain, restored] = [new Market(), new Market()];
        list.forEach(({ tick, lots }, i) => {
          if (i === at) restored.bench.restore();
          for (const market of [plain, restored]) {
            market.position(lots);
            market.sample(tick);
          }
        });
        expect(restored.bench.all).toEqual(plain.bench.all);
      }),
    );
  });
});

describe('a price history', () => {
  const brute = (prices: readonly number[]): number => {
    const now = prices.at(-1)!;
    const moves = prices.map((price) => (now / price - 1) * 10_000);
    return moves.reduce((worst, one) => (Math.abs(one) > Math.abs(worst) ? one : worst), 0);
  };

  it('gives the furthest move of the window, whatever came before it, in bounded memory', () => {
    const sample = fc.record({
      afterUs: fc.integer({ min: 1, max: 900_000 }),
      tick: fc.integer({ min: 9_000, max: 11_000 }),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 80 }), (list) => {
        const history: PriceHistory = [];
        const all: { timeUs: number; tick: number }[] = [];
        let timeUs = 0;
        for (const { afterUs, tick } of list) {
          timeUs += afterUs;
          all.push({ timeUs, tick });
          remember(history, { timeUs, tick, sigmaBps: 1 }, 5_000);
        }
        const inside = all.filter((one) => one.timeUs >= timeUs - 5_000_000);
        const { bps, seconds, sigmaBps } = moveOf(history);
        expect(Math.abs(bps)).toBeCloseTo(Math.abs(brute(inside.map(({ tick }) => tick))), 9);
        expect(seconds).toBeCloseTo((timeUs - inside[0]!.timeUs) / 1e6, 9);
        expect(sigmaBps).toBeCloseTo(Math.sqrt(seconds), 9);
      }),
    );
    const long: PriceHistory = [];
    for (let i = 0; i < 10_000; i += 1) remember(long, { timeUs: i, tick: 1, sigmaBps: 1 }, 1e9);
    expect(long.length).toBeLessThanOrEqual(1_800);
  });
});
