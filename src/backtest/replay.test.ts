import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { queueModel } from '../../streams/simulation/queue.ts';
import { accountSettings } from '../config/account.ts';
import { loadConfig } from '../config/load.ts';
import { importTape } from '../tape/import.ts';
import { ArrowTapes } from './arrow_tapes.ts';
import { Backtest, type BacktestOutcome } from './engine.ts';
import { Tapes } from './tapes.ts';

const LINES = 6_000;
const { config } = loadConfig({ env: {}, flags: [] });
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'replay-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const lines = (symbol: string): string[] =>
  gunzipSync(readFileSync(new URL(`../../tapes/spot_${symbol}_20240808.gz`, import.meta.url)))
    .toString()
    .split('\n')
    .slice(0, LINES);

/** Writes recordings and the tapes in columns made of them. */
async function written(recordings: Readonly<Record<string, readonly string[]>>) {
  const files = Object.entries(recordings).map(([name, text]) => {
    const file = join(folder, `${name}.txt`);
    writeFileSync(file, `${text.join('\n')}\n`);
    return file;
  });
  const tapes = files.map((file) => `${file}.arrow`);
  for (const [i, file] of files.entries()) await importTape([file], tapes[i]!, { repair: true, force: true });
  return { files, tapes };
}

function backtestOf(markets: Tapes['markets']): Backtest {
  return new Backtest({
    settings: accountSettings(config, markets),
    seed: 1,
    model: { queue: queueModel('back', 1), orderLatencyUs: 100_000, responseLatencyUs: 50_000, crossing: 'refuse' },
  });
}

async function ofRecordings(files: readonly string[]): Promise<BacktestOutcome> {
  const tapes = await Tapes.open(files);
  const backtest = backtestOf(tapes.markets);
  for await (const { input } of tapes.inputs()) await backtest.take(input);
  return backtest.finish();
}

async function ofTapes(files: readonly string[], eventByEvent = false): Promise<BacktestOutcome> {
  const tapes = ArrowTapes.open(files);
  const backtest = backtestOf(tapes.markets);
  await backtest.replay(tapes.replayed(eventByEvent), () => {});
  return backtest.finish();
}

const said = ({ decisions, decisionsHash, report, bookComparisons, bookMismatches }: BacktestOutcome) => {
  const { fills, ordersPlaced, pnlUsdc, fillRatePercent } = report.figures();
  return { decisions, decisionsHash, bookComparisons, bookMismatches, fills, ordersPlaced, pnlUsdc, fillRatePercent };
};

describe('a backtest of a tape in columns', () => {
  it('decides what that of the recording decides, in stretches and event by event', async () => {
    const { files, tapes } = await written({ btc: lines('btcusdt') });
    const [recorded, inStretches, byEvent] = [
      await ofRecordings(files),
      await ofTapes(tapes),
      await ofTapes(tapes, true),
    ];
    expect(said(inStretches)).toEqual(said(recorded));
    expect(said(byEvent)).toEqual(said(recorded));
    expect(recorded.report.figures().fills).toBeGreaterThan(0);
    expect(inStretches.events).toBe(recorded.events);
  });

  it('of two markets beside one another as well', async () => {
    const { files, tapes } = await written({ one: lines('btcusdt'), other: lines('ethusdt') });
    const [recorded, inStretches] = [await ofRecordings(files), await ofTapes(tapes)];
    expect(said(inStretches)).toEqual(said(recorded));
  });

  it('says the same of what its book refuses, and when: updates missing, twice, late and crossed', async () => {
    const whole = lines('btcusdt');
    const updates = whole.flatMap((line, i) => (line.includes('"depthUpdate"') ? [i] : []));
    const broken = whole.flatMap((line, i) => {
      if (i === updates[430]) return [];
      if (i === updates[200] || i === updates[300]) return [line, line];
      if (i === updates[400]) return [line, ...whole.slice(updates[380]!, updates[381])];
      return [line];
    });
    const { files, tapes } = await written({ broken });
    const [recorded, inStretches] = [await ofRecordings(files), await ofTapes(tapes)];
    expect([...recorded.rejects.keys()]).toEqual(expect.arrayContaining(['book: duplicate', 'book: gap']));
    expect(inStretches.rejects).toEqual(recorded.rejects);
    expect(said(inStretches)).toEqual(said(recorded));
  });

  it('refuses tapes of one market that do not fit together, and a market that none is of', async () => {
    const { tapes } = await written({ btc: lines('btcusdt') });
    expect(() => ArrowTapes.open(tapes, 'ETHUSDT')).toThrow("no tape of market 'ETHUSDT': expected one of BTCUSDT");
  });
});
