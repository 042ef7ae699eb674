import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LocalBook } from './local_book.ts';
import type { BookDelta, BookSnapshot } from './types.ts';

interface Change {
  readonly side: 'bids' | 'asks';
  readonly tick: number;
  readonly lots: number;
}

/** What happens in one period of the exchange's stream: two changes of its book, and what the wire does to their update. */
interface Step {
  readonly changes: readonly [Change, Change];
  /** How far ids run ahead for other markets' sake (futures only). */
  readonly skip: number;
  readonly fault: 'none' | 'drop' | 'twice' | 'hold';
  /** Where between the changes a snapshot is taken, if one is on its way. */
  readonly snapshotAt: 'before' | 'between' | 'after' | 'not yet';
  readonly ticker: boolean;
}

const change = (side: 'bids' | 'asks', min: number): fc.Arbitrary<Change> =>
  fc.record({ side: fc.constant(side), tick: fc.integer({ min, max: min + 5 }), lots: fc.nat(3) });
const anyChange = fc.oneof(change('bids', 90), change('asks', 101));
const faults = fc.array(
  fc.record<Step>({
    changes: fc.tuple(anyChange, anyChange),
    skip: fc.nat(3),
    fault: fc.oneof(
      { weight: 6, arbitrary: fc.constant('none' as const) },
      { weight: 3, arbitrary: fc.constantFrom('drop' as const, 'twice' as const, 'hold' as const) },
    ),
    snapshotAt: fc.constantFrom('before', 'between', 'after', 'not yet'),
    ticker: fc.boolean(),
  }),
  { maxLength: 60 },
);
const stamp = { seq: 0, timeUs: 0, eventUs: 0, market: 'X' };

/** An exchange, its two streams over a bad wire, and a local book at their end. */
class World {
  readonly local = new LocalBook('X');
  readonly #futures: boolean;
  readonly #sides = { bids: new Map([[90, 1]]), asks: new Map([[106, 1]]) };
  readonly #truth = new Map<number, string>();
  #id = 10;
  #published = 10;
  #held: BookDelta | undefined;
  #underway: BookSnapshot | undefined;
  #served = 0;

  constructor(futures: boolean) {
    this.#futures = futures;
    this.#record();
  }

  step({ changes, skip, fault, snapshotAt, ticker }: Step): void {
    const previousId = this.#published;
    if (this.#futures) this.#id += skip;
    if (snapshotAt === 'before') this.#snapshot();
    const firstId = this.#id + 1;
    this.#change(changes[0]);
    if (snapshotAt === 'between') this.#snapshot();
    this.#change(changes[1]);
    if (snapshotAt === 'after') this.#snapshot();
    this.#published = this.#id;
    const flat = (side: Change['side']): number[] =>
      changes.filter((one) => one.side === side).flatMap(({ tick, lots }) => [tick, lots]);
    const ids = { firstId, lastId: this.#id, previousId: this.#futures ? previousId : -1 };
    const delta: BookDelta = { kind: 'bookDelta', ...stamp, ...ids, bids: flat('bids'), asks: flat('asks') };
    if (ticker) this.#tell(this.#ticker());
    if (fault === 'hold') this.#held ??= delta;
    else if (fault !== 'drop') this.#tell(delta);
    if (fault === 'twice') this.#tell(delta);
    if (fault !== 'hold' && this.#held !== undefined) {
      this.#tell(this.#held);
      this.#held = undefined;
    }
    // The snapshot arrives after the update of its own period: it is older than what waits, or in its midst.
    if (this.#underway !== undefined) this.#tell(this.#underway);
    this.#underway = undefined;
  }

  #change({ side, tick, lots }: Change): void {
    if (lots === 0) this.#sides[side].delete(tick);
    else this.#sides[side].set(tick, lots);
    this.#id += 1;
    this.#record();
  }

  #snapshot(): void {
    if (this.local.resyncs === this.#served) return;
    this.#served = this.local.resyncs;
    this.#truth.set(this.#id, this.#state());
    const [bids, asks] = [[...this.#sides.bids].flat(), [...this.#sides.asks].flat()];
    this.#underway = { kind: 'bookSnapshot', ...stamp, lastId: this.#id, bids, asks };
  }

  #ticker() {
    const best = (side: Change['side'], better: (...ticks: number[]) => number): [number, number] => {
      const tick = better(...this.#sides[side].keys());
      return Number.isFinite(tick) ? [tick, this.#sides[side].get(tick)!] : [0, 0];
    };
    const [bidTick, bidLots] = best('bids', Math.max);
    const [askTick, askLots] = best('asks', Math.min);
    return { kind: 'bookTicker' as const, ...stamp, updateId: this.#id, bidTick, bidLots, askTick, askLots };
  }

  #tell(input: Parameters<LocalBook['apply']>[0]): void {
    this.local.apply(input);
    if (this.local.status !== 'live') return;
    const { book, lastId } = this.local;
    expect(JSON.stringify([book.best('bid', 99), book.best('ask', 99)])).toBe(this.#truth.get(lastId));
  }

  #record(): void {
    this.#truth.set(this.#id, this.#state());
  }

  #state(): string {
    const sorted = (side: Change['side'], sign: number): number[] =>
      [...this.#sides[side]].sort(([a], [b]) => sign * (a - b)).flat();
    return JSON.stringify([sorted('bids', -1), sorted('asks', 1)]);
  }
}

const calm = (snapshotAt: Step['snapshotAt']): Step => ({
  changes: [
    { side: 'bids', tick: 91, lots: 2 },
    { side: 'asks', tick: 105, lots: 2 },
  ],
  skip: 1,
  fault: 'none',
  snapshotAt,
  ticker: true,
});

describe('a local book at the end of a bad wire', () => {
  for (const venue of ['spot', 'futures'] as const) {
    it(`is the exchange's whenever it says live, and comes back when the wire is good again (${venue})`, () => {
      fc.assert(
        fc.property(faults, fc.constantFrom<Step['snapshotAt']>('before', 'between', 'after'), (steps, snapshotAt) => {
          const world = new World(venue === 'futures');
          for (const step of steps) world.step(step);
          for (let i = 0; i < 6; i += 1) world.step(calm(snapshotAt));
          expect([world.local.status, world.local.mismatches]).toEqual(['live', 0]);
          const before = world.local.comparisons;
          for (let i = 0; i < 3; i += 1) world.step(calm('not yet'));
          expect(world.local.comparisons).toBe(before + 3);
        }),
        { numRuns: 500 },
      );
    });
  }
});
