import { of, Subject } from 'rxjs';
import { expect, it } from 'vitest';
import { settingsOf } from '../../test/pipeline_world.ts';
import { Kernel } from '../actor/kernel.ts';
import { HeapClock } from '../clock/heap_clock.ts';
import { LocalBook } from '../market/local_book.ts';
import type { Sample } from '../market/sample.ts';
import type { Working } from '../orders/types.ts';
import { featureStage } from './stage.ts';
import { FEATURE_PERIOD_MS, type Features } from './types.ts';

const SYMBOL = 'X';
const START_US = 1_700_000_000_000_000;

function sampleAt(timeUs: number, quality: Sample['quality'] = 'live'): Sample {
  return { kind: 'sample', seq: timeUs / 1_000, timeUs, causes: [], market: SYMBOL, quality } as unknown as Sample;
}

function stage(features: { periodMs: number } | null) {
  const clock = new HeapClock(START_US);
  const kernel = new Kernel({ clock, random: () => 0.5 });
  const events$ = new Subject<LocalBook | Sample | Working>();
  const seen: Features[] = [];
  events$.pipe(featureStage(kernel, { ...settingsOf(SYMBOL), features })).subscribe((one) => seen.push(one));
  return { clock, kernel, events$, seen };
}

it('gives a vector at every sample on the grid, with its causes, and warm once a minute is full and the sample live', () => {
  const { clock, events$, seen } = stage({ periodMs: FEATURE_PERIOD_MS });
  const view = new LocalBook(SYMBOL);
  const orders = [{ side: 'buy', tick: 99, lots: 2, resting: true }] as unknown as Working['orders'];
  events$.next({ kind: 'working', seq: 77, timeUs: START_US, causes: [], market: SYMBOL, orders });
  for (let n = 1; n <= 620; n += 1) {
    clock.advanceTo(START_US + n * 100_000);
    events$.next(sampleAt(clock.nowUs(), n > 618 ? 'stale' : 'live'));
    const stamp = { seq: n, timeUs: clock.nowUs(), market: SYMBOL, eventUs: 0 };
    view.apply({ kind: 'bookSnapshot', ...stamp, lastId: n, bids: [99, 2, 98, 4 + (n % 3)], asks: [101, 5] });
    events$.next(view);
  }
  expect(seen.map(({ timeUs }) => timeUs)).toEqual(
    Array.from({ length: 310 }, (_, i) => START_US + (i + 1) * FEATURE_PERIOD_MS * 1_000),
  );
  expect(seen.filter(({ warm }) => warm).map(({ timeUs }) => timeUs - START_US)).toEqual(
    Array.from({ length: 9 }, (_, i) => 60_200_000 + i * 200_000),
  );
  const last = seen.at(-2)!;
  expect(last.causes).toEqual([last.timeUs / 1_000, 77]);
  // Without our two lots at 99 the best bid is 98.
  expect(last.vector[0]).toBeCloseTo(10_000 * Math.log(101 / 98), 3);
  expect(seen.at(-1)!.vector).not.toBe(last.vector);
});

it('goes on from its encoded state as if nothing had happened', () => {
  const { clock, kernel, events$, seen } = stage({ periodMs: FEATURE_PERIOD_MS });
  const view = new LocalBook(SYMBOL);
  const stamp = { seq: 1, timeUs: START_US, market: SYMBOL, eventUs: 0 };
  view.apply({ kind: 'bookSnapshot', ...stamp, lastId: 1, bids: [99, 2], asks: [101, 5] });
  events$.next(view);
  const snapshot = JSON.parse(JSON.stringify(kernel.snapshot()));
  const again = new Kernel({ clock, random: () => 0.5, snapshot });
  const copies: Features[] = [];
  const sample = sampleAt(START_US + 200_000);
  of(sample)
    .pipe(featureStage(again, { ...settingsOf(SYMBOL), features: { periodMs: FEATURE_PERIOD_MS } }))
    .subscribe((one) => copies.push(one));
  events$.next(sample);
  expect(copies).toEqual(seen);
});

it('is no actor, and gives nothing, where no model asks for features', () => {
  const { kernel, events$, seen } = stage(null);
  events$.next(sampleAt(START_US + 200_000));
  expect(seen).toEqual([]);
  expect(kernel.graph.nodes).toEqual([]);
});
