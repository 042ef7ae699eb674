import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisOfText } from './axis.ts';
import { POINTS_MOST, pointsOf } from './points.ts';

const axes = (...texts: readonly string[]) => texts.map(axisOfText);

describe('axes of a sweep', () => {
  it('are lists of values as text, or ranges', () => {
    expect(axisOfText('quotes.gamma=0.1, 1')).toEqual({ kind: 'list', key: 'quotes.gamma', values: ['0.1', '1'] });
    expect(axisOfText('quotes.model=glft')).toMatchObject({ values: ['glft'] });
    const range = { kind: 'range', key: 'quotes.gamma', from: 0.01, to: 1, whole: false };
    expect(axisOfText('quotes.gamma=0.01..1')).toEqual({ ...range, scale: 'linear' });
    expect(axisOfText('quotes.gamma=1e-2..1:log')).toEqual({ ...range, scale: 'log' });
    expect(axisOfText('quotes.levels=1..5')).toMatchObject({ whole: true });
    expect(axisOfText('risk.max_position_usdc=500..2000')).toMatchObject({ whole: false });
  });

  it.each([
    ['quotes.gamma', 'expected KEY=VALUE,VALUE,… or KEY=FROM..TO'],
    ['quotes.gama=1', "unknown key; did you mean 'quotes.gamma'?"],
    ['api.port=1,2', 'does nothing in a backtest: expected a key of sampling, quotes'],
    ['quotes.gamma=', 'expected at least one value, and none empty'],
    ['quotes.gamma=1,,2', 'expected at least one value, and none empty'],
    ['quotes.gamma=1,2,1', '1 is there twice'],
    ['quotes.gamma=2..1', '2..1: expected the lesser number first'],
    ['quotes.gamma=0..1:log', 'a range of scale log begins above 0'],
    ['quotes.model=1..2', 'a range is for numbers'],
  ])('refuses %s', (text, message) => {
    expect(() => axisOfText(text)).toThrow(message);
  });
});

describe('points of a sweep', () => {
  it('are every combination, the last key changing fastest', () => {
    const points = pointsOf(axes('quotes.gamma=1,2', 'quotes.levels=1,2,3'), null);
    expect(points.map(({ index, values }) => [index, ...Object.values(values)])).toEqual([
      [0, '1', '1'],
      [1, '1', '2'],
      [2, '1', '3'],
      [3, '2', '1'],
      [4, '2', '2'],
      [5, '2', '3'],
    ]);
  });

  it('are drawn within their ranges, each once, the same from the same seed', () => {
    const varied = axes('quotes.gamma=0.01..1:log', 'quotes.levels=1..5', 'quotes.model=glft,naive');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 50 }), (seed, points) => {
        const found = pointsOf(varied, { points, seed });
        expect(found).toEqual(pointsOf(varied, { points, seed }));
        expect(new Set(found.map(({ values }) => JSON.stringify(values))).size).toBe(points);
        for (const [i, { index, values }] of found.entries()) {
          expect(index).toBe(i);
          expect(Number(values['quotes.gamma'])).toBeGreaterThanOrEqual(0.01);
          expect(Number(values['quotes.gamma'])).toBeLessThanOrEqual(1);
          expect(['1', '2', '3', '4', '5']).toContain(values['quotes.levels']);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('are refused where there are too many, too few, or none', () => {
    const many = Array.from({ length: 101 }, (_, i) => i + 1).join(',');
    const wide = axes(`quotes.gamma=${many}`, `quotes.kappa=${many}`);
    expect(() => pointsOf(wide, null)).toThrow(`a grid of 10201 points: expected at most ${POINTS_MOST}`);
    expect(pointsOf(wide, { points: 10, seed: 1 })).toHaveLength(10);
    expect(() => pointsOf(axes('quotes.levels=1..3'), { points: 4, seed: 1 })).toThrow('only 3 different ones');
    expect(() => pointsOf(axes('quotes.levels=1..3'), null)).toThrow('a range needs a random search');
    expect(() => pointsOf([], null)).toThrow('nothing is varied');
    expect(() => pointsOf(axes('quotes.levels=1', 'quotes.levels=2'), null)).toThrow('quotes.levels: given twice');
  });
});
