import type { MarketStatus } from '../api/status.ts';
import { bar, bps } from './figures.ts';
import { type Line, printable, type Span, span, toWidth, widthOf } from './line.ts';

/** A row of the ladder: a level of the book, or a place where we wish to rest and the book has nothing yet. */
interface Rung {
  readonly price: string;
  readonly size: string;
  /** What of it is ours, or what we wish to have there; the empty string for nothing. */
  readonly own: string;
  /** `resting`: on the venue. `wished`: not there yet. */
  readonly state: 'other' | 'resting' | 'wished';
}

const PRICE_WIDTH = 11;
const SIZE_WIDTH = 10;
const OWN_WIDTH = 11;

/**
 * The book of a market, asks above bids, best prices in the middle, with our own orders marked: `◆` rests on the venue,
 * `◇` is wished and not there yet. Our quote is always shown, in the place of the furthest level when it is further out.
 *
 * @param rows at least 3; an odd number gives both sides the same depth
 */
export function ladder(market: MarketStatus, width: number, rows: number): Line[] {
  const depth = Math.floor((rows - 1) / 2);
  const asks = rungs(market.book.asks, market.our_ask, depth, 1);
  const bids = rungs(market.book.bids, market.our_bid, depth, -1);
  const largest = Math.max(1e-18, ...[...asks, ...bids].map((rung) => Number(rung.size)));
  const line = (rung: Rung, side: 'good' | 'bad') => rungLine(rung, side, largest, width);
  const blank = (count: number): Line[] => Array.from({ length: Math.max(0, count) }, () => toWidth([], width));
  return [
    ...blank(depth - asks.length),
    ...asks.reverse().map((rung) => line(rung, 'bad')),
    middle(market, width),
    ...bids.map((rung) => line(rung, 'good')),
    ...blank(depth - bids.length),
    ...blank(rows - 1 - 2 * depth),
  ];
}

/** @param direction 1 when prices get worse upwards (asks), -1 when downwards */
function rungs(
  levels: MarketStatus['book']['bids'],
  wished: MarketStatus['our_bid'],
  depth: number,
  direction: 1 | -1,
): Rung[] {
  const all: Rung[] = levels.map(({ price, size, own_size }) => ({
    price,
    size,
    own: Number(own_size) > 0 ? own_size : '',
    state: Number(own_size) > 0 ? 'resting' : 'other',
  }));
  if (wished !== null && !all.some((rung) => rung.state === 'resting' && Number(rung.price) === Number(wished.price))) {
    const there = all.findIndex((rung) => Number(rung.price) === Number(wished.price));
    const rung: Rung = { ...wished, size: all[there]?.size ?? '', own: wished.size, state: 'wished' };
    if (there >= 0) all[there] = rung;
    else all.push(rung);
  }
  all.sort((a, b) => direction * (Number(a.price) - Number(b.price)));
  const shown = all.slice(0, depth);
  const beyond = all.slice(depth).find((rung) => rung.state !== 'other');
  return beyond === undefined || shown.some((rung) => rung.state !== 'other') ? shown : [...shown.slice(0, -1), beyond];
}

function rungLine(rung: Rung, side: 'good' | 'bad', largest: number, width: number): Line {
  const ours = rung.state !== 'other';
  const own = ours ? `${rung.state === 'resting' ? '◆' : '◇'} ${rung.own}` : '';
  const barWidth = Math.max(0, width - PRICE_WIDTH - SIZE_WIDTH - OWN_WIDTH - 3);
  const cells: Span[] = [
    span(rung.price.padStart(PRICE_WIDTH), ours ? 'own' : side),
    span(` ${rung.size.padStart(SIZE_WIDTH)} `),
    span(bar(Number(rung.size) / largest, barWidth).padEnd(barWidth), side),
    span(` ${own}`, 'own'),
  ];
  return toWidth(cells, width);
}

function middle(market: MarketStatus, width: number): Line {
  if (market.state !== 'live') return toWidth([span(` not quoted: the book is ${market.state} `, 'warn')], width);
  const { withheld } = market;
  // In a narrow column there is room for the spread or for the reason that there is none of ours.
  const tail: Line =
    withheld === ''
      ? [span(`${bps(market.spread_bps)} bps`), span(' · ours ', 'dim'), span(bps(market.our_spread_bps), 'own')]
      : [span(printable(withheld), 'warn')];
  const fair = [span('─ ', 'dim'), span(market.fair_value ?? '–', 'bold'), span(' · ', 'dim')];
  const figures: Line = [...fair, ...tail, span(' ')];
  return toWidth([...figures, span('─'.repeat(Math.max(0, width - widthOf(figures))), 'dim')], width);
}
