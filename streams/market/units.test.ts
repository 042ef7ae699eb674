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

  it('is exact up to the last whole number a double holds, and refuses the next', () => {
    const scale = scaleOf('0.00000001');
    expect(stepsOf('90071992.54740991', scale)).toBe(Number.MAX_SAFE_INTEGER);
    expect(stepsOf('90071992.54740992', scale)).toBe(NOT_A_MULTIPLE);
    expect(stepsOf('12345678.123456784', scale)).toBe(NOT_A_MULTIPLE);
    expect(stepsOf(`${'9'.repeat(39)}`, scale)).toBe(NOT_A_MULTIPLE);
  });

  it('takes no text for a number that an exchange would not write', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        const steps = stepsOf(text, scaleOf('0.01'));
        if (/^\d+(\.\d+)?$/.test(text)) return;
        expect(steps).toBe(NOT_A_MULTIPLE);
      }),
    );
  });

  it.each([
    '1e5',
    '1.',
    '.5',
    '1.2.3',
    '5 ',
    '0b11',
    `0.${'0'.repeat(60)}`,
    '',
    ' 1',
    '-1',
    'NaN',
    'Infinity',
    '0x10',
    '1e400',
    '1,5',
    'abc',
    '9007199254740993',
  ])('refuses %j', (text) => {
    expect(stepsOf(text, scaleOf('1'))).toBe(NOT_A_MULTIPLE);
  });

  it.each(['0', '-1', '', '1e-3', '.5', '0.0'])('refuses the step %j', (step) => {
    expect(() => scaleOf(step)).toThrow(`step '${step}': expected a positive decimal`);
  });
});
