import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { accountOf, START_US, settingsOf, World } from '../../test/pipeline_world.ts';
import { Kernel } from '../actor/kernel.ts';
import { HeapClock } from '../clock/heap_clock.ts';
import { marketStage, reportsOf } from './stage.ts';
import type { MarketInput } from './types.ts';

describe('the market stage', () => {
  it('asks for a snapshot once while none comes, and again each time that one does not help', () => {
    const kernel = new Kernel({ clock: new HeapClock(0), random: () => 0.5 });
    const inputs = new Subject<MarketInput>();
    const told: string[] = [];
    inputs
      .pipe(marketStage(kernel, settingsOf('X')), reportsOf)
      .subscribe((output) => told.push(output.kind === 'reject' ? output.reason : `${output.kind} ${output.reason}`));
    const stamp = { seq: 0, timeUs: 0, market: 'X', eventUs: 0, bids: [], asks: [] };
    const delta = (firstId: number, lastId: number) =>
      inputs.next({ kind: 'bookDelta', ...stamp, firstId, lastId, previousId: -1 });
    const snapshot = (lastId: number) => inputs.next({ kind: 'bookSnapshot', ...stamp, lastId });
    for (let id = 5; id < 9; id += 1) delta(id, id);
    for (const id of [2, 3, 6]) snapshot(id);
    expect(told).toEqual(['resync syncing', 'gap', 'resync gapped', 'gap', 'resync gapped']);
    delta(9, 9);
    expect(told.length).toBe(5);
  });
});

describe('the sampling stage', () => {
  it('tells how far takers went since the sample before, and no longer than until the next', () => {
    const world = new World(accountOf('X'));
    const trade = (afterMs: number, tradeId: number, side: 'buy' | 'sell', tick: number): void =>
      world.at(afterMs, { kind: 'trade', market: 'X', tradeId, eventUs: 0, side, tick, lots: 1 });
    world.book(0, 'X', 1);
    trade(50, 1, 'buy', 10_001);
    trade(150, 2, 'buy', 10_004);
    // A trade at a grid instant belongs to the next sample.
    trade(200, 3, 'sell', 9_997);
    world.until(700);
    expect(world.all('sample').map(({ tradeHighTick, tradeLowTick }) => [tradeHighTick, tradeLowTick])).toEqual([
      [10_004, -1],
      [-1, 9_997],
      [-1, -1],
    ]);
    const at = (afterMs: number): number => START_US + afterMs * 1_000;
    expect(world.all('sample').map(({ lastTradeTick, lastTradeUs }) => [lastTradeTick, lastTradeUs])).toEqual([
      [10_004, at(150)],
      [9_997, at(200)],
      [9_997, at(200)],
    ]);
  });
});
