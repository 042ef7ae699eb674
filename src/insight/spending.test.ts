import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Reservation, Spending } from './spending.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 10, 21, 13);

let folder: string;
let nowMs: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flashmm-spending-'));
  nowMs = START_MS;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (hourUsd = 1, dayUsd = 5): Spending => new Spending(folder, { hourUsd, dayUsd }, () => nowMs * 1_000);
const today = (): string => join(folder, 'spent-2026-11-21.jsonl');
const reserved = (spending: Spending, usd: number): Reservation => {
  const made = spending.reserve(usd);
  if (typeof made === 'string') throw new Error(made);
  return made;
};

describe('what is spent', () => {
  it('is what was set aside until the bill is known', () => {
    const spending = open();
    const made = reserved(spending, 0.5);
    expect(open().status()).toMatchObject({ spentHourUsd: 0.5, spentDayUsd: 0.5 });
    spending.settle(made, 0.01);
    expect(open().status()).toMatchObject({ spentHourUsd: 0.01, spentDayUsd: 0.01 });
  });

  it('counts where it was set aside, even if the bill comes in the next hour or day', () => {
    const spending = open();
    nowMs = START_MS + 11 * HOUR_MS - 1;
    const made = reserved(spending, 0.5);
    nowMs += 2;
    spending.settle(made, 0.25);
    expect(spending.status()).toMatchObject({ spentHourUsd: 0, spentDayUsd: 0 });
    expect(spending.status(nowMs - 2)).toMatchObject({ spentHourUsd: 0.25, spentDayUsd: 0.25 });
  });

  it('never exceeds the budgets, whoever asks in whatever order', () => {
    const step = fc.record({
      who: fc.nat(2),
      usd: fc.integer({ min: 1, max: 600_000 }).map((micro) => micro / 1e6),
      paid: fc.double({ min: 0, max: 1, noNaN: true }),
      passesMs: fc.nat(HOUR_MS),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        rmSync(folder, { recursive: true, force: true });
        nowMs = START_MS;
        const all = [open(), open(), open()];
        for (const { who, usd, paid, passesMs } of steps) {
          const made = all[who]!.reserve(usd);
          if (typeof made !== 'string') all[who]!.settle(made, usd * paid);
          const { spentHourUsd, spentDayUsd } = open().status();
          expect(spentHourUsd).toBeLessThanOrEqual(1 + 1e-6);
          expect(spentDayUsd).toBeLessThanOrEqual(5 + 1e-6);
          nowMs += passesMs;
        }
      }),
      { numRuns: 40 },
    );
  });

  it('survives a line that a crash has cut off', () => {
    const spending = open();
    reserved(spending, 0.5);
    appendFileSync(today(), '\n{"id":"cut');
    reserved(spending, 0.25);
    expect(spending.status()).toMatchObject({ spentHourUsd: 0.75 });
  });

  it('is not guessed from a file that is no longer one', () => {
    const spending = open();
    reserved(spending, 0.5);
    appendFileSync(today(), '\n{"id":"x","at_ms":1,"micro_usd":-5}');
    expect(() => spending.status()).toThrow(/expected lines of id, at_ms and micro_usd/);
    expect(() => spending.reserve(0.1)).toThrow(/spent-2026-11-21/);
    writeFileSync(today(), ' '.repeat(5 * 1_048_576));
    expect(() => spending.status()).toThrow(/expected at most/);
  });

  it('is kept for a month, for this user alone', () => {
    const spending = open();
    for (let day = 0; day < 40; day += 1) {
      nowMs = START_MS + day * 24 * HOUR_MS;
      reserved(spending, 0.001);
    }
    const names = readdirSync(folder).sort();
    expect(names).toHaveLength(31);
    expect(names.at(-1)).toBe('spent-2026-12-30.jsonl');
    expect(statSync(join(folder, names[0]!)).mode & 0o077).toBe(0);
  });
});
