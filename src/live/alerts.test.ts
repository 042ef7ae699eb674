import { describe, expect, it } from 'vitest';
import type { Alert } from '../../streams/guard/alert.ts';
import { NO_LOSSES } from '../../streams/trading/losses.ts';
import type { TradingStateChange } from '../../streams/trading/trading.ts';
import { ALERTS_MAX } from '../api/status.ts';
import { Alerts } from './alerts.ts';

const STAMP = { seq: 1, timeUs: 5_000_000, causes: [] };

function alerts() {
  const told: string[] = [];
  return { told, kept: new Alerts((level, text) => told.push(`${level}: ${text}`)) };
}

const alert = (text: string, change: Partial<Alert> = {}): Alert => ({
  ...{
    kind: 'alert',
    ...STAMP,
    severity: 'warning',
    code: 'latency',
    status: 'raised',
    market: 'BTCUSDC',
    halts: false,
  },
  text,
  ...change,
});

const state = (to: TradingStateChange['state'], cause: TradingStateChange['cause']): TradingStateChange => ({
  ...{ kind: 'tradingState', ...STAMP, state: to, cause, text: 'why', by: 'alice', undo: '', holds: [] },
  baseline: NO_LOSSES,
});

describe('an alert', () => {
  it('is told as loud as it is grave, and kept, the newest first', () => {
    const { kept, told } = alerts();
    kept.decided(alert('slow'));
    kept.decided(alert('lost', { severity: 'critical', code: 'drawdown', market: '' }));
    kept.decided(alert('fast again', { status: 'cleared' }));
    expect(told).toEqual(['warn: slow', 'error: lost', 'info: fast again']);
    expect(kept.list()).toEqual([
      {
        time_ms: 5_000,
        severity: 'warning',
        status: 'cleared',
        code: 'latency',
        text: 'fast again',
        market: 'BTCUSDC',
      },
      { time_ms: 5_000, severity: 'critical', status: 'raised', code: 'drawdown', text: 'lost', market: '' },
      { time_ms: 5_000, severity: 'warning', status: 'raised', code: 'latency', text: 'slow', market: 'BTCUSDC' },
    ]);
  });

  it('goes when newer ones need its place', () => {
    const { kept } = alerts();
    for (let i = 0; i < ALERTS_MAX + 5; i += 1) kept.decided(alert(`${i}`));
    expect(kept.list()).toHaveLength(ALERTS_MAX);
    expect(kept.list()[0]!.text).toBe(`${ALERTS_MAX + 4}`);
  });
});

describe('the log', () => {
  it('is told of trading states that raise no alert of their own', () => {
    const { kept, told } = alerts();
    kept.decided(state('active', 'reconciling'));
    kept.decided(state('halted', 'drawdown'));
    expect(told).toEqual(['info: trading is active: why']);
    expect(kept.list()).toEqual([]);
  });

  it('is told what was put right at the start', () => {
    const { kept, told } = alerts();
    kept.decided({ kind: 'reconciled', ...STAMP, ok: true, differences: [] });
    kept.decided({ kind: 'reconciled', ...STAMP, ok: true, differences: ['order 7 unknown: cancelled'] });
    expect(told).toEqual(['warn: put right: order 7 unknown: cancelled']);
    expect(kept.list()).toMatchObject([{ code: 'reconciled' }]);
  });
});
