import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ANSWER_LENGTH, BATCH_MOST, WINDOW_LENGTH } from '../inference/model_format.ts';
import type { OpenModel } from '../inference/open_model.ts';
import { evaluateModel, macroF1 } from './evaluate.ts';
import { openDataset } from './reader.ts';
import type { DatasetMetadata } from './schema.ts';
import { DatasetWriter } from './writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const START_US = 1_700_000_000_000_000;

const metadata: DatasetMetadata = {
  ...{ featuresHash: 'f', featureNames: [], featureMirror: [], market: 'X', venue: 'sei', domain: 'sei', everyMs: 100 },
  ...{ thresholdBps: 0, smoothingMs: 0, source: 'test', sourceSha256: '', flashmm: '0' },
};

/** Rows 100 ms apart whose label is that of `labels` in turn; the first feature is the number of the row. */
function dataset(name: string, rows: number, labels: readonly number[], missing?: number) {
  const path = join(folder, name);
  const writer = new DatasetWriter(path, metadata);
  for (let i = 0; i < rows; i += 1) {
    if (i === missing) continue;
    const label = labels[i % labels.length]!;
    const vector = new Float32Array(64);
    vector[0] = i;
    writer.push({
      ...{ timeUs: START_US + i * 100_000, segment: 0, warm: i >= 10, vector, sentiment: null },
      topImbalance: label === 0 ? 0.5 : 0,
      label: {
        ...{ timeUs: 0, midHalfTicks: 2, movesBps: new Float64Array(3) },
        classes: Int8Array.from([label, label, label]),
      },
    });
  }
  writer.close();
  return openDataset(path);
}

/** Says bullish for windows whose last row's number leaves 2 by 3, bearish for 0, nothing in particular otherwise. */
class Told implements OpenModel {
  readonly input = new Float32Array(BATCH_MOST * WINDOW_LENGTH);
  readonly output = new Float32Array(BATCH_MOST * ANSWER_LENGTH);
  readonly ended = undefined;
  readonly windows: (readonly [first: number, last: number])[] = [];

  async run(windows: number): Promise<number> {
    for (let i = 0; i < windows; i += 1) {
      const [first, last] = [this.input[i * WINDOW_LENGTH]!, this.input[(i + 1) * WINDOW_LENGTH - 64]!];
      this.windows.push([first, last]);
      const answer = [0, 1, 2].map((label) => (label === last % 3 ? 0.6 : 0.2));
      for (let horizon = 0; horizon < 3; horizon += 1) this.output.set(answer, i * ANSWER_LENGTH + horizon * 3);
    }
    return 1;
  }

  async close(): Promise<void> {}
}

async function* of(...all: readonly ReturnType<typeof dataset>[]) {
  for (const one of all) yield await one;
}

describe('an evaluation', () => {
  it('asks about every window of 25 warm rows 200 ms apart, and about none over a gap', async () => {
    const model = new Told();
    await evaluateModel(model, of(dataset('gap', 140, [0, 1, 2], 70)));
    // From row 10 on, one for each row from 58; row 70 is missing in every window of even rows up to 118.
    const lasts = model.windows.map(([, last]) => last);
    const odd = Array.from({ length: 140 }, (_, i) => i).filter((i) => i >= 59 && i % 2 === 1);
    expect(lasts.filter((last) => last % 2 === 1)).toEqual(odd);
    expect(lasts.filter((last) => last % 2 === 0)).toEqual([
      58, 60, 62, 64, 66, 68, 120, 122, 124, 126, 128, 130, 132, 134, 136, 138,
    ]);
    expect(model.windows.every(([first, last]) => last - first === 48)).toBe(true);
  });

  it('holds answers, imbalance and the majority class against the labels', async () => {
    const [perfect] = await evaluateModel(new Told(), of(dataset('perfect', 2_000, [0, 1, 2])));
    expect(perfect!.model.macroF1).toEqual({ mean: 1, low: 1, high: 1 });
    expect(perfect!.model.directionAccuracy!.mean).toBe(1);
    // Imbalance says bullish where it is bearish and nothing where it is bullish.
    expect(perfect!.imbalance.directionAccuracy!.mean).toBeCloseTo(0.25, 2);
    const [one, other] = await evaluateModel(
      new Told(),
      of(dataset('a', 1_500, [1, 1, 1, 0, 1, 2]), dataset('b', 1_500, [-1])),
    );
    expect([one!.n, other!.n, one!.moves]).toEqual([1_442, 1_442, 481]);
    // Four of six are neutral: F1 of that class is 0.8, of the others 0.
    expect(one!.majority.macroF1.mean).toBeCloseTo(0.8 / 3, 3);
    expect(one!.majority.directionAccuracy).toBe(null);
    const { mean, low, high } = one!.model.macroF1;
    expect(low).toBeLessThanOrEqual(mean);
    expect(high).toBeGreaterThanOrEqual(mean);
  });

  it('has a macro-F1 that is the mean over three classes', () => {
    expect(macroF1([5, 0, 0, 0, 5, 0, 0, 0, 5])).toBe(1);
    expect(macroF1([0, 0, 0, 0, 0, 0, 0, 0, 0])).toBe(0);
    // Bearish: 2·1/(2+2), neutral: 2·2/(3+4), bullish: 2·1/(2+1).
    expect(macroF1([1, 1, 0, 1, 2, 0, 0, 1, 1])).toBeCloseTo((0.5 + 4 / 7 + 2 / 3) / 3, 12);
  });
});
