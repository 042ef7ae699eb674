import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Desk, Strategy } from '../../streams/simulation/strategy.ts';
import { TapeFolder } from '../../test/tape_files.ts';
import { loadConfig } from '../config/load.ts';
import { runStrategy, type StrategyOutcome } from './run_strategy.ts';
import { BASELINES } from './strategies.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const cut = (name: string): string => {
  const path = new URL(`../../tapes/${name}_20240808.gz`, import.meta.url);
  const lines = gunzipSync(readFileSync(path)).toString().split('\n').slice(0, 2_500);
  return folder.file(name, lines.join('\n'));
};

let btc = '';
let eth = '';
beforeAll(async () => {
  btc = (await folder.imported([cut('spot_btcusdt')])).tape;
  eth = (await folder.imported([cut('spot_ethusdt')])).tape;
});

const { config } = loadConfig({
  env: {},
  flags: [
    { path: 'backtest.maker_fee_bps', text: '0.5', from: 'test' },
    { path: 'quotes.naive_half_spread_bps', text: '1', from: 'test' },
    { path: 'quotes.kappa', text: '5', from: 'test' },
  ],
  withoutFile: true,
});

/** Cash and position at the mid, by the desk's own count in ticks and lots, in quote currency. */
function equityOf({ cashTickLots, positionLots, bidTick, askTick, market }: Desk): number {
  const value = Number(market.tickSize) * Number(market.lotSize);
  return (cashTickLots + (positionLots * (bidTick + askTick)) / 2) * value;
}

/** Runs a baseline, and gives what came of it beside what its first desk's money was at the last wake. */
async function ran(
  name: string,
  files: readonly string[],
  backtest: Partial<typeof config.backtest> = {},
): Promise<{ outcome: StrategyOutcome; equity: number }> {
  let equity = 0;
  const outcome = await runStrategy({
    files,
    config: { ...config, backtest: { ...config.backtest, ...backtest } },
    make: (markets, firstTicks) => {
      const strategy = BASELINES[name]!.make(config, markets, firstTicks);
      const wake: Strategy['wake'] = (nowNs, all) => {
        equity = equityOf(all[0]!);
        strategy.wake(nowNs, all);
      };
      return { intervalNs: strategy.intervalNs, hear: (desk, answer) => strategy.hear?.(desk, answer), wake };
    },
  });
  return { outcome, equity };
}

describe('a strategy on tapes in columns', () => {
  it.each(Object.keys(BASELINES))('%s: figures add up, and are what the desk’s own money says', async (name) => {
    const { outcome, equity } = await ran(name, [btc]);
    const { figures, charts, wakes, requests } = outcome;
    expect(wakes).toBeGreaterThan(100);
    expect(figures.fills).toBeGreaterThan(0);
    expect(figures.capturedUsdc + figures.inventoryUsdc - figures.feesUsdc).toBeCloseTo(figures.pnlUsdc, 9);
    const taken = name === 'buy-and-hold' ? 5 : 0.5;
    expect(figures.feesUsdc).toBeCloseTo((figures.turnoverUsdc * taken) / 10_000, 6);
    // The desk has heard of every fill but those of the last moment.
    expect(figures.pnlUsdc + figures.feesUsdc).toBeCloseTo(equity, 1);
    expect(charts.markets.BTCUSDT?.fills.length).toBe(figures.fills);
    expect(figures.ordersPlaced).toBeLessThanOrEqual(requests);
    expect(figures.ordersFilled).toBeGreaterThan(0);
    expect(figures.markouts.length).toBe(4);
    // What takes at once never rests.
    if (name === 'buy-and-hold') expect(figures.fillRatePercent).toBe(100);
    else expect(figures.fillRatePercent).toBeGreaterThan(0);
    expect(figures.fillRatePercent).toBeLessThanOrEqual(100);
  });

  it.each(Object.keys(BASELINES))('%s, matched block by block: what it has is what the desk has', async (name) => {
    const { outcome, equity } = await ran(name, [btc], { exchange: 'sei' });
    const { figures } = outcome;
    expect(figures.fills).toBeGreaterThan(0);
    expect(figures.pnlUsdc + figures.feesUsdc).toBeCloseTo(equity, 1);
    expect(figures.capturedUsdc + figures.inventoryUsdc - figures.feesUsdc).toBeCloseTo(figures.pnlUsdc, 9);
    expect(outcome.fillsHash).not.toBe((await ran(name, [btc])).outcome.fillsHash);
  });

  it('has the same fills each time, and of two markets those of each alone', async () => {
    const { outcome: one } = await ran('naive', [btc]);
    expect((await ran('naive', [btc])).outcome).toEqual(one);
    const { outcome: other } = await ran('naive', [eth]);
    const { outcome: both } = await ran('naive', [btc, eth]);
    expect(both.markets.map(({ symbol }) => symbol)).toEqual(['BTCUSDT', 'ETHUSDT']);
    expect(both.fillsHash).not.toBe(one.fillsHash);
    expect(both.rows).toBe(one.rows + other.rows);
    expect(both.figures.fills).toBeGreaterThan(one.figures.fills);
  });

  it('refuses what is no tape, and a market that is not there', async () => {
    const make = BASELINES.naive!.make.bind(undefined, config);
    const elsewhere = runStrategy({ files: [btc], market: 'SOLUSDT', config, make });
    await expect(elsewhere).rejects.toThrow('expected one of BTCUSDT');
    const text = folder.file('text', 'no tape');
    await expect(runStrategy({ files: [text], config, make })).rejects.toThrow('text');
  });
});
