import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { settingsOf } from '../../test/pipeline_world.ts';
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
