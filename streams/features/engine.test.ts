import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LocalBook } from '../market/local_book.ts';
import type { Levels, MarketInput } from '../market/types.ts';
import { FeatureEngine, type FeatureEngineState } from './engine.ts';
import { FEATURES } from './list.ts';
import { FEATURE_COUNT, LOOKBACK_MS } from './types.ts';

const DAY_US = 86_400_000_000;
const START_US = 20_000 * DAY_US;
const MARKET = 'X';

/** A market in events that are further apart or closer together: milliseconds since the one before, and what happens. */
const happening = fc.record({
  afterMs: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 400 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 6_000, 61_000, 90_000, 3_600_000) },
  ),
  kind: fc.constantFrom('snapshot', 'delta', 'delta', 'ticker', 'trade', 'trade', 'gap', 'down', 'up'),
  mid: fc.oneof(fc.integer({ min: 900, max: 1_100 }), fc.constantFrom(1, 2, 4_000_000)),
  half: fc.integer({ min: -1, max: 30 }),
  levels: fc.integer({ min: 0, max: 14 }),
  lots: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom(1e12)),
  buy: fc.boolean(),
});
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

function levels(best: number, step: number, count: number, lots: number): Levels {
  return Array.from({ length: count }, (_, i) => [best + i * step, lots + i])
    .filter(([tick]) => tick! > 0)
    .flat();
}

function inputOf({ kind, mid, half, levels: count, lots, buy }: Happening, id: number, timeUs: number): MarketInput {
  const stamp = { seq: id, timeUs, market: MARKET, eventUs: 0 };
  const bids = levels(mid - half, -1 - (lots % 3), count, lots);
  const asks = levels(mid + half + 1, 1 + (lots % 2), count, lots);
  switch (kind) {
    case 'snapshot':
      return { kind: 'bookSnapshot', ...stamp, lastId: id, bids, asks };
    case 'ticker':
      return {
        kind: 'bookTicker',
        ...{ ...stamp, updateId: id, bidTick: mid, bidLots: lots, askTick: mid + 1 + Math.max(0, half), askLots: 7 },
      };
    case 'trade':
      return { kind: 'trade', ...stamp, tradeId: id, side: buy ? 'buy' : 'sell', tick: mid, lots };
    case 'down':
    case 'up':
      return { kind: 'feedStatus', ...stamp, status: kind, reason: 'test' };
    default:
      return { kind: 'bookDelta', ...stamp, firstId: kind === 'gap' ? id : 0, lastId: id, previousId: -1, bids, asks };
  }
}

/** Runs a story from an instant on, and gives each vector of the 200 ms grid to `see`. */
function run(story: readonly Happening[], fromUs: number, see: (vector: Float32Array, full: boolean) => void): void {
  const view = new LocalBook(MARKET);
  let engine = new FeatureEngine();
  const vector = new Float32Array(FEATURE_COUNT);
  let timeUs = fromUs;
  let dueUs = fromUs + 200_000;
  story.forEach((one, n) => {
    timeUs += one.afterMs * 1_000;
    // As many instants of a long silence as say something.
    for (let seen = 0; dueUs <= timeUs; dueUs += 200_000) {
      seen += 1;
      if (seen > 20 && timeUs - dueUs > 1_000_000) continue;
      see(vector, engine.write(dueUs, vector));
    }
    const input = inputOf(one, 10 * n + 10, timeUs);
    view.apply(input);
    engine.apply(view, timeUs);
    if (n % 7 === 3) engine = FeatureEngine.decode(JSON.parse(JSON.stringify(engine.encode())) as FeatureEngineState);
  });
}

/** A market that goes its way for so many steps of 100 ms. */
function quietStory(steps: number): Happening[] {
  return Array.from({ length: steps }, (_, n) => ({
    afterMs: 100,
    kind: (['snapshot', 'trade', 'snapshot', 'ticker'] as const)[n % 4]!,
    mid: 1_000 + (n % 7),
    half: 2 + (n % 3),
    levels: 12,
    lots: 3 + (n % 5),
    buy: n % 3 === 0,
  }));
}

