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
import { axisText, linear, type Scale } from './scale.ts';

/** Names below a chart at most: more would run into one another. */
const NAMES_MOST = 8;

/** A curve over names: a value for each, null where there is none. */
export interface NamedSeries {
  readonly values: readonly (number | null)[];
  readonly style: CurveStyle;
  readonly dots?: true;
}

/**
 * Values over names that are evenly apart, such as settings.
 *
 * @param spans from the least to the greatest at each name, drawn as whiskers; null where there is none
 */
export function namedChart(
  names: readonly string[],
  series: readonly NamedSeries[],
  spans: readonly (readonly [low: number, high: number] | null)[] = [],
): string {
  const values = [...series.flatMap((one) => one.values), ...spans.flatMap((span) => span ?? [])];
  const shown = values.filter((value) => value !== null);
  if (shown.length === 0) return empty();
  const x = linear([-0.5, names.length - 0.5], FRAME.left, FRAME.width - FRAME.right);
  const y = linear(shown, FRAME.height - FRAME.bottom, FRAME.top);
  const every = Math.ceil(names.length / NAMES_MOST);
  return drawing([
    yAxis(y),
    shown.some((value) => value < 0) && shown.some((value) => value > 0) ? zeroLine(y) : '',
    ...names.map((name, i) => (i % every === 0 ? xLabel(x(i), name) : '')),
    ...spans.map((span, i) => (span === null ? '' : whiskerAt(x(i), y(span[0]), y(span[1])))),
    ...series.map(({ values: of, style, dots }) => {
      const points = of.flatMap((value, i) => (value === null ? [] : [[i, value] as const]));
      const line = curve(points, x, y, style, false);
      return dots === undefined ? line : line + points.map(([i, value]) => dot(x(i), y(value), style, '')).join('');
    }),
  ]);
}

/** A point of a {@link scatterChart}. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  readonly style: CurveStyle;
  readonly text: string;
}

/** Points over a value, and a curve through them. @param scale `log` for values above zero alone */
export function scatterChart(dots: readonly Dot[], line: Points, scale: 'linear' | 'log'): string {
  if (dots.length === 0) return empty();
  const of = (value: number): number => (scale === 'log' ? Math.log10(value) : value);
  const x = linear(
    dots.map((one) => of(one.x)),
    FRAME.left + 8,
    FRAME.width - FRAME.right - 8,
    4,
  );
  const y = linear(
    dots.map((one) => one.y),
    FRAME.height - FRAME.bottom,
    FRAME.top,
  );
  return drawing([
    yAxis(y),
    xAxis(x, scale),
    ...dots.map((one) => dot(x(of(one.x)), y(one.y), one.style, one.text)),
    curve(
      line.map(([at, value]) => [of(at), value] as const),
      x,
      y,
      'second',
      false,
    ),
  ]);
}

function xAxis(x: Scale, scale: 'linear' | 'log'): string {
  const name = (tick: number): string =>
    scale === 'log' ? String(Number((10 ** tick).toPrecision(2))) : axisText(tick, x.ticks);
  return x.ticks.map((tick) => xLabel(x(tick), name(tick))).join('');
}

function dot(x: number, y: number, style: CurveStyle, text: string): string {
  return `<circle class="dot ${style}" cx="${round(x)}" cy="${round(y)}" r="3.4"><title>${escaped(text)}</title></circle>`;
}

/** A cell of a {@link heatMap}: what it is worth, null where nothing fell into it, and what is said of it. */
export interface Cell {
  readonly value: number | null;
  readonly text: string;
}

/**
 * Values over two settings, the better the bluer and the worse the redder, from the middle of the scale.
 *
 * @param cells row by row, from the top
 * @param lessIsBetter turns the colours
 */
export function heatMap(
  columns: readonly string[],
  rows: readonly string[],
  cells: readonly (readonly Cell[])[],
  lessIsBetter = false,
): string {
  const values = cells.flat().flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return empty();
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const width = (FRAME.width - FRAME.left - FRAME.right) / columns.length;
  const height = (FRAME.height - FRAME.bottom - FRAME.top) / rows.length;
  const cell = ({ value, text }: Cell, row: number, column: number): string => {
    if (value === null) return '';
    const share = high === low ? 0.5 : (value - low) / (high - low);
    const good = (lessIsBetter ? 1 - share : share) * 2 - 1;
    const [x, y] = [FRAME.left + column * width, FRAME.top + row * height];
    const place = `x="${round(x + 0.5)}" y="${round(y + 0.5)}" width="${round(width - 1)}" height="${round(height - 1)}"`;
    const label = `<text class="axis inside" x="${round(x + width / 2)}" y="${round(y + height / 2 + 4)}" text-anchor="middle">${escaped(text)}</text>`;
    const fits = width > 6.5 * text.length && height > 14;
    return `<rect class="cell ${good < 0 ? 'bad' : 'good'}" ${place} fill-opacity="${Math.abs(good * 0.75).toFixed(2)}"><title>${escaped(text)}</title></rect>${fits ? label : ''}`;
  };
  const every = Math.ceil(columns.length / NAMES_MOST);
  return drawing([
    ...cells.flatMap((line, row) => line.map((one, column) => cell(one, row, column))),
    ...columns.map((name, i) => (i % every === 0 ? xLabel(FRAME.left + (i + 0.5) * width, name) : '')),
    ...rows.map((name, i) => {
      const at = round(FRAME.top + (i + 0.5) * height + 4);
      return `<text class="axis" x="${FRAME.left - 6}" y="${at}" text-anchor="end">${escaped(name)}</text>`;
    }),
  ]);
}
