import type { AccountSettings } from '../../../streams/settings.ts';
import { runPlans } from '../jobs.ts';
import type { InvariantName } from '../observer/invariant.ts';
import { planOf } from '../plan.ts';
import type { Mutation } from './mutations.ts';

/** Whether a bug was found. */
export interface Tried {
  readonly name: string;
  readonly bug: string;
  readonly caught: boolean;
  /** Which invariant showed it first, in which seed and when; absent when none did. */
  readonly invariant?: InvariantName;
  readonly seed?: number;
  readonly atS?: number;
  readonly detail?: string;
  /** Invariants that were expected to. */
  readonly shows: readonly InvariantName[];
  readonly seconds: number;
}

/** How mutations are tried. */
export interface TryOptions {
  readonly settings: AccountSettings;
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly onTried?: (tried: Tried) => void;
}

/** Runs the simulation with each bug in turn until it is found, or its seeds are used up. */
export async function tryMutations(mutations: readonly Mutation[], options: TryOptions): Promise<Tried[]> {
  const results: Tried[] = [];
  for (const mutation of mutations) {
    if (options.signal.aborted) break;
    const tried = await tryOne(mutation, options);
    results.push(tried);
    options.onTried?.(tried);
  }
  return results;
}

async function tryOne(mutation: Mutation, { settings, jobs, signal }: TryOptions): Promise<Tried> {
  const { name, bug, shows, seeds, hours, level } = mutation;
  const startedMs = performance.now();
  const found: Pick<Tried, 'invariant' | 'seed' | 'atS' | 'detail'>[] = [];
  const plans = Array.from({ length: seeds }, (_, i) => planOf(i + 1, hours, level));
  await runPlans(plans, {
    ...{ settings, wire: false, jobs: Math.min(jobs, seeds), mutation, signal },
    onResult: ({ seed, violation }) => {
      if (violation === undefined) return found.length === 0;
      const { invariant, atMs, detail } = violation;
      found.push({ invariant, seed, atS: atMs / 1_000, detail });
      return false;
    },
  });
  // The lowest seed, whichever thread was quicker.
  const first = found.sort((a, b) => a.seed! - b.seed!)[0];
  const caught = first?.invariant !== undefined && shows.includes(first.invariant);
  return { name, bug, caught, ...first, shows, seconds: (performance.now() - startedMs) / 1_000 };
}

/** A table of what was found. */
export function mutationsText(tried: readonly Tried[]): string {
  const lines = tried.map(({ name, caught, invariant, seed, atS, detail, shows, seconds }) => {
    const where =
      invariant === undefined ? `not found (${shows.join(', ')})` : `${invariant}, seed ${seed}, ${atS!.toFixed(1)} s`;
    return `${caught ? '✓' : '✗'} ${name.padEnd(32)} ${where.padEnd(32)} ${seconds.toFixed(1)} s  ${detail ?? ''}`;
  });
  const caught = tried.filter((one) => one.caught).length;
  return [...lines, `${caught} of ${tried.length} bugs found`].join('\n');
}
