import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_MOMENTS, pooledMoments } from '../../streams/report/profit_changes.ts';
import { axisOfText } from './axis.ts';
import { METRICS, type Measures, metricOf, NOTHING_MEASURED, pooled } from './measures.ts';
import { outcomeOf } from './outcome.ts';
import type { Plan } from './plan.ts';
import { pointsOf } from './points.ts';
import { overfittingLines, sweepText } from './table_text.ts';

const axes = [axisOfText('quotes.gamma=1,2,3')];

/** A plan of three points on some blocks of one tape; only what an outcome looks at. */
function planOn(blocks: number, trainBlocks: number | null, objective = 'pnl_usdc'): Plan {
  const walk = trainBlocks === null ? null : { blockS: 60, gapS: 0, trainBlocks };
  return {
    spec: {
      tapes: [['t']],
      market: null,
      axes,
      random: null,
      walk,
      objective,
      models: false,
      strategy: 'live',
      seed: 1,
    },
    points: pointsOf(axes, null),
    configs: [],
    tapes: [{ files: ['t'], firstUs: 0, lastUs: 0 }],
    blocks: Array.from({ length: blocks }, (_, i) => ({ tape: 0, fromUs: i, untilUs: i + 1 })),
    header: { format: 'flashmm-sweep', version: 1, flashmm: '0', commit: '', hash: '', sweep: {} },
  };
}

const result = (measures: Partial<Measures>, failures = 0) => ({
  measures: { ...NOTHING_MEASURED, ...measures },
  decisionsHash: JSON.stringify(measures),
  failures,
});

/** Changes that alternate around a mean: as many as asked, with a ratio of mean over deviation 1. */
function changes(count: number, mean: number) {
  const each = Array.from({ length: count }, (_, i) => ({
    ...NO_MOMENTS,
    count: 1,
    mean: mean + (i % 2 === 0 ? 1 : -1),
  }));
  return each.reduce(pooledMoments, NO_MOMENTS);
}

describe('how a sweep comes out', () => {
  it('is sorted by its objective, less first where that is better, and what cannot be told last', () => {
    const order = (objective: string, measures: readonly Partial<Measures>[]) => {
      const results = measures.map((one) => [result(one)]);
      return outcomeOf(planOn(1, null, objective), results).rows.map(({ point }) => point.index);
    };
    expect(order('pnl_usdc', [{ pnlUsdc: 1 }, { pnlUsdc: 3 }, { pnlUsdc: 2 }])).toEqual([1, 2, 0]);
    expect(
      order('max_drawdown_usdc', [{ maxDrawdownUsdc: 2 }, { maxDrawdownUsdc: 1 }, { maxDrawdownUsdc: 3 }]),
    ).toEqual([1, 0, 2]);
    expect(order('profit_bps', [{}, { pnlUsdc: -5, turnoverUsdc: 1 }, {}])).toEqual([1, 0, 2]);
  });

  it('walks forward: the best on the blocks before is judged on the next one, whatever it does there', () => {
    const pnl = [
      [1, 0, 9],
      [0, 3, -7],
      [0, 0, 50],
    ];
    const results = pnl.map((blocks) => blocks.map((pnlUsdc) => result({ pnlUsdc })));
    const { folds, walked } = outcomeOf(planOn(3, 1), results);
    expect(folds.map(({ chosen, trained, judged }) => [chosen.index, trained.pnlUsdc, judged.pnlUsdc])).toEqual([
      [0, 1, 0],
      [1, 3, -7],
    ]);
    expect(walked?.pnlUsdc).toBe(-7);
    const [two] = outcomeOf(planOn(3, 2), results).folds;
    expect([two?.chosen.index, two?.trained.pnlUsdc]).toEqual([1, 3]);
  });

  it('is of the points that have run, and walks nowhere, where it was broken off', () => {
    const results = [
      [result({ pnlUsdc: 1 }), result({})],
      [result({}), undefined],
      [undefined, undefined],
    ];
    const { rows, folds, walked } = outcomeOf(planOn(2, 1), results);
    expect(rows.map(({ point }) => point.index)).toEqual([0]);
    expect([folds, walked]).toEqual([[], null]);
  });

  it('has a hash of what was decided and measured, not of how it is sorted', () => {
    const results = [1, 2, 3].map((pnlUsdc) => [result({ pnlUsdc })]);
    const { hash } = outcomeOf(planOn(1, null), results);
    expect(outcomeOf(planOn(1, null, 'fills'), results).hash).toBe(hash);
    expect(outcomeOf(planOn(1, null), results.with(1, [result({ pnlUsdc: 2.000001 })])).hash).not.toBe(hash);
  });

  it('says what so many trials are worth', () => {
    const trials = [0.1, 0.5, -0.2].map((mean) => [result({ changes: changes(100, mean) })]);
    const outcome = outcomeOf(planOn(1, null, 'sharpe'), trials);
    expect(outcome.deflated).toMatchObject({ trials: 3, point: { index: 1 } });
    const said = overfittingLines(outcome).join(' ');
    expect(said).toMatch(/Trials: 3\. The best Sharpe ratio, [\d,]+ \(point 1\), is to be held against [\d,]+/);
    expect(said).toMatch(/Deflated Sharpe ratio: \d+\.\d % that its true one is above zero/);
    const none = outcomeOf(
      planOn(1, null),
      [1, 2, 3].map((pnlUsdc) => [result({ pnlUsdc }, 1)]),
    );
    expect(none.deflated).toBe(null);
    const text = sweepText(planOn(1, null), none, { top: 2, seconds: 1, jobs: 1, folder: 'f' });
    expect(text).toContain('Trials: 3. None has a Sharpe ratio');
    expect(text).toContain('1 more in the files');
    expect(text).toContain('Actors failed in points 2, 1, 0');
  });
});

describe('measures of several blocks as one', () => {
  const amount = fc.integer({ min: -1_000, max: 1_000 }).map((value) => value / 8);
  const some = fc.record({
    pnlUsdc: amount,
    turnoverUsdc: fc.nat(500),
    maxDrawdownUsdc: fc.nat(50),
    valueUsdc: amount,
  });
  const measured = fc.array(
    some.map(
      ({ valueUsdc, ...rest }): Measures => ({
        ...{ ...NOTHING_MEASURED, ...rest },
        markouts: [{ horizonMs: 1_000, turnoverUsdc: rest.turnoverUsdc, valueUsdc }],
      }),
    ),
    { minLength: 1, maxLength: 6 },
  );

  it('add up, keep the extremes, and weight by turnover, however they are grouped', () => {
    fc.assert(
      fc.property(measured, fc.nat(6), (runs, cut) => {
        const all = pooled(runs);
        expect(all.pnlUsdc).toBe(runs.reduce((sum, { pnlUsdc }) => sum + pnlUsdc, 0));
        expect(all.maxDrawdownUsdc).toBe(Math.max(...runs.map(({ maxDrawdownUsdc }) => maxDrawdownUsdc)));
        const value = runs.reduce((sum, { markouts }) => sum + markouts[0]!.valueUsdc, 0);
        const wanted = all.turnoverUsdc === 0 ? null : (10_000 * value) / all.turnoverUsdc;
        expect(metricOf('markout_1s_bps')!.of(all)).toBe(wanted);
        expect(pooled([pooled(runs.slice(0, cut)), pooled(runs.slice(cut))])).toEqual(all);
      }),
    );
  });

  it('give no figure of nothing, and never one that is no number', () => {
    for (const { of } of METRICS) expect([0, null]).toContain(of(NOTHING_MEASURED));
  });
});
