import { CommandError } from '../exit/command_error.ts';
import { seededRandom } from '../runtime/random.ts';
import { type Axis, drawn } from './axis.ts';

/** One setting of everything that is varied: values as text by key, in the order of the axes. */
export interface Point {
  /** From 0, in the order of the grid or of the drawing. */
  readonly index: number;
  readonly values: Readonly<Record<string, string>>;
}

/** How many points are drawn, and from which seed. */
export interface RandomSearch {
  readonly points: number;
  readonly seed: number;
}

/** More than these are not run: so many trials prove nothing, and the results are held in memory. */
export const POINTS_MOST = 10_000;

/** Draws for each point that is wanted, before it is said that there are not so many different ones. */
const DRAWS_FOR_EACH = 100;

/**
 * The points of a sweep. A grid has every combination, the last axis changing fastest; a random search draws each axis apart, evenly
 * over its list or range, and no point twice.
 *
 * @throws CommandError (`usage`) when there are too many, a grid has a range, or a search cannot find so many different ones
 */
export function pointsOf(axes: readonly Axis[], random: RandomSearch | null): readonly Point[] {
  if (axes.length === 0) throw new CommandError('usage', 'nothing is varied: expected --vary KEY=A,B,C or a spec', '');
  const twice = axes.find(({ key }, i) => axes.findIndex((axis) => axis.key === key) !== i);
  if (twice !== undefined) throw new CommandError('usage', `vary ${twice.key}: given twice`, '');
  return random === null ? gridOf(axes) : search(axes, random);
}

function gridOf(axes: readonly Axis[]): readonly Point[] {
  const ranged = axes.find(({ kind }) => kind === 'range');
  if (ranged !== undefined) {
    throw new CommandError('usage', `vary ${ranged.key}: a range needs a random search`, 'Give --points N, or a list.');
  }
  const lists = axes.map((axis) => (axis.kind === 'list' ? axis.values : []));
  const count = lists.reduce((product, { length }) => product * length, 1);
  if (count > POINTS_MOST) {
    const message = `a grid of ${count} points: expected at most ${POINTS_MOST}`;
    throw new CommandError('usage', message, 'Vary fewer keys, or draw some of them with --points N.');
  }
  return Array.from({ length: count }, (_, index) => {
    let rest = index;
    const values = lists.map(() => '');
    for (let axis = lists.length - 1; axis >= 0; axis -= 1) {
      const { length } = lists[axis]!;
      values[axis] = lists[axis]![rest % length]!;
      rest = Math.floor(rest / length);
    }
    return { index, values: Object.fromEntries(axes.map(({ key }, axis) => [key, values[axis]!])) };
  });
}

function search(axes: readonly Axis[], { points, seed }: RandomSearch): readonly Point[] {
  const random = seededRandom(seed);
  const found = new Map<string, Point['values']>();
  for (let draws = 0; found.size < points && draws < points * DRAWS_FOR_EACH; draws += 1) {
    const values = Object.fromEntries(axes.map((axis) => [axis.key, drawn(axis, random())]));
    found.set(Object.values(values).join('\0'), values);
  }
  if (found.size < points) {
    const message = `--points ${points}: only ${found.size} different ones were found`;
    throw new CommandError('usage', message, 'Leave --points out to run the whole grid.');
  }
  return [...found.values()].map((values, index) => ({ index, values }));
}
