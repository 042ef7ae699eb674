import { describe, expect, it } from 'vitest';
import type { Decision } from '../../streams/decisions.ts';
import type { FairValue } from '../../streams/fairvalue/fair_value.ts';
import type { Prediction } from '../../streams/predictions/types.ts';
import { SituationKeeper, situationSchema } from './situation.ts';

const START_US = 1_790_000_000_000_000;
const at = (seconds: number): number => START_US + seconds * 1_000_000;

function fair(seconds: number, bidTick: number, more: Partial<FairValue> = {}): Decision {
  return {
    ...{ kind: 'fairValue', seq: 1, timeUs: at(seconds), causes: [], market: 'BTCUSDC', quality: 'live' },
    ...{ fairTick: bidTick, micropriceTick: bidTick, bidTick, bidLots: 3, askTick: bidTick + 10, askLots: 1 },
    ...{ bids: [], asks: [], flow: -0.34, sigmaBps: 1.234, usualSigmaBps: 0.987, toxicity: 0.21 },
    ...{ arrivals: { perS: 1, kappa: 1 }, ...more },
  } as unknown as FairValue;
}

function predicted(seconds: number, bullish: number, role: Prediction['role'] = 'champion'): Prediction {
  const of = (horizonMs: number, up: number) => ({
    ...{ horizonMs, bearish: 0.9 - up, neutral: 0.1, bullish: up, confidence: 0.5, uncertainty: 0.9 },
  });
  return {
    ...{ kind: 'prediction', seq: 2, timeUs: at(seconds), market: 'BTCUSDC', model: 'sei-trees/1', role },
    ...{ featuresSeq: 1, horizons: [of(100, 0.3), of(500, bullish)] },
  };
}

const only = (keeper: SituationKeeper) => keeper.situation().markets[0]!;

describe('the situation', () => {
  it('knows nothing before the first live book', () => {
    const keeper = new SituationKeeper(['BTCUSDC', 'ETHUSDC']);
    expect(keeper.situation().markets.map(({ symbol, state }) => [symbol, state])).toEqual([
      ['BTCUSDC', 'syncing'],
      ['ETHUSDC', 'syncing'],
    ]);
    keeper.decided(fair(0, 99_995, { quality: 'stale' }));
    expect(only(keeper)).toMatchObject({ state: 'stale', spread_bps: null, move_60s_bps: null, volatility_bps: null });
  });

  it('tells moves over their times, once they are known, rounded', () => {
    const keeper = new SituationKeeper(['BTCUSDC']);
    for (let second = 0; second <= 300; second += 1) keeper.decided(fair(second, 99_995 + second));
    expect(only(keeper)).toEqual({
      ...{ symbol: 'BTCUSDC', state: 'live', spread_bps: 0.997, move_60s_bps: 6, move_300s_bps: 30 },
      ...{ move_900s_bps: null, range_bps: 30, volatility_bps: 1.23, usual_volatility_bps: 0.99 },
      ...{ flow: -0.3, touch_imbalance: 0.5, toxicity: 0.2, breakers: [], model: null },
    });
    for (let second = 301; second <= 5_000; second += 1) keeper.decided(fair(second, 99_995 + second));
    expect(only(keeper)).toMatchObject({ move_900s_bps: 86.5, range_bps: 86.9 });
  });

  it('tells no move over a time in which the market was away', () => {
    const keeper = new SituationKeeper(['BTCUSDC']);
    keeper.decided(fair(0, 99_995));
    keeper.decided(fair(120, 100_995));
    expect(only(keeper)).toMatchObject({ move_60s_bps: null, range_bps: 100 });
  });

  it('tells the champion’s mean for the longest horizon, unless it is silent', () => {
    const keeper = new SituationKeeper(['BTCUSDC']);
    keeper.decided(fair(0, 99_995));
    keeper.input(predicted(0, 0.8, 'challenger'));
    expect(only(keeper).model).toBeNull();
    keeper.input(predicted(0, 0.4));
    for (let second = 1; second <= 20; second += 1) keeper.input(predicted(second, 0.8));
    keeper.decided(fair(20, 99_995));
    // Half of the first is left after a half-life.
    expect(only(keeper).model).toEqual({ horizon_ms: 500, bearish: 0.3, neutral: 0.1, bullish: 0.6 });
    keeper.decided(fair(30, 99_995));
    expect(only(keeper).model).toBeNull();
  });

  it('is the same text for a market that stands still, and tells nothing but what it says it does', () => {
    const keeper = new SituationKeeper(['BTCUSDC']);
    keeper.decided({ ...fair(0, 99_995) } as Decision);
    keeper.decided({ kind: 'guarded', market: 'BTCUSDC', breakers: ['latency', 'drift'] } as unknown as Decision);
    const before = JSON.stringify(keeper.situation());
    keeper.decided(fair(3, 99_995, { sigmaBps: 1.2345, flow: -0.341 }));
    expect(JSON.stringify(keeper.situation())).toBe(before);
    expect(situationSchema.parse(JSON.parse(before)).markets[0]).toMatchObject({ breakers: ['drift', 'latency'] });
    expect(before).not.toMatch(/9999|position|order|\bbalance/);
  });
});
