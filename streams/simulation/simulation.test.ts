import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MadeRow, madePages } from '../../test/made_rows.ts';
import { constantLatency } from './order_latency.ts';
import { QueueExchange } from './queue_exchange.ts';
import { riskAverse } from './queue_position.ts';
import { SeiExchange } from './sei_exchange.ts';
import { type MarketPlan, Simulation } from './simulation.ts';
import type { Answer, Desk, Strategy } from './strategy.ts';

/** A market whose orders and answers take so long each. */
function planOf(rows: readonly MadeRow[], entryNs: number, responseNs: number, rowsAPage?: number): MarketPlan {
  return {
    market: { symbol: 'MADEUP', tickSize: '1', lotSize: '1' },
    pages: madePages(rows, rowsAPage),
    latency: constantLatency(entryNs, responseNs),
    exchange: (answers) => new QueueExchange(riskAverse, answers, 'whole'),
  };
}

/** A strategy that writes down what it is told, and does something at its wakes and when it hears. */
class Diary implements Strategy {
  readonly intervalNs: number;
  readonly lines: string[] = [];
  readonly #act: (desk: Desk, nowNs: number, heard?: Answer) => void;

  constructor(intervalNs: number, act: (desk: Desk, nowNs: number, heard?: Answer) => void = () => {}) {
    this.intervalNs = intervalNs;
    this.#act = act;
  }

  observe(
    desk: Desk,
    rows: { readonly localNs: Float64Array; readonly tick: Int32Array },
    from: number,
    to: number,
  ): void {
    for (let at = from; at < to; at += 1) this.lines.push(`${rows.localNs[at]} sees ${rows.tick[at]}`);
    expect(desk.nowNs).toBe(rows.localNs[to - 1]);
  }

  hear(desk: Desk, answer: Answer): void {
    const fill = answer.kind === 'filled' ? ` at ${answer.tick}` : '';
    this.lines.push(`${desk.nowNs} hears ${answer.kind} ${answer.order.id}${fill}`);
    this.#act(desk, desk.nowNs, answer);
  }

  wake(nowNs: number, [desk]: readonly Desk[]): void {
    this.lines.push(`${nowNs} wakes`);
    this.#act(desk!, nowNs);
  }
}

const bid = (tick: number, atNs: number, lots = 5): MadeRow => ({ what: 'bid', tick, lots, atNs });
const ask = (tick: number, atNs: number, lots = 5): MadeRow => ({ what: 'ask', tick, lots, atNs });

describe('what happens at one time', () => {
  it('is our data, then answers to us, then the exchange’s data, then our orders there, then the wake', () => {
    // The order is at the exchange at 20, when the ask comes down to it: that comes first, so the order would take.
    const rows = [bid(99, 0), ask(102, 0), ask(100, 20), bid(98, 30), bid(97, 60)];
    const diary = new Diary(10, (desk, nowNs, heard) => {
      if (nowNs === 10 && heard === undefined) desk.place(1, 100, 1, 'postOnly');
    });
    new Simulation([planOf(rows, 10, 10)], diary).run();
    const at = (ns: number): readonly string[] => diary.lines.filter((line) => line.startsWith(`${ns} `));
    expect(at(0)).toEqual(['0 sees 99', '0 sees 102']);
    expect(at(10)).toEqual(['10 wakes']);
    expect(at(20)).toEqual(['20 sees 100', '20 wakes']);
    expect(at(30)).toEqual(['30 sees 98', '30 hears expired 1', '30 wakes']);
  });

  it('is the exchange’s data before our cancel, which then comes too late', () => {
    const rows = [bid(99, 0), ask(102, 0), ask(100, 40), bid(97, 90)];
    const diary = new Diary(10, (desk, nowNs, heard) => {
      if (nowNs === 10 && heard === undefined) desk.place(1, 100, 1, 'postOnly');
      if (nowNs === 30 && heard === undefined) desk.cancel(desk.orders[0]!);
    });
    new Simulation([planOf(rows, 10, 10)], diary).run();
    expect(diary.lines.filter((line) => line.includes('hears'))).toEqual([
      '30 hears accepted 1',
      '50 hears filled 1 at 100',
      '50 hears rejected 1',
    ]);
  });

  it('is all of a chain of orders and answers, where none of them takes any time', () => {
    const rows = [bid(99, 0), ask(102, 0), bid(98, 50)];
    const diary = new Diary(10, (desk, nowNs, heard) => {
      if (nowNs === 20 && heard === undefined) desk.place(1, 97, 1, 'postOnly');
      if (heard?.kind === 'accepted' && heard.order.id < 4) desk.cancel(heard.order);
      if (heard?.kind === 'cancelled') desk.place(1, 97, 1, 'postOnly');
    });
    const simulation = new Simulation([planOf(rows, 0, 0)], diary);
    const counts = simulation.run();
    const heard = diary.lines.filter((line) => line.includes('hears'));
    // What is placed at a wake arrives behind it, at the same time.
    expect(heard.map((line) => line.split(' ')[0])).toEqual(Array(7).fill('20'));
    expect(heard.at(-1)).toBe('20 hears accepted 4');
    expect(counts).toEqual({ wakes: 4, requests: 7 });
    expect(simulation.desks[0]!.orders.map(({ id, state }) => [id, state])).toEqual([[4, 'working']]);
  });
});

