import { randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { BudgetStatus } from './port.ts';

/** What may be spent, US dollars by hour and day of UTC. */
export interface Budget {
  readonly hourUsd: number;
  readonly dayUsd: number;
}

/** Money set aside for one request. */
export interface Reservation {
  readonly id: string;
  readonly file: string;
  readonly atMs: number;
}

/** The newest that is known of a request: when it was asked, and micro-dollars. */
interface Entry {
  readonly at: number;
  readonly micro: number;
}

const MICRO = 1_000_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** For looking back at what was spent; a file is a day. */
const FILES_KEPT = 31;
const FILE = /^spent-\d{4}-\d{2}-\d{2}\.jsonl$/;

/** Some ten thousand requests in a day: no budget is meant to allow that, and reading would become slow. */
const FILE_MAX_BYTES = 4 * 1_048_576;

const OWNER_ONLY = 0o600;

const lineSchema = z.object({ id: z.string(), at_ms: z.int().min(0), micro_usd: z.int().min(0) });

/**
 * What has been spent, in the state folder: one file a day, one line when money is set aside and one when the bill is known,
 * which replaces it. So a restart resets nothing, several processes share one budget, and a request whose process was killed
 * counts in full. Money is set aside before it is counted: two at once may both be refused, never both be let through.
 */
export class Spending {
  readonly #folder: string;
  readonly #budget: Budget;
  readonly #nowUs: () => number;
  #read: { readonly path: string; readonly bytes: number; readonly entries: readonly Entry[] } | undefined;

  /** @param nowUs wall time, microseconds since the epoch */
  constructor(folder: string, budget: Budget, nowUs: () => number) {
    this.#folder = folder;
    this.#budget = budget;
    this.#nowUs = nowUs;
  }

  /**
   * Sets money aside.
   *
   * @returns what to settle, or why not: the budget is spent
   * @throws Error when the file cannot be written or read: then nothing may be spent
   */
  reserve(usd: number): Reservation | string {
    const atMs = this.#nowMs();
    const reservation = { id: randomUUID(), file: this.#fileOf(atMs), atMs };
    this.#prepare(reservation.file);
    this.#write(reservation, usd);
    const { spentHourUsd, spentDayUsd } = this.status(atMs);
    const { hourUsd, dayUsd } = this.#budget;
    // Half a micro-dollar: sums of exact numbers are compared after a division.
    const over = (spent: number, budget: number): boolean => spent > budget + 0.5 / MICRO;
    if (!over(spentHourUsd, hourUsd) && !over(spentDayUsd, dayUsd)) return reservation;
    this.#write(reservation, 0);
    const [spent, budget, unit, key] = over(spentDayUsd, dayUsd)
      ? [spentDayUsd, dayUsd, 'day', 'insight.budget_day_usd']
      : [spentHourUsd, hourUsd, 'hour', 'insight.budget_hour_usd'];
    return `${(spent - usd).toFixed(4)} of ${budget} USD spent in this ${unit} (UTC), and a request may cost ${usd.toFixed(4)}: ${key}`;
  }

  /** Puts what it came to in the place of what was set aside. @throws Error when it cannot be written: the higher sum stands */
  settle(reservation: Reservation, usd: number): void {
    this.#write(reservation, usd);
  }

  /** @throws Error when the file cannot be read, or is no longer one */
  status(atMs = this.#nowMs()): BudgetStatus {
    const hourMs = Math.floor(atMs / HOUR_MS) * HOUR_MS;
    const all = this.#entries(join(this.#folder, this.#fileOf(atMs)));
    const sum = (some: readonly Entry[]): number => some.reduce((total, { micro }) => total + micro, 0) / MICRO;
    return {
      spentHourUsd: sum(all.filter(({ at }) => at >= hourMs)),
      budgetHourUsd: this.#budget.hourUsd,
      spentDayUsd: sum(all),
      budgetDayUsd: this.#budget.dayUsd,
    };
  }

  /** What the file says, read again only when it has grown: whoever draws a status asks several times a second. */
  #entries(path: string): readonly Entry[] {
    const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (bytes > FILE_MAX_BYTES) throw new Error(`${path}: ${bytes} bytes, expected at most ${FILE_MAX_BYTES}`);
    if (bytes === 0) return [];
    if (this.#read?.path === path && this.#read.bytes === bytes) return this.#read.entries;
    const newest = new Map<string, Entry>();
    for (const text of readFileSync(path, 'utf8').split('\n')) {
      const line = text === '' ? null : lineOf(text, path);
      if (line !== null) newest.set(line.id, { at: line.at_ms, micro: line.micro_usd });
    }
    this.#read = { path, bytes, entries: [...newest.values()] };
    return this.#read.entries;
  }

  #nowMs(): number {
    return Math.floor(this.#nowUs() / 1_000);
  }

  #fileOf(atMs: number): string {
    return `spent-${new Date(Math.floor(atMs / DAY_MS) * DAY_MS).toISOString().slice(0, 10)}.jsonl`;
  }

  #prepare(today: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const before = readdirSync(this.#folder).filter((name) => FILE.test(name) && name !== today);
    for (const name of before.sort().slice(0, 1 - FILES_KEPT)) rmSync(join(this.#folder, name), { force: true });
  }

  #write({ id, file, atMs }: Reservation, usd: number): void {
    const handle = openSync(join(this.#folder, file), 'a', OWNER_ONLY);
    try {
      // Up, never down: what is rounded off would be spent unseen.
      const line = JSON.stringify({ id, at_ms: atMs, micro_usd: Math.ceil(usd * MICRO) });
      // The break comes first, so that a line that a crash has cut off does not swallow this one.
      // Not forced to disk: that would hold up the session, and what a power cut can lose is the last request's price.
      writeSync(handle, `\n${line}`);
    } finally {
      closeSync(handle);
    }
  }
}

/** @returns null for what a crash has cut off: it was being written, so nothing had been sent, or the sum set aside stands */
function lineOf(text: string, path: string): z.infer<typeof lineSchema> | null {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = lineSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new Error(`${path}: expected lines of id, at_ms and micro_usd, not ${text.slice(0, 80)}`);
}
