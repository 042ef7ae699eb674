import { axisText, type Scale } from './scale.ts';

/** A curve: `[x, y]`, x ascending. */
export type Points = readonly (readonly [number, number])[];

/** What charts are drawn in: units of the drawing, which is as wide as the screen allows. */
export const FRAME = { width: 480, height: 220, left: 58, right: 10, top: 10, bottom: 26 } as const;

/** Colours of a curve: the page's. */
export type CurveStyle = 'main' | 'second' | 'loss' | 'limit' | 'quiet';

/** Turns any text into text of a page. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
}

/** A line through points; with `area`, what lies between it and zero is shaded. */
export function curve(points: Points, x: Scale, y: Scale, style: CurveStyle, area: boolean): string {
  if (points.length === 0) return '';
  const path = points.map(([at, value], i) => `${i === 0 ? 'M' : 'L'}${round(x(at))} ${round(y(value))}`).join('');
  const line = `<path class="line ${style}" d="${path}"/>`;
  if (!area) return line;
  const base = round(y(0));
  const [first, last] = [round(x(points[0]![0])), round(x(points.at(-1)![0]))];
  return `<path class="area ${style}" d="${path}L${last} ${base}L${first} ${base}Z"/>${line}`;
}

/** The lines of a scale of values, and what they stand for. */
export function yAxis(y: Scale): string {
  return y.ticks
    .map((tick) => {
      const at = round(y(tick));
      const text = `<text class="axis" x="${FRAME.left - 6}" y="${round(y(tick) + 4)}" text-anchor="end">${axisText(tick, y.ticks)}</text>`;
      return `<path class="grid" d="M${FRAME.left} ${at}H${FRAME.width - FRAME.right}"/>${text}`;
    })
    .join('');
}

/** The line of zero. */
export function zeroLine(y: Scale): string {
  return `<path class="zero" d="M${FRAME.left} ${round(y(0))}H${FRAME.width - FRAME.right}"/>`;
}

/** A name below the drawing. */
export function xLabel(at: number, text: string, anchor: 'start' | 'middle' | 'end' = 'middle'): string {
  return `<text class="axis" x="${round(at)}" y="${FRAME.height - 8}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

/** A span from one value to another at a place, with a stroke at both ends. */
export function whiskerAt(x: number, low: number, high: number): string {
  const [at, a, b] = [round(x), round(low), round(high)];
  return `<path class="whisker" d="M${at} ${a}V${b}M${round(x - 4)} ${a}h8M${round(x - 4)} ${b}h8"/>`;
}

/** A drawing of nothing. */
export function empty(): string {
  const middle = `x="${FRAME.width / 2}" y="${FRAME.height / 2}"`;
  return drawing([`<text class="axis" ${middle} text-anchor="middle">nothing yet</text>`]);
}

/** Parts as one drawing. */
export function drawing(parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${FRAME.width} ${FRAME.height}" role="img" aria-hidden="true">${parts.join('')}</svg>`;
}

/** Tenths of a unit: finer than any screen, and shorter. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
