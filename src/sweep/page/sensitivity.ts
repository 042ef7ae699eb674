import type { Chart } from '../../report/page/chart.ts';
import type { Points } from '../../report/page/frame.ts';
import { grouped } from '../../report/page/scale.ts';
import { type Cell, heatMap, namedChart, scatterChart } from '../../report/page/value_chart.ts';
import type { Axis } from '../axis.ts';
import type { SweepOutcome, TableRow } from '../outcome.ts';

/** Parts that a range is cut into, where points drawn from it are averaged. */
const RANGE_PARTS = 8;
/** Pairs of keys that a map is drawn of: those first named. */
const MAPS_MOST = 6;

/** A key in a few places: a list's values, or the parts of a range. */
interface Places {
  readonly key: string;
  readonly names: readonly string[];
  /** Which place a row is in. */
  readonly of: (row: TableRow) => number;
}

/** One chart for each key: what the objective is at each of its values, over the others. */
export function sensitivityCharts(axes: readonly Axis[], outcome: SweepOutcome): Chart[] {
  return axes
    .filter((axis) => axis.kind === 'range' || axis.values.length > 1)
    .map((axis) => (axis.kind === 'list' ? listChart(axis, outcome) : rangeChart(axis, outcome)));
}

/** A map for each pair of keys: the mean of the objective over all others. */
export function heatMaps(axes: readonly Axis[], outcome: SweepOutcome): Chart[] {
  const { objective, rows } = outcome;
  const places = axes.map(placesOf).filter(({ names }) => names.length > 1);
  const pairs = places.flatMap((one, i) => places.slice(i + 1).map((other) => [one, other] as const));
  return pairs.slice(0, MAPS_MOST).map(([down, across]) => ({
    title: `${down.key} and ${across.key}`,
    note: `mean ${objective.name} over everything else; ${down.key.replace(/^\w+\./, '')} downwards`,
    svg: heatMap(
      across.names,
      down.names,
      down.names.map((_, row) =>
        across.names.map((_, column): Cell => {
          const inside = rows.filter((one) => down.of(one) === row && across.of(one) === column);
          const value = meanOf(valuesOf(inside, outcome));
          return { value, text: value === null ? '' : grouped(value, objective.decimals) };
        }),
      ),
      objective.lessIsBetter === true,
    ),
  }));
}

function listChart(axis: Extract<Axis, { kind: 'list' }>, outcome: SweepOutcome): Chart {
  const { rows, objective } = outcome;
  const best = rows[0]!.point.values;
  const others = Object.keys(best).filter((key) => key !== axis.key);
  const at = axis.values.map((value) => rows.filter(({ point }) => point.values[axis.key] === value));
  const values = at.map((some) => valuesOf(some, outcome));
  const through = at.map((some) => {
    const one = some.find(({ point }) => others.every((key) => point.values[key] === best[key]));
    return one === undefined ? null : objective.of(one.measures);
  });
  return {
    title: axis.key,
    note: `${objective.name}: mean, least and most over the other keys`,
    keys: [
      ['second', 'mean'],
      ['main', 'with the others as in the best point'],
    ],
    svg: namedChart(
      axis.values,
      [
        { values: values.map(meanOf), style: 'second', dots: true },
        { values: through, style: 'main', dots: true },
      ],
      values.map((some) => (some.length < 2 ? null : [Math.min(...some), Math.max(...some)])),
    ),
  };
}

function rangeChart(axis: Extract<Axis, { kind: 'range' }>, outcome: SweepOutcome): Chart {
  const { rows, objective } = outcome;
  const places = placesOf(axis);
  const dots = rows.flatMap(({ point, measures }, i) => {
    const y = objective.of(measures);
    const x = Number(point.values[axis.key]);
    if (y === null) return [];
    return [{ x, y, style: i === 0 ? ('loss' as const) : ('main' as const), text: `point ${point.index}` }];
  });
  const line: Points = places.names.flatMap((_, part) => {
    const mean = meanOf(
      valuesOf(
        rows.filter((row) => places.of(row) === part),
        outcome,
      ),
    );
    return mean === null ? [] : [[middleOf(axis, part), mean] as const];
  });
  return {
    title: axis.key,
    note: `${objective.name} of each point, the best in red; line: mean over ${RANGE_PARTS} parts of the range`,
    svg: scatterChart(dots, line, axis.scale),
  };
}

function placesOf(axis: Axis): Places {
  if (axis.kind === 'list') {
    return { key: axis.key, names: axis.values, of: ({ point }) => axis.values.indexOf(point.values[axis.key]!) };
  }
  const { key, from, to, scale } = axis;
  const share = (value: number): number =>
    scale === 'log' ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
  return {
    key,
    names: Array.from({ length: RANGE_PARTS }, (_, part) => String(Number(middleOf(axis, part).toPrecision(2)))),
    of: ({ point }) =>
      Math.max(0, Math.min(RANGE_PARTS - 1, Math.floor(share(Number(point.values[key])) * RANGE_PARTS))),
  };
}

function middleOf({ from, to, scale }: Extract<Axis, { kind: 'range' }>, part: number): number {
  const share = (part + 0.5) / RANGE_PARTS;
  return scale === 'log' ? from * (to / from) ** share : from + share * (to - from);
}

function valuesOf(rows: readonly TableRow[], { objective }: SweepOutcome): number[] {
  return rows.map(({ measures }) => objective.of(measures)).filter((value) => value !== null);
}

function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
