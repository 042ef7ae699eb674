import fc from 'fast-check';
import { from, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { detectGaps, type SequenceBreak } from './gap_detection.ts';

function detected(numbers: readonly number[], after?: number): (number | SequenceBreak)[] {
  const out: (number | SequenceBreak)[] = [];
  const options = { numberOf: (n: number) => n, ...(after === undefined ? {} : { after }) };
  from(numbers)
    .pipe(detectGaps(options))
    .subscribe((one) => out.push(one));
  return out;
}

describe('detectGaps', () => {
  it('accounts for every number: passed once and in order, missing, or a repeat', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 })), (numbers) => {
        const out = detected(numbers, -1);
        const passed = out.filter((one) => typeof one === 'number');
        expect(passed).toEqual([...new Set(passed)].sort((a, b) => a - b));
        const missing = out.flatMap((one) =>
          typeof one !== 'number' && one.kind === 'sequenceGap'
            ? Array.from({ length: one.to - one.from + 1 }, (_, i) => one.from + i)
            : [],
        );
        const highest = Math.max(-1, ...numbers);
        expect([...passed, ...missing].sort((a, b) => a - b)).toEqual(Array.from({ length: highest + 1 }, (_, i) => i));
        const repeats = out.filter((one) => typeof one !== 'number' && one.kind === 'sequenceRepeat');
        expect(passed.length + repeats.length).toBe(numbers.length);
      }),
    );
  });

  it('tells of the gap before the value that shows it', () => {
    expect(detected([7, 8, 11, 9, 12])).toEqual([
      7,
      8,
      { kind: 'sequenceGap', from: 9, to: 10 },
      11,
      { kind: 'sequenceRepeat', number: 9 },
      12,
    ]);
  });

  it('goes on from a number it is given', () => {
    expect(detected([10], 8)).toEqual([{ kind: 'sequenceGap', from: 9, to: 9 }, 10]);
  });

  it('makes an error of a number that is none, and passes errors on', () => {
    const errors: string[] = [];
    const seen = { error: (error: unknown) => errors.push(`${error}`) };
    const source = new Subject<number>();
    source.pipe(detectGaps({ numberOf: (n) => n })).subscribe(seen);
    source.next(1.5);
    throwError(() => 'cut')
      .pipe(detectGaps({ numberOf: (n: number) => n }))
      .subscribe(seen);
    expect(errors).toEqual(['RangeError: sequence number 1.5: expected an integer', 'cut']);
    expect(source.observed).toBe(false);
  });
});
