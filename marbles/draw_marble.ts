import { renderMarbleDiagram } from '@swirly/renderer-node';
import type {
  DiagramSpecification,
  MessageSpecification,
  OperatorSpecification,
  StreamSpecification,
} from '@swirly/types';
import type { Marble, Mark } from './parse_marble.ts';
import type { Emission, MarbleRun } from './run_marble.ts';

const FRAME_WIDTH = 32;
const PADDING = 28;
const TITLE_WIDTH = 104;
const RADIUS = 14;

/** Small enough for a page of documentation, quiet enough for many on one. */
const STYLES = {
  frame_width: FRAME_WIDTH,
  canvas_padding: PADDING,
  stream_title_width: TITLE_WIDTH,
  stream_title_font_size: 14,
  stream_spacing: 8,
  stacking_height: RADIUS * 2 + 2,
  event_radius: RADIUS,
  event_stroke_width: 1.5,
  event_value_font_size: 13,
  arrow_stroke_width: 1.5,
  arrow_width: 8,
  completion_height: 32,
  error_size: 22,
  operator_height: 34,
  operator_spacing: 4,
  operator_stroke_width: 1.5,
  operator_corner_radius: 6,
  operator_title_font_size: 13,
  operator_title_font_family: 'ui-monospace, Menlo, Consolas, monospace',
};

/** A parameter of more parts than this would not fit into the box. */
const MOST_PARTS = 4;

/** A line of time stamps stands above a diagram at least every so many pixels. */
const TICK_DISTANCE = 100;

/**
 * Draws a marble as it was executed: its inputs as they were given, and its outputs as they were emitted.
 *
 * @returns an SVG document; the same run always gives the same text
 */
export function drawMarble({ marble, emitted }: MarbleRun): string {
  const columns = marble.durationMs / marble.columnMs;
  const streams = (role: 'in' | 'out'): StreamSpecification[] =>
    marble.timelines
      .filter((timeline) => timeline.role === role)
      .map(({ name, marks }) => {
        const messages =
          role === 'in' ? marks.map((mark) => given(marble, mark)) : told(marble, emitted.get(name) ?? []);
        return { kind: 'S', title: name, duration: columns, messages };
      });
  const operator = { kind: 'O', title: [{ type: 'text', value: titleOf(marble) }] };
  const spec: DiagramSpecification = {
    // The published types are older than the renderer, which takes a title in segments.
    content: [...streams('in'), operator as unknown as OperatorSpecification, ...streams('out')],
    styles: STYLES,
  };
  return `${withTicks(renderMarbleDiagram(spec).xml, marble, columns)}\n`;
}

function titleOf({ subject, parameters }: Marble): string {
  const shown = [...parameters].map(([key, { value }]) => `${key}: ${plain(value)}`);
  return shown.length === 0 ? subject.name : `${subject.name}  ${shown.join('  ')}`;
}

/** A parameter in the box: of one with many parts only the first, which names the choice. The index tells them all. */
function plain(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.values(value).map(plain);
  return (parts.length > MOST_PARTS ? parts.slice(0, 1) : parts).join(' ');
}

function given(marble: Marble, mark: Mark): MessageSpecification {
  const { kind, symbol, timeMs } = mark;
  return message(marble, kind === 'complete' || kind === 'error' ? kind : 'next', symbol, timeMs);
}

function told(marble: Marble, emissions: readonly Emission[]): MessageSpecification[] {
  return emissions.map(({ kind, symbol, timeMs }) => message(marble, kind, symbol ?? '?', timeMs));
}

function message(
  { columnMs, legend }: Marble,
  kind: Emission['kind'],
  symbol: string,
  timeMs: number,
): MessageSpecification {
  const frame = timeMs / columnMs;
  if (kind === 'complete') return { frame, notification: { kind: 'C' } };
  if (kind === 'error') return { frame, notification: { kind: 'E' } };
  const value = legend.get(symbol)?.value;
  // What a value is, where it fits into the circle.
  const short = typeof value === 'number' || typeof value === 'string' ? String(value) : symbol;
  return { frame, notification: { kind: 'N', value: short.length <= 3 ? short : symbol } };
}

/** Writes the time above the first stream. */
function withTicks(svg: string, { columnMs }: Marble, columns: number): string {
  const every = [1, 2, 4, 5, 10].find((step) => step * FRAME_WIDTH >= TICK_DISTANCE) ?? 10;
  const ticks: string[] = [];
  for (let column = 0; column <= columns; column += every) {
    const x = PADDING + TITLE_WIDTH + column * FRAME_WIDTH;
    const label = column === 0 ? '0' : `${column * columnMs} ms`;
    const style = 'fill="#666" font-family="Arial, Helvetica, sans-serif" font-size="11px" text-anchor="middle"';
    ticks.push(`<text x="${x}" y="16" ${style}>${label}</text>`);
  }
  return svg.replace(/<\/svg>$/, `${ticks.join('')}</svg>`);
}
