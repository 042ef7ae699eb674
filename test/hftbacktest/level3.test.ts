import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FillsHash } from '../../src/backtest/fills_hash.ts';
import { simulateTapes } from '../../src/backtest/simulate_tapes.ts';
import { TapePages } from '../../src/backtest/tape_pages.ts';
import { Tape } from '../../src/tape/reader.ts';
import { Grid } from '../../streams/baselines/grid.ts';
import { FifoExchange } from '../../streams/simulation/fifo_exchange.ts';
import { constantLatency } from '../../streams/simulation/order_latency.ts';
import { Simulation } from '../../streams/simulation/simulation.ts';
import { TapeFolder } from '../tape_files.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

// Made by level3.py, which runs the same grid on the same orders in hftbacktest.
const golden: { readonly runs: Readonly<Record<string, Golden>> } = JSON.parse(
  readFileSync(new URL('./level3.json', import.meta.url), 'utf8'),
);

interface Golden {
  readonly halfTicks: number;
  readonly fills: number;
  readonly position: number;
  readonly balance: number;
  readonly first: readonly string[];
  readonly sha256: string;
}

const MS = 1e6;
const TIMING = { feedLatencyNs: 0, exchangeClock: 'event' } as const;

const grid = (halfTicks: number): Grid =>
  new Grid({ intervalNs: 50 * MS, levels: 5, halfTicks, clip: 0.1, positionMax: 1 });

let path = '';
beforeAll(async () => {
  path = (await folder.imported([new URL('./level3.npz', import.meta.url).pathname])).tape;
});

describe("the grid's fills among single orders are hftbacktest's, each at the same nanosecond, price and size", () => {
  it.each(Object.entries(golden.runs))('%s', (_name, { halfTicks, ...expected }) => {
    const tape = Tape.open(path, { ids: true });
    const hash = new FillsHash(tape.originS, expected.first.length);
    const { market } = tape;
    const pages = new TapePages(tape, TIMING);
    const latency = constantLatency(MS, MS);
    const plan = { market, pages, latency, exchange: (answers: never) => new FifoExchange(answers, false) };
    const simulation = new Simulation([plan], grid(halfTicks), {
      execution: (_desk, { side }, timeNs, tick, lots) => hash.add(timeNs, side, tick, lots),
    });
    simulation.run();
    tape.close();
    const sha256 = hash.digest();
    const { positionLots, cashTickLots } = simulation.desks[0]!;
    expect(hash.first).toEqual(expected.first);
    expect(hash.count).toBe(expected.fills);
    expect(positionLots / 100).toBeCloseTo(expected.position, 9);
    expect(cashTickLots / 200).toBeCloseTo(expected.balance, 4);
    expect(sha256).toBe(expected.sha256);
  });

  it('and more where an execution at a worse price fills us, too', () => {
    const tape = Tape.open(path, { ids: true });
    let fills = 0;
    const { simulation } = simulateTapes(
      [tape],
      { ...TIMING, queue: 'fifo', queuePower: 1, latency: () => constantLatency(MS, MS) },
      grid(4),
      { execution: () => (fills += 1) },
    );
    simulation.run();
    tape.close();
    expect(fills).toBeGreaterThan(1.3 * golden.runs['4 ticks from the mid']!.fills);
  });

  it('but not on a tape of levels', async () => {
    const { tape: levels } = await folder.imported([new URL('./events.csv.gz', import.meta.url).pathname]);
    const tape = Tape.open(levels, { ids: true });
    const exchange = { ...TIMING, queue: 'fifo', queuePower: 1, latency: () => constantLatency(MS, MS) } as const;
    expect(() => simulateTapes([tape], exchange, grid(4))).toThrow('tells levels and no single orders');
    tape.close();
  });
});
