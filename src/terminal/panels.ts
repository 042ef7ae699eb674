import type { ActorStatus, LogLine, MarketStatus, SessionStatus } from '../api/status.ts';
import { bar, bps, compact, duration, fixed, grouped, latency, rate, signed, timeOfDay } from './figures.ts';
import { type Line, printable, type Span, type Style, span, spread, toWidth, widthOf } from './line.ts';
import { type Column, table } from './table.ts';

/** A rule with a title in it. */
export function rule(title: string, width: number): Line {
  const head: Line = [span('─ ', 'dim'), span(title, 'title'), span(' ', 'dim')];
  const used = title.length + 3;
  return toWidth([...head, span('─'.repeat(Math.max(0, width - used)), 'dim')], width);
}

const TRADING_STYLE: Readonly<Record<SessionStatus['trading'], Style>> = {
  starting: 'warn',
  active: 'good',
  reducing: 'warn',
  paused: 'warn',
  halted: 'alarm',
  stopping: 'warn',
};

const moneyStyle = (exact: string): Style => (Number(exact) === 0 ? 'plain' : Number(exact) > 0 ? 'good' : 'bad');

/**
 * The rows at the top: what this is, whether it trades, the chain, and the figures of the account; while it does not simply
 * trade, a third one with the cause and what undoes it.
 */
export function header(status: SessionStatus, width: number): Line[] {
  const { chain, mode } = status;
  const left: Line = [
    span(` FlashMM ${status.version} `, 'bold'),
    span(mode === 'live' ? ' LIVE ' : ' PAPER ', mode === 'live' ? 'alarm' : 'badge'),
    span(` ● ${status.trading}`, TRADING_STYLE[status.trading]),
    span(`  up ${duration(status.uptime_s)}`, 'dim'),
  ];
  const late = chain.block_age_ms !== null && chain.block_age_ms > LATE_BLOCK_MS;
  const block: Line = [
    span(`#${grouped(chain.height)}`, 'bold'),
    span(
      late ? `  no block for ${fixed(chain.block_age_ms! / 1_000, 0)} s ` : `  ${fixed(chain.block_ms, 0)} ms `,
      late ? 'alarm' : 'dim',
    ),
  ];
  const named: Line = [span(`${printable(chain.chain_id)} `, 'dim'), ...block];
  const right = widthOf(left) + 1 + widthOf(named) <= width ? named : block;
  const top = [spread(left, right, width), spread(...accountFigures(status, width), width)];
  return status.trading === 'active' ? top : [...top, tradingRow(status, width)];
}

function tradingRow({ trading, holds }: SessionStatus, width: number): Line {
  const style = TRADING_STYLE[trading];
  const [gravest, ...more] = holds;
  const why: Line = [
    span(` ${trading.toUpperCase()} `, style === 'alarm' ? 'alarm' : 'badge'),
    span(gravest === undefined ? '' : ` since ${timeOfDay(gravest.since_ms)}`, 'dim'),
    span(gravest === undefined ? '' : `  ${printable(gravest.text)}`, style === 'alarm' ? 'bad' : style),
    span(more.length === 0 ? '' : ` and ${more.length} more`, 'dim'),
  ];
  // What undoes it stays when there is no room for all.
  const out: Line = gravest === undefined ? [] : [span(' → ', 'dim'), span(`${printable(gravest.undo)} `, 'bold')];
  return spread(why, out, width);
}

