import { describe, expect, it } from 'vitest';
import type { Guarded } from '../../streams/guard/guard.ts';
import type { TradingStateChange } from '../../streams/trading/trading.ts';
import { ALERTS_MAX } from '../api/status.ts';
import { Alerts } from './alerts.ts';

const STAMP = { seq: 1, timeUs: 5_000_000, causes: [] };

function alerts() {
  const told: string[] = [];
  return { told, kept: new Alerts((level, text) => told.push(`${level}: ${text}`)) };
}

const guarded = (market: string, breakers: readonly string[]): Guarded => ({
  ...{ kind: 'guarded', ...STAMP, market, fair: {} as never, stance: 'reduce', widen: 1, prediction: true, breakers },
});

const state = (to: TradingStateChange['state'], text: string): TradingStateChange => ({
  ...{ kind: 'tradingState', ...STAMP, state: to, cause: 'operator', text, by: 'alice', undo: 'resume' },
});

describe('an alert', () => {
  it('is raised once for a breaker of a market, when it opens', () => {
    const { kept, told } = alerts();
    for (const open of [[], ['latency'], ['latency'], ['latency', 'inventory'], [], ['latency']]) {
      kept.decided(guarded('BTCUSDC', open));
    }
    kept.decided(guarded('ETHUSDC', ['latency']));
    expect(kept.list().map(({ code, market }) => `${code} ${market}`)).toEqual([
      ...['breaker-latency ETHUSDC', 'breaker-latency BTCUSDC', 'breaker-inventory BTCUSDC', 'breaker-latency BTCUSDC'],
    ]);
    expect(told).toHaveLength(4);
  });

  it('tells of a trading state that is not plain trading, louder for a halt', () => {
    const { kept, told } = alerts();
    for (const [to, text] of [
      ['active', 'reconciled'],
      ['reducing', 'position near its limit'],
      ['halted', 'drawdown 5.2 %'],
    ] as const) {
      kept.decided(state(to, text));
    }
    expect(told).toEqual([
      'info: trading is active: reconciled',
      'warn: trading is reducing: position near its limit',
      'error: trading is halted: drawdown 5.2 %',
    ]);
    expect(kept.list().map(({ level, time_ms }) => [level, time_ms])).toEqual([
      ['alarm', 5_000],
      ['warn', 5_000],
    ]);
  });

  it('tells what journal and chain did not agree on', () => {
    const { kept } = alerts();
    kept.decided({ kind: 'reconciled', ...STAMP, ok: true, differences: [] });
    kept.decided({ kind: 'reconciled', ...STAMP, ok: false, differences: ['uusdc: 3 missing', 'order 7 unknown'] });
    expect(kept.list()).toMatchObject([
      { level: 'alarm', code: 'reconciled', text: 'uusdc: 3 missing; order 7 unknown' },
    ]);
  });

  it('goes when newer ones need its place', () => {
    const { kept } = alerts();
    for (let i = 0; i < ALERTS_MAX + 5; i += 1) kept.decided(state('halted', `${i}`));
    expect(kept.list()).toHaveLength(ALERTS_MAX);
    expect(kept.list()[0]!.text).toBe(`trading is halted: ${ALERTS_MAX + 4}`);
  });
});
