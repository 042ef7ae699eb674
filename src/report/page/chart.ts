import {
  type CurveStyle,
  curve,
  drawing,
  empty,
  escaped,
  FRAME,
  type Points,
  round,
  whiskerAt,
  xLabel,
  yAxis,
  zeroLine,
} from './frame.ts';
import { linear, type Scale } from './scale.ts';

const { width: WIDTH, height: HEIGHT, left: LEFT, right: RIGHT, top: TOP, bottom: BOTTOM } = FRAME;

/** A drawing and what it says, for those who do not see it. */
export interface Chart {
  readonly title: string;
  readonly note: string;
  /** What the colours mean, where there is more than one. */
  readonly keys?: readonly (readonly [style: BarStyle, text: string])[];
  readonly svg: string;
}

/** One series of a {@link timeChart}. `line`, `area` and `step` name style and form; colours are the page's. */
export interface Series {
  readonly points: Points;
  readonly style: CurveStyle;
  readonly area?: boolean;
}

/** A mark in a {@link timeChart}. */
export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly side: 'buy' | 'sell';
  readonly text: string;
}

/**
 * Values over time.
 *
 * @param startUs the time of x = 0, microseconds since the epoch; x is in seconds
 * @param values beyond the curves that the axis has to include, such as zero
 */
export function timeChart(
  series: readonly Series[],
  startUs: number,
  { marks = [], values = [] }: { readonly marks?: readonly Mark[]; readonly values?: readonly number[] } = {},
): string {
  const all = series.flatMap(({ points }) => points);
  if (all.length === 0) return empty();
  const x = linear([...all.map(([at]) => at), ...marks.map((mark) => mark.x)], LEFT, WIDTH - RIGHT, 4);
  const ys = [...all.map(([, value]) => value), ...marks.map((mark) => mark.y), ...values];
  const y = linear(ys, HEIGHT - BOTTOM, TOP);
  const body = series.map(({ points, style, area = false }) => curve(points, x, y, style, area));
  return drawing([yAxis(y), timeAxis(x, startUs, all), ...body, ...marks.map((mark) => triangle(mark, x, y))]);
}

/** A colour of the page. */
export type BarStyle = 'main' | 'second' | 'third' | 'fourth';

/** One bar of a {@link barChart}. */
export interface Bar {
  readonly value: number | null;
  /** One standard error. */
  readonly error?: number | null;
  readonly style: BarStyle;
  readonly text: string;
}

/** Groups of bars side by side, with whiskers of one standard error where they have one. */
export function barChart(groups: readonly { readonly name: string; readonly bars: readonly Bar[] }[]): string {
  const shown = groups.flatMap(({ bars }) => bars).filter(({ value }) => value !== null);
  if (shown.length === 0) return empty();
  const reach = shown.flatMap(({ value, error }) => [value! - (error ?? 0), value! + (error ?? 0)]);
  const y = linear([0, ...reach], HEIGHT - BOTTOM, TOP);
  const space = (WIDTH - LEFT - RIGHT) / groups.length;
  const parts = groups.map(({ name, bars }, i) => {
    const width = Math.min(34, (space * 0.8) / bars.length);
    const middle = LEFT + space * (i + 0.5);
    const first = middle - (width * bars.length) / 2;
    return bars.map((bar, k) => barAt(bar, first + width * k, width, y)).join('') + xLabel(middle, name);
  });
  return drawing([yAxis(y), zeroLine(y), ...parts]);
}

function barAt({ value, error, style, text }: Bar, x: number, width: number, y: Scale): string {
  if (value === null) return '';
  const [top, bottom] = [Math.min(y(value), y(0)), Math.max(y(value), y(0))];
  const bar = `<rect class="bar ${style}" x="${round(x + 1)}" y="${round(top)}" width="${round(width - 2)}" height="${round(Math.max(0.5, bottom - top))}" rx="1.5"/>`;
  const whisker =
    error === null || error === undefined ? '' : whiskerAt(x + width / 2, y(value - error), y(value + error));
  return `<g><title>${escaped(text)}</title>${bar}${whisker}</g>`;
}

function triangle({ x: atX, y: atY, side, text }: Mark, x: Scale, y: Scale): string {
  const [cx, cy] = [x(atX), y(atY)];
  const points = side === 'buy' ? [-3.4, 3, 3.4, 3, 0, -3.4] : [-3.4, -3, 3.4, -3, 0, 3.4];
  const path = `M${round(cx + points[0]!)} ${round(cy + points[1]!)}L${round(cx + points[2]!)} ${round(cy + points[3]!)}L${round(cx + points[4]!)} ${round(cy + points[5]!)}Z`;
  return `<path class="fill ${side}" d="${path}"><title>${escaped(text)}</title></path>`;
}

/** The times at both ends and in the middle: an axis of times needs no round values, and these always fit. */
function timeAxis(x: Scale, startUs: number, all: Points): string {
  const times = all.map(([at]) => at);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const long = last - first > 86_400;
  return (['start', 'middle', 'end'] as const)
    .map((anchor, i) => {
      const at = first + ((last - first) * i) / 2;
      const iso = new Date(startUs / 1_000 + at * 1_000).toISOString();
      const text = long ? iso.slice(5, 16).replace('T', ' ') : iso.slice(11, 19);
      return xLabel(x(at), text, anchor);
    })
    .join('');
}