/** What there is room for of the account's figures (left) and the process's (right). */
function accountFigures({ account, process }: SessionStatus, width: number): [Line, Line] {
  const money: Line = [
    span(' PnL ', 'dim'),
    span(signed(account.pnl_usdc, 2), moneyStyle(account.pnl_usdc)),
    span('  fees ', 'dim'),
    span(Number(account.fees_usdc).toFixed(2)),
    span('  fills ', 'dim'),
    span(grouped(account.fills)),
    span('  open ', 'dim'),
    span(grouped(account.open_orders), 'own'),
    span('  placed ', 'dim'),
    span(`${compact(account.orders_placed)} · ${rate(account.orders_per_s)}/s`),
    span(account.orders_refused > 0 ? `  refused ${compact(account.orders_refused)}` : '', 'warn'),
  ];
  const machine: readonly Span[] = [
    span(`in ${rate(process.inputs_per_s)}/s  `, 'dim'),
    span(`loop ${fixed(process.event_loop_p99_ms, 1)} ms  `, 'dim'),
    span(process.rejects > 0 ? `rejects ${compact(process.rejects)}  ` : '', 'warn'),
    span(`${fixed(process.rss_mb, 0)} MB `, 'dim'),
  ];
  const from = machine.findIndex((_, index) => widthOf(money) + 1 + widthOf(machine.slice(index)) <= width);
  return [money, from < 0 ? [] : machine.slice(from)];
}

/** A chain that makes a block every 400 ms has missed several by then. */
const LATE_BLOCK_MS = 5_000;

const MARKET_COLUMNS: readonly Column[] = [
  { title: '  MARKET', width: 14, align: 'left' },
  { title: 'BOOK', width: 8, align: 'left', optional: 2 },
  { title: 'FAIR', width: 11, align: 'right' },
  { title: 'NEXT', width: 6, align: 'right', optional: 1 },
  { title: 'RIGHT', width: 5, align: 'right', optional: 1 },
  { title: 'SPREAD', width: 6, align: 'right' },
  { title: 'OURS', width: 6, align: 'right' },
  { title: 'OUR BID', width: 11, align: 'right', optional: 5 },
  { title: 'OUR ASK', width: 11, align: 'right', optional: 5 },
  { title: 'POSITION', width: 11, align: 'right', optional: 3 },
  { title: 'USDC', width: 9, align: 'right' },
  { title: 'OF LIMIT', width: 10, align: 'left', optional: 4 },
  { title: 'PNL', width: 9, align: 'right' },
  { title: 'FEES', width: 7, align: 'right', optional: 6 },
  { title: 'FILLS', width: 6, align: 'right' },
  { title: 'DEC/S', width: 5, align: 'right', optional: 3 },
];

/** The markets as a table, the selected one marked; with what the models expect of them, if any is asked. */
export function markets(status: SessionStatus, selected: string, width: number): Line[] {
  const horizonMs = Math.max(
    ...status.markets.flatMap(({ prediction, accuracy }) =>
      [prediction, ...accuracy].flatMap((one) => one?.horizons.map(({ horizon_ms }) => horizon_ms) ?? []),
    ),
  );
  const predicted = Number.isFinite(horizonMs);
  const shown = <T>(cells: readonly T[]): T[] =>
    cells.filter((_, index) => predicted || !PREDICTION_COLUMNS.has(MARKET_COLUMNS[index]!.title));
  return table(
    shown(MARKET_COLUMNS).map((column) => (column.title === 'NEXT' ? { ...column, title: `${horizonMs}MS` } : column)),
    status.markets.map((market) => shown(marketCells(market, market.symbol === selected, horizonMs))),
    width,
  );
}

/** What is expected within the longest horizon, and how often the side held more likely was right of late. */
const PREDICTION_COLUMNS: ReadonlySet<string> = new Set(['NEXT', 'RIGHT']);

/** The likeliest of rise, fall and neither, with its probability; and of the moves seen, the share that went the expected way. */
function predictionCells({ prediction, accuracy, drifting }: MarketStatus, horizonMs: number): [Span, Span] {
  const next = prediction?.horizons.find(({ horizon_ms }) => horizon_ms === horizonMs);
  const champion = accuracy.find(({ role }) => role === 'champion');
  const right = champion?.horizons.find(({ horizon_ms }) => horizon_ms === horizonMs)?.direction_accuracy ?? null;
  const seen = span(right === null ? '–' : percent(right), drifting ? 'warn' : 'dim');
  if (next === undefined) return [span('–', 'dim'), seen];
  const { bearish, neutral, bullish } = next;
  const most = Math.max(bearish, neutral, bullish);
  const [arrow, style]: [string, Style] =
    most === neutral ? ['•', 'dim'] : most === bullish ? ['▲', 'good'] : ['▼', 'bad'];
  return [span(`${arrow} ${percent(most)}`, drifting ? 'warn' : style), seen];
}

