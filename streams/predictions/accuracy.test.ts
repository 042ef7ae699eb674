import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutcomeWindow, predictedClass } from './accuracy.ts';
import type { HorizonPrediction } from './types.ts';

/** A prediction whose probabilities are whole ten-thousandths, as the window keeps them. */
function predictionOf(falls: number, rises: number): HorizonPrediction {
  const [bearish, bullish, neutral] = [falls / 10_000, rises / 10_000, (10_000 - falls - rises) / 10_000];
  const confidence = Math.max(bearish, neutral, bullish);
  return { horizonMs: 500, bearish, neutral, bullish, confidence, uncertainty: 0 };
}

const outcome = fc
  .tuple(fc.nat(10_000), fc.nat(10_000), fc.integer({ min: 0, max: 2 }))
  .map(([a, b, label]) => ({ prediction: predictionOf(Math.min(a, b), 10_000 - Math.max(a, b)), label }));
type Outcome = typeof outcome extends fc.Arbitrary<infer T> ? T : never;

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, one) => sum + one, 0) / values.length;

/** The figures by their definitions, over a whole list. */
function batch(outcomes: readonly Outcome[]) {
  const all = outcomes.map(({ prediction, label }) => ({ ...prediction, label, said: predictedClass(prediction) }));
  const moves = all.filter(({ label }) => label !== 1);
  const f1 = [0, 1, 2].flatMap((one) => {
    const truly = all.filter(({ said, label }) => said === one && label === one).length;
    const said = all.filter((of) => of.said === one).length;
    const came = all.filter((of) => of.label === one).length;
    if (said + came === 0) return [];
    const [precision, recall] = [said === 0 ? 0 : truly / said, came === 0 ? 0 : truly / came];
    return [truly === 0 ? 0 : (2 * precision * recall) / (precision + recall)];
  });
  const bins = Array.from({ length: 10 }, (_, bin) =>
    all.filter(({ confidence }) => Math.min(9, Math.floor(Math.round(confidence * 10_000) / 1_000)) === bin),
  );
  const gaps = bins.map((bin) => {
    const [right, sure] = [mean(bin.map((of) => (of.said === of.label ? 1 : 0))), mean(bin.map((of) => of.confidence))];
    return right === null || sure === null ? 0 : (bin.length / all.length) * Math.abs(right - sure);
  });
  return {
    accuracy: mean(all.map(({ said, label }) => (said === label ? 1 : 0))),
    macroF1: mean(f1),
    directionAccuracy: mean(
      moves.map(({ bullish, bearish, label }) => (Math.sign(bullish - bearish) === label - 1 ? 1 : 0)),
    ),
    brier: mean(
      all.map(({ bearish, neutral, bullish, label }) =>
        [bearish, neutral, bullish].reduce((sum, p, c) => sum + (p - (c === label ? 1 : 0)) ** 2, 0),
      ),
    ),
    calibrationError: all.length === 0 ? null : gaps.reduce((sum, gap) => sum + gap, 0),
  };
}

function expectClose(seen: number | null, wanted: number | null): void {
  if (wanted === null || seen === null) expect(seen).toBe(wanted);
  else expect(seen).toBeCloseTo(wanted, 10);
}

describe('the figures of a window', () => {
  it('are those of a batch calculation over its newest outcomes, also after a restore', () => {
    fc.assert(
      fc.property(
        fc.array(outcome, { maxLength: 60 }),
        fc.integer({ min: 1, max: 25 }),
        fc.nat(60),
        (all, capacity, at) => {
          let window = new OutcomeWindow(capacity);
          for (const [i, { prediction, label }] of all.entries()) {
            if (i === at) window = OutcomeWindow.decode(capacity, JSON.parse(JSON.stringify(window.encode())));
            window.add(prediction, label);
          }
          const newest = all.slice(-capacity);
          const [seen, wanted] = [window.figures(500), batch(newest)];
          expect(seen.known).toBe(newest.length);
          expect(seen.moves).toBe(newest.filter(({ label }) => label !== 1).length);
          for (const key of ['accuracy', 'macroF1', 'directionAccuracy', 'brier', 'calibrationError'] as const)
            expectClose(seen[key], wanted[key]);
        },
      ),
    );
  });

  it('say nothing where nothing is known', () => {
    const empty = { known: 0, moves: 0, accuracy: null, macroF1: null, directionAccuracy: null, brier: null };
    expect(new OutcomeWindow(10).figures(100)).toMatchObject({ ...empty, calibrationError: null });
  });

  it('take probabilities that round to more than the whole', () => {
    const window = new OutcomeWindow(1);
    window.add({ ...predictionOf(0, 0), bearish: 0.500_05, bullish: 0.499_95, neutral: 0 }, 0);
    expect(window.figures(500).brier).toBeCloseTo(0.499_9, 3);
  });
});
