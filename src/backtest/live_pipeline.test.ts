import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '../../streams/decisions.ts';
import { queueModel } from '../../streams/simulation/queue.ts';
import { accountSettings } from '../config/account.ts';
import { loadConfig } from '../config/load.ts';
import { importTape } from '../tape/import.ts';
import { ArrowTapes } from './arrow_tapes.ts';
import { Backtest } from './engine.ts';
import { runLive, tapeExchange } from './run_live.ts';

const LINES = 9_000;
const flags = ['backtest.order_latency_ms=100', 'backtest.response_latency_ms=50'].map((flag) => {
  const [path, text] = flag.split('=') as [string, string];
  return { path, text, from: 'test' };
});
const { config } = loadConfig({ env: {}, flags });
let folder = '';
const tapes = new Map<string, Promise<string>>();

/** The first lines of a recording as a tape, made once. */
function tapeOf(symbol: string): Promise<string> {
  const made = tapes.get(symbol) ?? imported(symbol);
  tapes.set(symbol, made);
  return made;
}

async function imported(symbol: string): Promise<string> {
  const packed = readFileSync(new URL(`../../tapes/spot_${symbol}_20240808.gz`, import.meta.url));
  const file = join(folder, `${symbol}.txt`);
  writeFileSync(file, `${gunzipSync(packed).toString().split('\n').slice(0, LINES).join('\n')}\n`);
  await importTape([file], `${file}.arrow`, { repair: false });
  return `${file}.arrow`;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'live-pipeline-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The pipeline as a strategy of the simulation. */
async function simulated(files: readonly string[], backtest: Partial<typeof config.backtest> = {}) {
  const tapes = ArrowTapes.open(files);
  const decisions: Decision[] = [];
  const outcome = await runLive(
    {
      tapes,
      settings: accountSettings(config, tapes.markets),
      exchange: await tapeExchange({ ...config.backtest, ...backtest }),
      seed: 1,
      onDecision: (decision) => decisions.push(decision),
    },
    () => {},
  );
  return { outcome, decisions };
}

/** The pipeline with the exchange of recordings. */
async function recorded(file: string) {
  const tapes = ArrowTapes.open([file]);
  const decisions: Decision[] = [];
  const backtest = new Backtest({
    settings: accountSettings(config, tapes.markets),
    seed: 1,
    model: { queue: queueModel('back', 1), orderLatencyUs: 100_000, responseLatencyUs: 50_000, crossing: 'refuse' },
    onDecision: (decision) => decisions.push(decision),
  });
  await backtest.replay(tapes.replayed(false), () => {});
  return { outcome: backtest.finish(), decisions };
}

/** When, and at what prices and sizes, orders were sent, as far as the first fill was known. */
function sentUntilFilled(decisions: readonly Decision[]) {
  const firstUs = decisions.find(({ kind }) => kind === 'fill')!.timeUs;
  return decisions.flatMap((decision) => {
    if (decision.kind !== 'orderBatch' || decision.timeUs >= firstUs) return [];
    const cancels = decision.cancels.map(({ side, tick }) => [side, tick]);
    return [[decision.timeUs, cancels, decision.places.map(({ side, tick, lots }) => [side, tick, lots])]];
  });
}

describe('the live pipeline as a strategy', () => {
  it('sends the orders that it sends to the other exchange, until the first fill', async () => {
    const btc = await tapeOf('btcusdt');
    const [simulation, recording] = [await simulated([btc]), await recorded(btc)];
    const [one, other] = [sentUntilFilled(simulation.decisions), sentUntilFilled(recording.decisions)];
    const both = Math.min(one.length, other.length);
    expect(both).toBeGreaterThan(5);
    expect(one.slice(0, both)).toEqual(other.slice(0, both));
    const { events, bookComparisons, bookMismatches, rejects } = simulation.outcome;
    expect(events).toBe(recording.outcome.events);
    expect([bookComparisons, bookMismatches]).toEqual([recording.outcome.bookComparisons, 0]);
    expect(rejects.size).toBe(0);
  });

  it('decides the same every time, something else with another latency, and sees no answer early', async () => {
    const btc = await tapeOf('btcusdt');
    const [run, again] = [await simulated([btc]), await simulated([btc])];
    const slower = await simulated([btc], { order_latency_ms: 300 });
    expect(again.outcome.decisionsHash).toBe(run.outcome.decisionsHash);
    expect(slower.outcome.decisionsHash).not.toBe(run.outcome.decisionsHash);
    const sent = new Map<string, number>();
    for (const decision of run.decisions) {
      if (decision.kind === 'orderBatch')
        for (const { clientOrderId } of decision.places) sent.set(clientOrderId, decision.timeUs);
      if (decision.kind === 'order' && decision.status === 'resting')
        expect(decision.timeUs - sent.get(decision.clientOrderId)!).toBeGreaterThanOrEqual(150_000);
    }
    expect(sent.size).toBeGreaterThan(10);
  });

  it('holds what its fills bought and sold, in one market and in two at a time', async () => {
    const [btc, eth] = [await tapeOf('btcusdt'), await tapeOf('ethusdt')];
    for (const files of [[btc], [btc, eth]]) {
      const { decisions, outcome } = await simulated(files);
      const fills = decisions.filter((decision) => decision.kind === 'fill');
      expect(fills.length).toBeGreaterThan(0);
      for (const market of new Set(fills.map((fill) => fill.market))) {
        const lots = fills
          .filter((fill) => fill.market === market)
          .reduce((sum, fill) => sum + (fill.side === 'buy' ? fill.lots : -fill.lots), 0);
        const held = decisions.findLast((decision) => decision.kind === 'position' && decision.market === market);
        expect(held).toMatchObject({ lots });
      }
      expect(outcome.rejects.size).toBe(0);
      const times = decisions.map(({ timeUs }) => timeUs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });

  it('hears of everything at the end of a block, where it trades as on Sei', async () => {
    const btc = await tapeOf('btcusdt');
    const { decisions, outcome } = await simulated([btc], { exchange: 'sei', block_ms: 400 });
    const fills = decisions.filter((decision) => decision.kind === 'fill');
    expect(fills.length).toBeGreaterThan(0);
    expect(outcome.rejects.size).toBe(0);
    const orders = decisions.filter((decision) => decision.kind === 'order' && decision.status === 'resting');
    expect(orders.length).toBeGreaterThan(10);
    for (const { timeUs } of [...fills, ...orders]) expect(Math.abs(timeUs - fills[0]!.timeUs) % 400_000).toBe(0);
  });

  it('takes one tape of each market', async () => {
    const btc = await tapeOf('btcusdt');
    await expect(simulated([btc, btc])).rejects.toThrow('a second tape of BTCUSDT');
  });
});
