import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FeatureWindow } from './feature_window.ts';
import { WINDOW_LENGTH } from './model_format.ts';

const PERIOD_US = 200_000;

describe('a window of features', () => {
  it('is the newest 25 rows without a gap, oldest first, whatever came before', () => {
    const gaps = fc.array(fc.constantFrom(1, 1, 1, 1, 1, 1, 1, 1, 1, 2), { minLength: 25, maxLength: 120 });
    fc.assert(
      fc.property(gaps, (steps) => {
        const window = new FeatureWindow();
        let rows: number[] = [];
        let at = 0;
        steps.forEach((step, i) => {
          at += step;
          if (step > 1) rows = [];
          rows.push(i);
          window.push(at * PERIOD_US, new Float32Array(64).fill(i));
        });
        expect(window.full).toBe(rows.length >= 25);
        if (!window.full) return;
        const out = new Float32Array(2 * WINDOW_LENGTH);
        window.copyTo(out, WINDOW_LENGTH);
        expect([...out.subarray(0, WINDOW_LENGTH)].every((one) => one === 0)).toBe(true);
        const firsts = Array.from({ length: 25 }, (_, i) => out[WINDOW_LENGTH + i * 64]);
        const lasts = Array.from({ length: 25 }, (_, i) => out[WINDOW_LENGTH + i * 64 + 63]);
        expect(firsts).toEqual(rows.slice(-25));
        expect(lasts).toEqual(rows.slice(-25));
      }),
    );
  });
});
