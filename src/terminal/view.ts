import type { LogLine, MarketStatus, SessionStatus } from '../api/status.ts';
import { ladder } from './ladder.ts';
import { type Line, span, toWidth } from './line.ts';
import { actors, fills, footer, header, latencies, logLines, markets, rule } from './panels.ts';

/** Everything that the picture depends on. */
export interface ViewModel {
  readonly status: SessionStatus;
  /** Symbol of the market whose book is shown; the first one when it is not there. */
  readonly selected: string;
  /** The newest last. */
  readonly log: readonly LogLine[];
}

const COLUMNS_LEAST = 60;
const ROWS_LEAST = 16;
/** From here on there is room for fills and latencies in a column of their own. */
const WIDE_COLUMNS = 160;
/** Of two columns, the book's. */
const LEFT_SHARE = 0.44;
/** Markets listed at most; the selected one is always among them. */
const MARKETS_SHARE = 0.3;

/**
 * The picture of a session: exactly `rows` lines of exactly `columns` cells. Pure: the same model gives the same picture.
 */
export function view(shown: ViewModel, columns: number, rows: number): Line[] {
  const model = { ...shown, status: withoutIdleQuotes(shown.status) };
  const { status } = model;
  const market = status.markets.find((one) => one.symbol === model.selected) ?? status.markets[0];
  if (columns < COLUMNS_LEAST || rows < ROWS_LEAST || market === undefined) return small(status, columns, rows);
  const top = [...header(status, columns), rule('markets', columns), ...marketRows(status, market, columns, rows)];
  const height = rows - top.length - 1;
  const body = columns >= WIDE_COLUMNS ? wide(model, market, columns, height) : narrow(model, market, columns, height);
  return fill([...top, ...fill(body, columns, height), footer(status, columns)], columns, rows);
}

/** While trading is paused or stopping, a quote that the stages would like is on its way nowhere. */
function withoutIdleQuotes(status: SessionStatus): SessionStatus {
  if (status.trading === 'active') return status;
  const idle = { our_bid: null, our_ask: null, our_spread_bps: null, withheld: status.trading };
  return { ...status, markets: status.markets.map((market) => ({ ...market, ...idle })) };
}

function marketRows(status: SessionStatus, market: MarketStatus, columns: number, rows: number): Line[] {
  const all = markets(status, market.symbol, columns);
  const most = Math.max(1, Math.floor(rows * MARKETS_SHARE) - 1);
  const place = status.markets.indexOf(market);
  const first = Math.max(0, Math.min(place - Math.floor(most / 2), status.markets.length - most));
  return [all[0]!, ...all.slice(1 + first, 1 + first + most)];
}

/** Two columns: book and fills, actors and log. */
function narrow(model: ViewModel, market: MarketStatus, columns: number, height: number): Line[] {
  const { status, log } = model;
  const left = Math.floor(columns * LEFT_SHARE);
  const right = columns - left - 1;
  const upper = Math.max(6, Math.round(height * 0.64));
  const lower = height - upper;
  const book = panel(market.symbol, ladder(market, left, odd(upper - 1)), left, upper);
  const last = panel('fills', fills(market, left, lower - 1), left, lower);
  const works = panel('actors', actors(status, market.symbol, right, upper - 1), right, upper);
  const told = panel('log', logLines(log, right, lower - 1), right, lower);
  return beside([...book, ...last], [...works, ...told], left, right);
}

/** Three columns: book, fills with latencies, actors; the log below them over the whole width. */
function wide(model: ViewModel, market: MarketStatus, columns: number, height: number): Line[] {
  const { status, log } = model;
  const left = Math.floor(columns * 0.32);
  const middle = Math.floor(columns * 0.24);
  const right = columns - left - middle - 2;
  const upper = Math.max(8, Math.round(height * 0.74));
  const timings = Math.min(status.latencies.length + 2, Math.floor(upper / 2));
  const book = panel(market.symbol, ladder(market, left, odd(upper - 1)), left, upper);
  const last = panel('fills', fills(market, middle, upper - timings - 1), middle, upper - timings);
  const times = panel('latencies', latencies(status, middle, timings - 1), middle, timings);
  const works = panel('actors', actors(status, market.symbol, right, upper - 1), right, upper);
  const inner = beside([...last, ...times], works, middle, right);
  const told = panel('log', logLines(log, columns, height - upper - 1), columns, height - upper);
  return [...beside(book, inner, left, columns - left - 1), ...told];
}

const odd = (n: number): number => (n % 2 === 0 ? n - 1 : n);

const panel = (title: string, content: readonly Line[], width: number, rows: number): Line[] =>
  fill([rule(title, width), ...content], width, rows);

function beside(left: readonly Line[], right: readonly Line[], leftWidth: number, rightWidth: number): Line[] {
  const rows = Math.max(left.length, right.length);
  return Array.from({ length: rows }, (_, row) => {
    const [one, other] = [toWidth(left[row] ?? [], leftWidth), toWidth(right[row] ?? [], rightWidth)];
    return [...one, span(joint(one, other, row === 0), 'dim'), ...other];
  });
}

/** The border between two columns, joined to the rules that meet it. */
function joint(left: Line, right: Line, top: boolean): string {
  const fromLeft = left.at(-1)?.text.endsWith('─') ?? false;
  const fromRight = right[0]?.text.startsWith('─') ?? false;
  if (fromLeft && fromRight) return top ? '┬' : '┼';
  if (fromLeft) return '┤';
  return fromRight ? '├' : '│';
}

/** Exactly so many rows of exactly so many cells. */
function fill(lines: readonly Line[], columns: number, rows: number): Line[] {
  return Array.from({ length: Math.max(0, rows) }, (_, row) => toWidth(lines[row] ?? [], columns));
}

function small(status: SessionStatus, columns: number, rows: number): Line[] {
  const hint = `The view needs ${COLUMNS_LEAST} columns and ${ROWS_LEAST} rows. q stops.`;
  return fill([...header(status, columns), toWidth([span(hint, 'warn')], columns)], columns, rows);
}
