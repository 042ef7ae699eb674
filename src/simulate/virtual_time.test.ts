import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { waited } from '../runtime/timers.ts';
import { ProcessTimers, VirtualTimers } from './virtual_time.ts';

/** Promises so deep that nobody would guess. */
async function deep(levels: number): Promise<number> {
  return levels === 0 ? 0 : (await deep(levels - 1)) + 1;
}

describe('virtual time', () => {
  it('lets all promises run out before the next timer fires, however deep', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(300), { minLength: 1, maxLength: 20 }), async (depths) => {
        const timers = new VirtualTimers(0);
        const told: string[] = [];
        depths.forEach((levels, i) => {
          timers.after(i, () => {
            told.push(`fire ${i}`);
            void deep(levels)
              .then(() => Promise.all([deep(levels), Promise.reject(new Error('x')).catch(() => deep(3))]))
              .then(() => told.push(`done ${i}`));
          });
        });
        await timers.runTo(1_000_000);
        expect(told).toEqual(depths.flatMap((_, i) => [`fire ${i}`, `done ${i}`]));
      }),
      { numRuns: 30 },
    );
  });

  it('stands still for what the machine itself does, and does not wait for anything else', async () => {
    const timers = new VirtualTimers(0);
    const told: number[] = [];
    timers.after(1, () => {
      void timers.outside(readFile(new URL(import.meta.url))).then(() => told.push(timers.nowUs()));
    });
    timers.after(2, () => told.push(timers.nowUs()));
    await timers.runTo(3_600_000_000);
    expect([told, timers.nowUs(), timers.events]).toEqual([[1_000, 2_000], 3_600_000_000, 2]);
  });

  it('repeats until it is ended, also from inside', async () => {
    const timers = new VirtualTimers(0);
    const told: number[] = [];
    const end = timers.every(10, () => {
      told.push(timers.nowUs());
      if (told.length === 3) end();
    });
    await timers.runTo(100_000);
    expect(told).toEqual([10_000, 20_000, 30_000]);
  });

  it('runs until something has come of it, or says that nothing did', async () => {
    const timers = new VirtualTimers(0);
    expect(
      await timers.until(
        waited(timers, 5).then(() => timers.nowUs()),
        10,
      ),
    ).toBe(5_000);
    await expect(timers.until(new Promise(() => {}), 10)).rejects.toThrow('nothing came of it within 10 ms');
    await expect(timers.until(Promise.reject(new Error('no')), 10)).rejects.toThrow('no');
  });

  it('gives up a run when a timer throws', async () => {
    const timers = new VirtualTimers(0);
    timers.after(1, () => {
      throw new Error('broken');
    });
    await expect(timers.runTo(10_000)).rejects.toThrow('broken');
  });
});

describe('the timers of a process', () => {
  it('never fire once it is killed, while the world goes on', async () => {
    const timers = new VirtualTimers(0);
    const [mine, told] = [new ProcessTimers(timers), [] as string[]];
    mine.every(10, () => told.push('mine'));
    mine.after(25, () => told.push('late'));
    timers.after(22, () => mine.kill());
    timers.after(40, () => told.push('world'));
    await timers.runTo(100_000);
    expect([told, mine.alive]).toEqual([['mine', 'mine', 'world'], false]);
  });

  it('have a wall clock that can be set, and a stopwatch that cannot', () => {
    const mine = new ProcessTimers(new VirtualTimers(5_000));
    mine.clockStepUs = -2_000;
    expect([mine.nowUs(), mine.stopwatchUs()]).toEqual([3_000, 5_000]);
  });
});
