import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimalOf, NOT_A_MULTIPLE, scaleOf, stepsOf } from './units.ts';

describe('units', () => {
  it('turns decimals into whole steps and back, exactly, below 2^53', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('1', '0.1', '0.01', '0.00001', '0.00000001', '0.05', '5', '0.0025'),
        fc.integer({ min: 0, max: 2 ** 40 }),
        (step, steps) => {
          const scale = scaleOf(step);
          const text = decimalOf(steps, scale);
          expect(stepsOf(text, scale)).toBe(steps);
          expect(stepsOf(text.includes('.') ? `${text}000` : text, scale)).toBe(steps);
        },
      ),
    );
  });

  it('refuses what is between two steps by one digit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 36 }), fc.integer({ min: 1, max: 9 }), (steps, digit) => {
        const scale = scaleOf('0.01');
        expect(stepsOf(`${decimalOf(steps, scale)}${digit}`, scale)).toBe(NOT_A_MULTIPLE);
      }),
    );
  });

  it.each(['', ' 1', '-1', 'NaN', 'Infinity', '0x10', '1e400', '1,5', 'abc', '9007199254740993'])(
    'refuses %j',
    (text) => {
      expect(stepsOf(text, scaleOf('1'))).toBe(NOT_A_MULTIPLE);
    },
  );

  it.each(['0', '-1', '', '1e-3', '.5', '0.0'])('refuses the step %j', (step) => {
    expect(() => scaleOf(step)).toThrow(`step '${step}': expected a positive decimal`);
  });
});
