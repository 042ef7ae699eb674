import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantLatency } from './order_latency.ts';
import { QueueExchange } from './queue_exchange.ts';
import { riskAverse } from './queue_position.ts';
import { SEEN, type SeenRows, WHOLE_SIDE } from './rows.ts';
import { Simulation } from './simulation.ts';
import type { Desk, Strategy } from './strategy.ts';
import { NO_ASK, NO_BID } from './touch_book.ts';
import { TouchTrail } from './touch_trail.ts';

const PAGE_ROWS = 8;

interface Row {
  readonly kind: 'bid' | 'ask' | 'clear';
  readonly offset: number;
  readonly lots: number;
  readonly gapNs: number;
  readonly lagNs: number;
  /** Who sees it. */
  readonly by: 'both' | 'exchange' | 'us';
}

/** Pages of rows whose two times never fall, each alike or not, as a reader of tapes would have them. */
function pagesOf(rows: readonly Row[]): readonly SeenRows[] {
  let [exchangeNs, localNs] = [0, 0];
  const timed = rows.map((row) => {
    exchangeNs += row.gapNs;
    localNs = Math.max(localNs, exchangeNs + row.lagNs);
    return { ...row, exchangeNs, localNs };
  });
  const pages = Array.from({ length: Math.ceil(rows.length / PAGE_ROWS) }, (_, page) =>
    timed.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS),
  );
  const none = new Float64Array();
  return pages.map((page, index) => {
    const numbers = (pick: (row: (typeof page)[number]) => number): number[] => page.map(pick);
    return {
      ...{ firstRow: index * PAGE_ROWS, length: page.length, kind: new Uint8Array(page.length) },
      ...{ flags: new Uint8Array(page.length), eventNs: none, receiveNs: none },
      ...{ firstId: none, lastId: none, previousId: none },
      alike: page.every((row) => row.by === 'both' && row.exchangeNs <= row.localNs),
      side: Int8Array.from(numbers(({ offset }) => (offset > 5 ? 1 : -1))),
      tick: Int32Array.from(numbers(({ kind, offset }) => (kind === 'clear' ? WHOLE_SIDE : 100 + offset))),
      lots: Float64Array.from(numbers(({ lots }) => lots)),
      exchangeNs: Float64Array.from(numbers((row) => row.exchangeNs)),
      localNs: Float64Array.from(numbers((row) => row.localNs)),
      exchangeSees: Uint8Array.from(numbers(({ kind, by }) => (by === 'us' ? SEEN.nothing : SEEN[kind]))),
      localSees: Uint8Array.from(numbers(({ kind, by }) => (by === 'exchange' ? SEEN.nothing : SEEN[kind]))),
    };
  });
}

/** What a strategy sees of the best prices, at its wakes and when it hears; it keeps an order in the way of others. */
function seenBy(pages: readonly SeenRows[], book: 'touch' | 'levels'): readonly string[] {
  const seen: string[] = [];
  const see = (when: string, desk: Desk): void => {
    seen.push(`${when} ${desk.nowNs}: ${desk.bidTick} ${desk.askTick}`);
  };
  const strategy: Strategy = {
    intervalNs: 7,
    book,
    hear: (desk, { kind }) => see(kind, desk),
    wake: (_nowNs, desks) => {
      for (const desk of desks) {
        see('wake', desk);
        if (desk.orders.length === 0 && desk.bidTick > NO_BID) desk.place(1, desk.bidTick, 1, 'postOnly');
      }
    },
  };
  const plan = {
    market: { symbol: 'X', tickSize: '1', lotSize: '1' },
    pages: { page: (_reader: 0 | 1, index: number) => pages[index] },
    latency: constantLatency(2, 3),
    exchange: (answers: ConstructorParameters<typeof QueueExchange>[1]) =>
      new QueueExchange(riskAverse, answers, 'whole'),
  };
  new Simulation([plan], strategy).run();
  return seen;
}

const row = (alike: boolean): fc.Arbitrary<Row> =>
  fc.record({
    kind: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('bid', 'ask') },
      { weight: 1, arbitrary: fc.constant('clear') },
    ),
    offset: fc.integer({ min: 0, max: 10 }),
    lots: fc.integer({ min: 0, max: 2 }),
    gapNs: fc.integer({ min: 0, max: 4 }),
    lagNs: fc.integer({ min: alike ? 0 : -6, max: 30 }),
    by: alike ? fc.constant('both') : fc.constantFrom('both', 'exchange', 'us'),
  });

describe('a trail of best prices', () => {
  it('shows what a book of our own would, also where the two sides begin to see different rows', () => {
    fc.assert(
      fc.property(
        fc.array(row(true), { minLength: 1, maxLength: 60 }),
        fc.array(row(false), { maxLength: 30 }),
        fc.array(row(true), { maxLength: 30 }),
        (before, apart, after) => {
          const pages = pagesOf([...before, ...apart, ...after]);
          expect(seenBy(pages, 'touch')).toEqual(seenBy(pages, 'levels'));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('holds as many moves as lie between the two', () => {
    const trail = new TouchTrail();
    trail.follow(0);
    expect([trail.bidTick, trail.askTick]).toEqual([NO_BID, NO_ASK]);
    for (let row = 0; row < 5_000; row += 1) {
      trail.push(row, row, row + 1);
      if (row === 700) trail.follow(600);
    }
    for (const row of [600, 601, 2_345, 5_000, 6_000]) {
      trail.follow(row);
      const last = Math.min(row, 5_000) - 1;
      expect([trail.bidTick, trail.askTick]).toEqual([last, last + 1]);
    }
  });
});