const percent = (share: number): string => `${Math.round(100 * share)}%`;

function marketCells(market: MarketStatus, selected: boolean, horizonMs: number): Span[] {
  const limit = Number(market.position_limit_usdc);
  const used = limit > 0 ? Math.abs(Number(market.position_usdc)) / limit : 0;
  return [
    span(`${selected ? '▸' : ' '} ${printable(market.symbol)}`, selected ? 'bold' : 'plain'),
    span(market.state, market.state === 'live' ? 'good' : 'warn'),
    // Where there is no room for the state of the book, it is here when there is no price.
    market.fair_value === null ? span(market.state, 'warn') : span(market.fair_value),
    ...predictionCells(market, horizonMs),
    span(bps(market.spread_bps)),
    span(bps(market.our_spread_bps), 'own'),
    span(market.our_bid?.price ?? '–', 'own'),
    span(market.our_ask?.price ?? '–', 'own'),
    span(signedExact(market.position)),
    span(signed(market.position_usdc, 1), used > NEAR_LIMIT ? 'warn' : 'plain'),
    span(
      `${bar(used, 5).padEnd(5, '·')} ${`${(100 * used).toFixed(0)}%`.padStart(4)}`,
      used > NEAR_LIMIT ? 'warn' : 'dim',
    ),
    span(signed(market.pnl_usdc, 2), moneyStyle(market.pnl_usdc)),
    span(Number(market.fees_usdc).toFixed(2)),
    span(compact(market.fills)),
    span(rate(market.decisions_per_s)),
  ];
}

/** A position above this share of its limit is coloured. */
const NEAR_LIMIT = 0.8;

const signedExact = (exact: string): string => (Number(exact) > 0 ? `+${exact}` : exact);

const ACTOR_COLUMNS: readonly Column[] = [
  { title: 'ACTOR', width: 16, align: 'left', grows: true },
  { title: 'STATE', width: 10, align: 'left', optional: 3 },
  { title: 'MSG/S', width: 5, align: 'right' },
  { title: 'P50', width: 6, align: 'right', optional: 2 },
  { title: 'P99', width: 6, align: 'right' },
  { title: 'WAIT', width: 4, align: 'right' },
  { title: 'DROP', width: 4, align: 'right' },
  { title: 'RST', width: 3, align: 'right' },
  { title: 'BREAKER', width: 8, align: 'left', optional: 4 },
];

/**
 * The actors: first those that fail or have lost something, then those of the selected market, then the account's, then
 * the other markets'. What does not fit is summed up in the last row.
 *
 * @param rows the title row included
 */
export function actors(status: SessionStatus, selected: string, width: number, rows: number): Line[] {
  const rank = (actor: ActorStatus): number => {
    if (actor.status === 'failed' || actor.status === 'backingOff' || actor.restarts > 0) return 0;
    if (actor.name.endsWith(`[${selected}]`)) return 1;
    return actor.name.endsWith(']') ? 3 : 2;
  };
  const sorted = [...status.actors].sort((a, b) => rank(a) - rank(b));
  const room = Math.max(0, rows - 1);
  if (sorted.length <= room) return table(ACTOR_COLUMNS, sorted.map(actorCells), width);
  const rest = sorted.slice(room - 1);
  const sum = (pick: (actor: ActorStatus) => number) => rest.reduce((total, actor) => total + pick(actor), 0);
  const cells = [...sorted.slice(0, room - 1).map(actorCells), restCells(rest, sum)];
  return table(ACTOR_COLUMNS, cells, width).slice(0, rows);
}