describe('a strategy that comes to no end', () => {
  it('fails, where each answer leads to an order at once', () => {
    const rows = [bid(99, 0), ask(102, 0), bid(98, 50)];
    const strategy: Strategy = {
      intervalNs: 10,
      wake: (_nowNs, [desk]) => desk!.place(1, 102, 1, 'limit'),
      hear: (desk) => desk.place(1, 102, 1, 'limit'),
    };
    const simulation = new Simulation([planOf(rows, 0, 0)], strategy);
    expect(() => simulation.run()).toThrow('more than 100000 answers at 10 ns');
  });
});

describe('a strategy that says when it wants to be woken', () => {
  const rows = [bid(99, 0), ask(102, 0), bid(98, 25), bid(97, 100)];

  /** Woken at some times, and when it hears of its order. */
  function wanting(times: number[], placesAtNs: number): { strategy: Strategy; lines: string[] } {
    const lines: string[] = [];
    const strategy: Strategy = {
      intervalNs: 1,
      nextWakeNs: () => times[0] ?? Number.POSITIVE_INFINITY,
      wake: (nowNs, [desk]) => {
        lines.push(`${nowNs} wakes`);
        while (times[0] !== undefined && times[0] <= nowNs) times.shift();
        if (nowNs === placesAtNs) desk!.place(1, 97, 1, 'postOnly');
      },
      hear: ({ nowNs }, { kind }) => {
        lines.push(`${nowNs} hears ${kind}`);
        times.unshift(nowNs + 3);
      },
    };
    return { strategy, lines };
  }

  it('is woken then, and earlier where an answer makes it want so', () => {
    const { strategy, lines } = wanting([7, 50, 80], 7);
    new Simulation([planOf(rows, 10, 5)], strategy).run();
    expect(lines).toEqual(['7 wakes', '22 hears accepted', '25 wakes', '50 wakes', '80 wakes']);
  });

  it('is woken at the planned time with several markets, as the others are on their way there', () => {
    const { strategy, lines } = wanting([7, 50, 80], 7);
    new Simulation([planOf(rows, 10, 5), planOf(rows, 10, 5)], {
      ...strategy,
      nextWakeNs: () => [7, 50, 80].find((ns) => !lines.includes(`${ns} wakes`)) ?? Number.POSITIVE_INFINITY,
    }).run();
    expect(lines).toEqual(['7 wakes', '22 hears accepted', '50 wakes', '80 wakes']);
  });

  it('is not woken any more where it wants nothing, and the rest of the tape is read', () => {
    const { strategy, lines } = wanting([7], -1);
    const seen: number[] = [];
    const observe: Strategy['observe'] = (_desk, { localNs }, from, to) => seen.push(...localNs.subarray(from, to));
    expect(new Simulation([planOf(rows, 10, 5)], { ...strategy, observe }).run().wakes).toBe(1);
    expect(lines).toEqual(['7 wakes']);
    expect(seen).toEqual([0, 0, 25, 100]);
  });

  it('is told where it wants to go back, or has no interval', () => {
    const back: Strategy = { intervalNs: 1, nextWakeNs: () => 7, wake: () => {} };
    expect(() => new Simulation([planOf(rows, 1, 1)], back).run()).toThrow('a wake at 7 ns: expected after the last');
    for (const intervalNs of [0, -1, Number.NaN]) {
      const none: Strategy = { intervalNs, wake: () => {} };
      expect(() => new Simulation([planOf(rows, 1, 1)], none)).toThrow('expected above 0');
    }
  });
});

