import { describe, expect, it } from 'vitest';
import type { SessionStatus } from '../api/status.ts';
import { DRAWDOWN, SESSION } from './fixtures/session.ts';
import { statusText } from './status_text.ts';

const troubled: SessionStatus = {
  ...SESSION,
  trading: 'halted',
  holds: [DRAWDOWN],
  markets: SESSION.markets.map((market, i) =>
    i === 0 ? { ...market, stance: 'reduce', widen: 2, breakers: ['inventory', 'latency'] } : market,
  ),
  alerts: [
    {
      time_ms: SESSION.time_ms,
      severity: 'critical',
      status: 'raised',
      code: 'drawdown',
      text: 'drawdown\u001b[2J',
      market: '',
    },
  ],
};

describe('the status as text', () => {
  it('says what is wrong, since when and what undoes it', async () => {
    await expect(`${statusText(troubled, 4_711, 120, false)}\n`).toMatchFileSnapshot('fixtures/status_120.txt');
  });

  it('leaves out what there is nothing to say about', () => {
    const text = statusText(SESSION, 1, 120, false);
    expect(text).not.toMatch(/alerts|breakers ─|HALTED/);
    expect(text).toContain('127.0.0.1:26657');
  });

  it('stays within the columns, but for what must not be cut, and takes no control sequence from outside', () => {
    const uncut = / since .* by |undone by/;
    for (const columns of [60, 80, 200]) {
      const lines = statusText(troubled, 1, columns, false).split('\n');
      for (const line of lines) if (!uncut.test(line)) expect(line.length).toBeLessThanOrEqual(columns);
      expect(lines.filter((line) => uncut.test(line)).join()).toMatch(/limit 5 %.*--clear-halt drawdown/);
    }
    expect(statusText(troubled, 1, 120, false)).not.toContain('\u001b');
    expect(statusText(troubled, 1, 120, true)).toContain('\u001b[');
  });
});