function actorCells(actor: ActorStatus): Span[] {
  const failing = actor.status === 'failed' || actor.status === 'backingOff';
  const breaker = actor.breaker ?? '';
  return [
    span(printable(actor.name), failing ? 'bad' : 'plain'),
    span(actor.status, failing ? 'bad' : actor.status === 'running' ? 'dim' : 'warn'),
    span(rate(actor.rate_per_s)),
    span(latency(actor.latency_p50_us), 'dim'),
    span(latency(actor.latency_p99_us)),
    span(compact(actor.depth), actor.depth > 0 ? 'warn' : 'dim'),
    span(compact(actor.dropped), actor.dropped > 0 ? 'warn' : 'dim'),
    span(compact(actor.restarts), actor.restarts > 0 ? 'bad' : 'dim'),
    span(printable(breaker), breaker === '' || breaker === 'closed' ? 'dim' : 'bad'),
  ];
}

function restCells(rest: readonly ActorStatus[], sum: (pick: (actor: ActorStatus) => number) => number): Span[] {
  const slowest = Math.max(0, ...rest.map((actor) => actor.latency_p99_us ?? 0));
  const texts = [
    `… ${rest.length} more`,
    '',
    rate(sum((actor) => actor.rate_per_s)),
    '',
    latency(slowest === 0 ? null : slowest),
    compact(sum((actor) => actor.depth)),
    compact(sum((actor) => actor.dropped)),
    compact(sum((actor) => actor.restarts)),
    '',
  ];
  return texts.map((text) => span(text, 'dim'));
}

const FILL_COLUMNS: readonly Column[] = [
  { title: 'TIME', width: 8, align: 'left' },
  { title: 'SIDE', width: 4, align: 'left' },
  { title: 'PRICE', width: 10, align: 'right', grows: true },
  { title: 'SIZE', width: 9, align: 'right' },
  { title: 'AS', width: 5, align: 'left', optional: 1 },
];

/** The newest fills of a market. @param rows the title row included */
export function fills(market: MarketStatus, width: number, rows: number): Line[] {
  const shown = market.last_fills.slice(0, Math.max(0, rows - 1));
  if (shown.length === 0) return [toWidth([span('no fill yet', 'dim')], width)];
  const cells = shown.map(({ time_ms, side, price, size, liquidity }) => [
    span(timeOfDay(time_ms), 'dim'),
    span(side, side === 'buy' ? 'good' : 'bad'),
    span(price),
    span(size),
    span(liquidity, 'dim'),
  ]);
  return table(FILL_COLUMNS, cells, width);
}

const LATENCY_COLUMNS: readonly Column[] = [
  { title: 'LATENCY', width: 20, align: 'left', grows: true },
  { title: 'P50', width: 7, align: 'right' },
  { title: 'P99', width: 7, align: 'right' },
];

/** The latencies of the whole path. @param rows the title row included */
export function latencies(status: SessionStatus, width: number, rows: number): Line[] {
  const cells = status.latencies
    .slice(0, Math.max(0, rows - 1))
    .map(({ operation, p50_ms, p99_ms }) => [
      span(printable(operation)),
      span(latency(p50_ms * 1_000)),
      span(latency(p99_ms * 1_000)),
    ]);
  return table(LATENCY_COLUMNS, cells, width);
}

const LEVEL_STYLE: Readonly<Record<LogLine['level'], Style>> = { info: 'dim', warn: 'warn', error: 'bad' };

/** The newest log lines, the newest last. */
export function logLines(lines: readonly LogLine[], width: number, rows: number): Line[] {
  return lines
    .slice(Math.max(0, lines.length - rows))
    .map(({ timeMs, level, text }) =>
      toWidth([span(`${timeOfDay(timeMs)} `, 'dim'), span(printable(text), LEVEL_STYLE[level])], width),
    );
}

/** The keys, at the bottom. */
export function footer(status: SessionStatus, width: number): Line {
  const key = (name: string, does: string): Line => [span(` ${name} `, 'bold'), span(`${does} `, 'dim')];
  const keys = [
    ...key('q', status.trading === 'stopping' ? 'stopping: again to quit at once' : 'cancel all and stop'),
    ...(status.trading === 'halted' ? [] : key('p', status.trading === 'paused' ? 'resume' : 'pause')),
    ...key('m', 'next market'),
  ];
  return spread(keys, [span('◆ rests  ◇ on its way ', 'own')], width);
}