const anyRow = fc.record({
  what: fc.constantFrom<MadeRow['what']>('bid', 'ask', 'bid', 'ask', 'bought', 'sold'),
  offset: fc.integer({ min: -4, max: 4 }),
  lots: fc.integer({ min: 0, max: 6 }),
  gapNs: fc.integer({ min: 0, max: 12 }),
  lagNs: fc.integer({ min: 0, max: 20 }),
});

/** Of these, with seven rows a page, the last one of a page fills us, and we answer before the next page begins. */
const ANSWERED_AT_A_PAGE_END = (
  [
    ['sold', 1, 5, 0, 7],
    ['sold', -3, 3, 12, 5],
    ['ask', 1, 5, 4, 0],
    ['ask', -3, 4, 4, 2],
    ['sold', -1, 5, 12, 9],
    ['ask', 4, 5, 2, 2],
    ['bid', 1, 6, 1, 5],
    ['ask', 4, 6, 12, 9],
    ['bid', 1, 5, 2, 20],
    ['bid', 2, 6, 6, 15],
    ['ask', 1, 0, 1, 20],
    ['bid', 0, 0, 12, 17],
    ['bid', 2, 4, 9, 20],
    ['sold', -2, 2, 4, 17],
    ['sold', 0, 1, 5, 13],
    ['bid', 1, 3, 2, 7],
    ['bid', 2, 2, 5, 16],
  ] as const
).map(([what, offset, lots, gapNs, lagNs]) => ({ what, offset, lots, gapNs, lagNs }));

describe('how a tape is cut into pages', () => {
  it('changes nothing, whoever is behind and whatever is answered between two of them', () => {
    fc.assert(
      fc.property(
        fc.array(anyRow, { minLength: 10, maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 9 }),
        fc.boolean(),
        (told, rowsAPage, latencyNs, blocks) => {
          let [atNs, seenNs] = [0, 0];
          const rows = told.map(({ offset, gapNs, lagNs, ...row }): MadeRow => {
            atNs += gapNs;
            seenNs = Math.max(seenNs, atNs + lagNs);
            return { ...row, tick: 100 + offset, atNs, seenNs };
          });
          const diaryOf = (page?: number): readonly string[] => {
            // It answers every fill with an order at the touch, so that a fill that is heard too late shows.
            const diary = new Diary(25, (desk, _nowNs, heard) => {
              if (heard !== undefined && heard.kind !== 'filled') return;
              if (desk.bidTick > 0) desk.place(1, desk.bidTick, 1, 'postOnly');
              if (heard === undefined && desk.askTick < 1_000) desk.place(-1, desk.askTick, 1, 'postOnly');
            });
            const plan = planOf(rows, latencyNs, latencyNs, page);
            const exchange: MarketPlan['exchange'] = (answers) => new SeiExchange(riskAverse, answers, 30);
            new Simulation([blocks ? { ...plan, exchange } : plan], diary).run();
            return diary.lines;
          };
          expect(diaryOf(rowsAPage)).toEqual(diaryOf());
        },
      ),
      { numRuns: 60, examples: [[ANSWERED_AT_A_PAGE_END, 7, 1, false]] },
    );
  });
});
