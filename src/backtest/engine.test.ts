import { describe, expect, it } from 'vitest';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import { queueModel } from '../../streams/simulation/queue.ts';
import { Recording } from '../binance/recording.ts';
import { accountSettings } from '../config/account.ts';
import { loadConfig } from '../config/load.ts';
import { Backtest } from './engine.ts';

const tape = new URL('../../tapes/spot_btcusdt_20240808.gz', import.meta.url).pathname;
const LINES = 12_000;
const { config } = loadConfig({ env: {}, flags: [] });

async function inputs(): Promise<{ recording: Recording; all: Input[] }> {
  const recording = await Recording.open([tape]);
  const all: Input[] = [];
  for await (const { input } of recording.inputs()) {
    all.push(input);
    if (all.length >= LINES) break;
  }
  return { recording, all };
}

async function run(orderLatencyMs = 100) {
  const { recording, all } = await inputs();
  const decisions: Decision[] = [];
  const backtest = new Backtest({
    settings: accountSettings(config, [recording.market]),
    seed: 1,
    model: {
      queue: queueModel('back', 1),
      orderLatencyUs: orderLatencyMs * 1_000,
      responseLatencyUs: 50_000,
      crossing: 'refuse',
    },
    onDecision: (decision) => decisions.push(decision),
  });
  for (const input of all) await backtest.take(input);
  return { decisions, outcome: backtest.finish() };
}

describe('a backtest', () => {
  it('decides the same every time, and something else with another latency', async () => {
    const [one, again, slower] = [await run(), await run(), await run(300)];
    expect(one.outcome.decisionsHash).toMatch(/^[0-9a-f]{64}$/);
    expect(again.outcome.decisionsHash).toBe(one.outcome.decisionsHash);
    expect(slower.outcome.decisionsHash).not.toBe(one.outcome.decisionsHash);
  });

  it('trades on a book that equals the exchange’s, and ends with money that adds up', async () => {
    const { decisions, outcome } = await run();
    expect([outcome.events, outcome.bookMismatches]).toEqual([LINES, 0]);
    expect(outcome.bookComparisons).toBeGreaterThan(100);
    const figures = outcome.report.figures();
    expect(figures.fills).toBeGreaterThan(0);
    expect(figures.maxPositionUsdc).toBeLessThanOrEqual(2_000);
    const fills = decisions.filter((decision) => decision.kind === 'fill');
    const position = decisions.findLast((decision) => decision.kind === 'position');
    const lots = fills.reduce((sum, { side, lots: size }) => sum + (side === 'buy' ? size : -size), 0);
    const cash = fills.reduce(
      (sum, { side, lots: size, microTicks }) =>
        sum + BigInt(side === 'buy' ? -1 : 1) * BigInt(size) * BigInt(microTicks),
      0n,
    );
    expect(position).toMatchObject({ lots, cashQuanta: cash.toString(), fills: fills.length });
  });

  it('lets no decision see the future: a batch takes effect only after its latency, in order of time', async () => {
    const { decisions } = await run(250);
    const sent = new Map<string, number>();
    for (const decision of decisions) {
      if (decision.kind === 'orderBatch')
        for (const { clientOrderId } of decision.places) sent.set(clientOrderId, decision.timeUs);
      if (decision.kind === 'order' && decision.status === 'resting') {
        expect(decision.timeUs - sent.get(decision.clientOrderId)!).toBeGreaterThanOrEqual(300_000);
      }
    }
    const times = decisions.map(({ timeUs }) => timeUs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(sent.size).toBeGreaterThan(10);
  });
});
