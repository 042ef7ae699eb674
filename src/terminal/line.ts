/** How a piece of text looks. The meaning, not the colour, so that a theme is one table. */
export type Style = 'plain' | 'dim' | 'bold' | 'good' | 'bad' | 'warn' | 'own' | 'badge' | 'alarm' | 'title';

/** A piece of text in one style. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One row of the screen, as spans from left to right. */
export type Line = readonly Span[];

const SGR: Readonly<Record<Style, string>> = {
  plain: '',
  dim: '2',
  bold: '1',
  good: '32',
  bad: '31',
  warn: '33',
  own: '1;36',
  badge: '1;30;46',
  alarm: '1;37;41',
  title: '1',
};

/** A span. */
export const span = (text: string, style: Style = 'plain'): Span => ({ text, style });

/** Every character takes one cell: the view writes only such, and {@link printable} makes the rest so. */
export const widthOf = (line: Line): number => line.reduce((sum, { text }) => sum + text.length, 0);

/** The line in exactly `width` cells: cut with an ellipsis, or filled with spaces. */
export function toWidth(line: Line, width: number): Line {
  const have = widthOf(line);
  if (have <= width) return have === width ? line : [...line, span(' '.repeat(width - have))];
  const spans: Span[] = [];
  let left = Math.max(0, width - 1);
  for (const { text, style } of line) {
    if (left === 0) break;
    spans.push(span(text.slice(0, left), style));
    left -= Math.min(left, text.length);
  }
  return width > 0 ? [...spans, span('…', 'dim')] : [];
}

/** Two lines on one row, the second at the right edge; the first is cut where they meet. */
export function spread(left: Line, right: Line, width: number): Line {
  const room = Math.max(0, width - widthOf(right));
  return toWidth([...toWidth(left, room), ...right], width);
}

/** Text that came from outside, safe to write to a terminal: one cell a character, no control sequence survives. */
export function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[^\x20-\x7e¡-ÿ–—…·→←µ≤≥×]/g, '?');
}

/** The text of a line without its styles. */
export const plainText = (line: Line): string => line.map(({ text }) => text).join('');

/** A line with the terminal's escape codes for its styles, or without colour as {@link plainText}. */
export function ansiText(line: Line, color: boolean): string {
  if (!color) return plainText(line);
  return line.map(({ text, style }) => (SGR[style] === '' ? text : `\u001b[${SGR[style]}m${text}\u001b[0m`)).join('');
}
