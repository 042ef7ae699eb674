import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FillsHash } from '../../src/backtest/fills_hash.ts';
import { OrderLatencies } from '../../src/backtest/order_latencies.ts';
import { simulateTapes } from '../../src/backtest/simulate_tapes.ts';
import { Tape } from '../../src/tape/reader.ts';
import { Grid } from '../../streams/baselines/grid.ts';
import { constantLatency } from '../../streams/simulation/order_latency.ts';
import type { QueuePositionName } from '../../streams/simulation/queue_position.ts';
import { TapeFolder } from '../tape_files.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

// Made by golden.py, which runs the same grid on the same rows in hftbacktest.
const golden: { readonly models: Readonly<Record<string, Golden>> } = JSON.parse(
  readFileSync(new URL('./golden.json', import.meta.url), 'utf8'),
);

interface Golden {
  readonly queue: QueuePositionName;
  readonly power: number;
  readonly fills: number;
  readonly position: number;
  readonly balance: number;
  readonly first: readonly string[];
  readonly sha256: string;
}

const MS = 1e6;

const latencies = new URL('./latencies.npz', import.meta.url).pathname;

let path = '';
beforeAll(async () => {
  const events = new URL('./events.csv.gz', import.meta.url).pathname;
  path = (await folder.imported([events])).tape;
});

describe("the grid's fills are hftbacktest's, each at the same nanosecond, price and size", () => {
  it.each(Object.entries(golden.models))('with %s', async (name, { queue, power, ...expected }) => {
    const recorded = name === 'recorded latencies' ? await OrderLatencies.read(latencies) : undefined;
    const tape = Tape.open(path);
    const hash = new FillsHash(tape.originS, expected.first.length);
    const { simulation } = simulateTapes(
      [tape],
      {
        queue,
        queuePower: power,
        latency: (of) => recorded?.on(of) ?? constantLatency(MS, MS),
        feedLatencyNs: MS,
        exchangeClock: 'event',
      },
      new Grid({ intervalNs: 100 * MS, levels: 5, halfTicks: 2, clip: 0.01, positionMax: 0.1 }),
      { execution: (_desk, { side }, timeNs, tick, lots) => hash.add(timeNs, side, tick, lots) },
    );
    simulation.run();
    tape.close();
    const sha256 = hash.digest();
    const { positionLots, cashTickLots } = simulation.desks[0]!;
    expect(hash.first).toEqual(expected.first);
    expect(hash.count).toBe(expected.fills);
    expect(positionLots / 1_000).toBeCloseTo(expected.position, 9);
    expect(cashTickLots / 10_000).toBeCloseTo(expected.balance, 4);
    expect(sha256).toBe(expected.sha256);
  });

  it('and the models differ here, so that equal fills say something', () => {
    expect(new Set(Object.values(golden.models).map(({ sha256 }) => sha256)).size).toBeGreaterThan(4);
  });
});
