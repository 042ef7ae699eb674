import { FLAG, KIND, type SeenRows, SIDE, seenKey, seenTable } from '../streams/simulation/rows.ts';
import type { RowPages } from '../streams/simulation/simulated_market.ts';

/** A row as a test writes it down: what, at which tick, how many lots, and when at the exchange and with us, nanoseconds. */
export interface MadeRow {
  readonly what: 'bid' | 'ask' | 'bought' | 'sold' | 'clear' | 'joins' | 'leaves' | 'changes' | 'executed';
  readonly tick: number;
  readonly lots: number;
  readonly atNs: number;
  /** By default when it happened. */
  readonly seenNs?: number;
  /** Of an order: its id and side. A clear without a side is of both. */
  readonly id?: number;
  readonly side?: 1 | -1;
}

const KINDS = {
  ...{ bid: KIND.level, ask: KIND.level, bought: KIND.trade, sold: KIND.trade, clear: KIND.clear },
  ...{ joins: KIND.orderAdd, leaves: KIND.orderCancel, changes: KIND.orderModify, executed: KIND.orderFill },
} as const;
const SIDES = { bid: SIDE.buy, ask: SIDE.sell, bought: SIDE.buy, sold: SIDE.sell } as const;
const [BY_EXCHANGE, BY_US] = [seenTable(FLAG.exchange), seenTable(FLAG.local)];

/** Rows as the two sides of a simulation see them. */
export function seenRows(made: readonly MadeRow[], firstRow = 0): SeenRows {
  const flags = FLAG.end | FLAG.exchange | FLAG.local;
  const sides = made.map((row) => row.side ?? (row.what in SIDES ? SIDES[row.what as keyof typeof SIDES] : SIDE.none));
  const keys = made.map(({ what }, i) => seenKey(KINDS[what], sides[i]!, flags));
  const ours = Float64Array.from(made, ({ atNs, seenNs }) => seenNs ?? atNs);
  const theirs = Float64Array.from(made, ({ atNs }) => atNs);
  return {
    length: made.length,
    firstRow,
    alike: made.every(({ atNs, seenNs }) => (seenNs ?? atNs) >= atNs),
    kind: Uint8Array.from(made, ({ what }) => KINDS[what]),
    side: Int8Array.from(sides),
    flags: new Uint8Array(made.length).fill(flags),
    tick: Int32Array.from(made, ({ tick }) => tick),
    lots: Float64Array.from(made, ({ lots }) => lots),
    eventNs: theirs,
    receiveNs: ours,
    exchangeNs: theirs,
    localNs: ours,
    exchangeSees: Uint8Array.from(keys, (key) => BY_EXCHANGE[key]!),
    localSees: Uint8Array.from(keys, (key) => BY_US[key]!),
    firstId: new Float64Array(0),
    lastId: Float64Array.from(made, ({ id }) => id ?? -1),
    previousId: new Float64Array(0),
  };
}

/** A tape of so many rows a page. */
export function madePages(made: readonly MadeRow[], rowsAPage = made.length): RowPages {
  const pages: SeenRows[] = [];
  for (let at = 0; at < made.length; at += rowsAPage) pages.push(seenRows(made.slice(at, at + rowsAPage), at));
  return { page: (_reader, index) => pages[index] };
}
