import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Tapes } from '../src/backtest/tapes.ts';
import { FeatureEngine } from '../streams/features/engine.ts';
import { FEATURES } from '../streams/features/list.ts';
import { FEATURE_COUNT } from '../streams/features/types.ts';
import { isMarketInput } from '../streams/inputs.ts';
import { LocalBook } from '../streams/market/local_book.ts';

/** Largest difference from the calculation over the whole recording, relative above 1 and absolute below. */
const TOLERANCE = 1e-5;

/** What `streams/features/golden/features.py` made of a recording. */
interface Golden {
  readonly recording: string;
  readonly names: readonly string[];
  readonly timesUs: readonly number[];
  /** Little-endian 32-bit floats, row after row. */
  readonly vectors: string;
}

it('equal those that numpy makes of the whole recording, each of the 64 at every instant', async () => {
  const golden = JSON.parse(
    readFileSync(new URL('../streams/features/golden/spot_btcusdt.json', import.meta.url), 'utf8'),
  ) as Golden;
  expect(golden.names).toEqual(FEATURES.map(({ name }) => name));
  const bytes = Buffer.from(golden.vectors, 'base64');
  const tapes = await Tapes.open([`tapes/${golden.recording}`]);
  const view = new LocalBook(tapes.markets[0]!.symbol);
  const engine = new FeatureEngine();
  const vector = new Float32Array(FEATURE_COUNT);
  const differences: string[] = [];
  let row = 0;
  for await (const { input } of tapes.inputs()) {
    for (; golden.timesUs[row]! <= input.timeUs; row += 1) {
      expect(engine.write(golden.timesUs[row]!, vector)).toBe(true);
      for (const [i, value] of vector.entries()) {
        const expected = bytes.readFloatLE(4 * (row * FEATURE_COUNT + i));
        if (Math.abs(value - expected) <= TOLERANCE * Math.max(1, Math.abs(expected))) continue;
        differences.push(`${golden.names[i]} at ${golden.timesUs[row]}: ${value}, numpy ${expected}`);
      }
    }
    if (!isMarketInput(input)) continue;
    view.apply(input);
    engine.apply(view, input.timeUs);
  }
  expect(row).toBe(golden.timesUs.length);
  expect(differences).toEqual([]);
});