describe('the features', () => {
  it('are 64 of different names, each with a formula and a warm-up within the lookback', () => {
    expect(FEATURES).toHaveLength(FEATURE_COUNT);
    expect(new Set(FEATURES.map(({ name }) => name)).size).toBe(FEATURE_COUNT);
    for (const { name, formula, source, warmUpMs } of FEATURES) {
      expect([name, formula.length > 5, source.length > 10, warmUpMs <= LOOKBACK_MS]).toEqual([name, true, true, true]);
    }
  });

  it('are finite numbers, whatever comes in whatever order, from however large a size', () => {
    fc.assert(
      fc.property(fc.array(happening, { minLength: 1, maxLength: 120 }), (story) => {
        run(story, START_US, (vector) => {
          for (const [i, value] of vector.entries()) {
            if (!Number.isFinite(value)) throw new Error(`${FEATURES[i]!.name} is ${value}`);
          }
        });
      }),
      { numRuns: 150 },
    );
  });

  it('are the same after encoding and decoding at any instant', () => {
    fc.assert(
      fc.property(fc.array(happening, { minLength: 1, maxLength: 60 }), fc.nat(59), (story, at) => {
        const view = new LocalBook(MARKET);
        const engine = new FeatureEngine();
        let copy = engine;
        let timeUs = START_US;
        const [one, other] = [new Float32Array(FEATURE_COUNT), new Float32Array(FEATURE_COUNT)];
        story.forEach((happens, n) => {
          timeUs += happens.afterMs * 1_000;
          expect(copy.write(timeUs, other)).toBe(engine.write(timeUs, one));
          expect(other).toEqual(one);
          view.apply(inputOf(happens, 10 * n + 10, timeUs));
          engine.apply(view, timeUs);
          if (copy !== engine) copy.apply(view, timeUs);
          if (n === at) copy = FeatureEngine.decode(JSON.parse(JSON.stringify(engine.encode())) as FeatureEngineState);
        });
        expect(copy.encode()).toEqual(engine.encode());
      }),
      { numRuns: 60 },
    );
  });

  it('are the same a day later, and but for the time of day at any other hour of whole seconds', () => {
    fc.assert(
      fc.property(
        fc.array(happening, { minLength: 30, maxLength: 120 }),
        fc.integer({ min: 1, max: 9e5 }),
        (story, s) => {
          const vectors = [0, DAY_US, s * 1_000_000].map((shiftUs) => {
            const seen: number[][] = [];
            run(story, START_US + shiftUs, (vector) => seen.push([...vector.subarray(0, FEATURE_COUNT - 2)]));
            return seen;
          });
          expect(vectors[1]).toEqual(vectors[0]);
          expect(vectors[2]).toEqual(vectors[0]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('do not depend on how often they were asked for', () => {
    const view = new LocalBook(MARKET);
    const [often, seldom] = [new FeatureEngine(), new FeatureEngine()];
    const [one, other] = [new Float32Array(FEATURE_COUNT), new Float32Array(FEATURE_COUNT)];
    let timeUs = START_US;
    quietStory(900).forEach((happens, n) => {
      timeUs += 100_000;
      often.write(timeUs - 33_000, one);
      often.write(timeUs, one);
      view.apply(inputOf(happens, 10 * n + 10, timeUs));
      for (const engine of [often, seldom]) engine.apply(view, timeUs);
    });
    expect([often.write(timeUs + 17, one), seldom.write(timeUs + 17, other)]).toEqual([true, true]);
    expect(other).toEqual(one);
  });

  it('are warm a minute after the first book, cold while it is gone, and begin anew after a break', () => {
    const warm: [number, boolean][] = [];
    const story = quietStory(640);
    const gone = { ...story[0]!, kind: 'down' as const };
    const back = { ...story[0]!, kind: 'up' as const, afterMs: 4_000 };
    const late = { ...back, afterMs: 6_000 };
    let n = 0;
    run([...story, gone, back, ...story.slice(0, 4), gone, late, ...story], START_US, (_, full) => {
      n += 1;
      if (warm.at(-1)?.[1] !== full) warm.push([n, full]);
    });
    // The first book comes after 100 ms; the 301st instant is the first a minute after it.
    expect(warm.slice(0, 5).map(([, full]) => full)).toEqual([false, true, false, true, false]);
    expect(warm[1]![0]).toBe(301);
    expect(warm[5]![0] - warm[4]![0]).toBeGreaterThan(320);
  });

  it('are in the mirrored market what their specification says', () => {
    const centre = 1_000_000;
    const [straight, mirrored] = [1, -1].map((sign) => {
      const view = new LocalBook(MARKET);
      const engine = new FeatureEngine();
      const vector = new Float32Array(FEATURE_COUNT);
      const side = (rising: boolean): 'buy' | 'sell' => (rising === sign > 0 ? 'buy' : 'sell');
      for (let n = 0; n < 1_300; n += 1) {
        const stamp = { seq: n, timeUs: START_US + n * 70_000, market: MARKET, eventUs: 0 };
        const at = (n * n * 7) % 31;
        const [below, above] = [-1, 1].map((towards) =>
          Array.from({ length: 11 }, (_, i) => [
            centre + sign * (at + towards * (3 + i * (2 + ((n + towards) % 3)))),
            5 + ((n * (i + 2) + 3 * towards) % 13),
          ]).flat(),
        );
        const [bids, asks] = sign > 0 ? [below!, above!] : [above!, below!];
        const taken = { tick: centre + sign * (at + 2), lots: 1 + ((n * 5) % 11), side: side((n * n) % 5 < 2) };
        if (n % 3 === 1) view.apply({ kind: 'trade', ...stamp, tradeId: n + 1, ...taken });
        else view.apply({ kind: 'bookSnapshot', ...stamp, lastId: n + 1, bids, asks });
        engine.apply(view, stamp.timeUs);
      }
      expect(engine.write(START_US + 91_000_000, vector)).toBe(true);
      return vector;
    });
    FEATURES.forEach(({ name, mirror }, i) => {
      const partner = FEATURES.findIndex((other) => other.name === mirror);
      const expected = mirror === 'odd' ? -straight![i]! : straight![partner < 0 ? i : partner]!;
      expect(Math.abs(mirrored![i]! - expected), name).toBeLessThan(1e-3 * Math.max(1, Math.abs(expected)));
    });
  });

  it('see the book without our own orders', () => {
    const stamp = { seq: 1, timeUs: START_US, market: MARKET, eventUs: 0 };
    const vectors = [true, false].map((ours) => {
      const view = new LocalBook(MARKET);
      const engine = new FeatureEngine();
      if (ours)
        engine.own([
          { side: 'buy', tick: 100, lots: 5 },
          { side: 'sell', tick: 103, lots: 4 },
        ]);
      const bids = ours ? [100, 5, 99, 7, 98, 1] : [99, 7, 98, 1];
      const asks = ours ? [103, 10, 104, 2] : [103, 6, 104, 2];
      view.apply({ kind: 'bookSnapshot', ...stamp, lastId: 1, bids, asks });
      engine.apply(view, START_US);
      const vector = new Float32Array(FEATURE_COUNT);
      engine.write(START_US + 200_000, vector);
      return vector;
    });
    expect(vectors[0]).toEqual(vectors[1]);
    expect(vectors[0]![FEATURES.findIndex(({ name }) => name === 'imbalance_1')]).toBeCloseTo((7 - 6) / (7 + 6), 6);
  });
});
