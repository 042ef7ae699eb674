import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tape } from '../../src/tape/reader.ts';
import { TapeFolder } from '../../test/tape_files.ts';
import { GridEngine, type GridOptions } from './engine.ts';
import { fillLines, fillsSha256, queueModels } from './fills.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

// Made by grid.py, which runs the same grid on the same rows in hftbacktest.
const golden: { readonly models: Readonly<Record<string, Golden>> } = JSON.parse(
  readFileSync(new URL('./golden.json', import.meta.url), 'utf8'),
);

interface Golden {
  readonly fills: number;
  readonly position: number;
  readonly first: readonly string[];
  readonly sha256: string;
}

const MS = 1e6;
const models = queueModels(0.001);
const options: Omit<GridOptions, 'model'> = {
  intervalNs: 100 * MS,
  feedLatencyNs: MS,
  orderLatencyNs: MS,
  responseLatencyNs: MS,
  clip: 0.01,
  positionMax: 0.1,
  halfTicks: 2,
};

let tape = '';
beforeAll(async () => {
  const events = new URL('./events.csv.gz', import.meta.url).pathname;
  tape = (await folder.imported([events])).tape;
});

describe("the grid's fills are hftbacktest's, each at the same nanosecond and price", () => {
  it.each(Object.entries(golden.models))('with the queue model %s', (name, expected) => {
    const { fills, position } = new GridEngine(tape, { ...options, model: models[name]! }).run();
    const lines = fillLines(fills, Tape.open(tape).originS);
    expect(lines.slice(0, expected.first.length)).toEqual(expected.first);
    expect(lines).toHaveLength(expected.fills);
    expect(position).toBeCloseTo(expected.position, 6);
    expect(fillsSha256(lines)).toBe(expected.sha256);
  });

  it('and the models differ here, so that equal fills say something', () => {
    expect(new Set(Object.values(golden.models).map(({ sha256 }) => sha256)).size).toBeGreaterThan(4);
  });
});
