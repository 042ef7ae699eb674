import type { Fault, Plan } from './plan.ts';

/** Whether a run by this plan fails as the first one did. */
export type Fails = (plan: Plan) => Promise<boolean>;

/** Runs at most: a list of n faults takes about n·log n of them, and whoever waits wants an answer. */
const RUNS_MOST = 400;

/** The end is brought no closer to the failure than this. */
const TAIL_MS = 1_000;

const MS_PER_HOUR = 3_600_000;

/** What {@link shrink} found. */
export interface Shrunk {
  readonly plan: Plan;
  readonly runs: number;
}

/**
 * The smallest plan found that still fails: first the run ends right after the failure, then faults are left out by delta
 * debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002, algorithm ddmin), then what is
 * left is made shorter.
 *
 * @param failedAtMs when the failure showed, since the beginning of the run
 */
export async function shrink(
  plan: Plan,
  failedAtMs: number,
  fails: Fails,
  onRun: (runs: number, faults: number) => void = () => undefined,
): Promise<Shrunk> {
  let runs = 0;
  let best = plan;
  const attempt = async (candidate: Plan): Promise<boolean> => {
    if (runs >= RUNS_MOST) return false;
    runs += 1;
    onRun(runs, best.faults.length);
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  const hours = Math.min(plan.hours, (failedAtMs + TAIL_MS) / MS_PER_HOUR);
  await attempt({ ...plan, hours, faults: plan.faults.filter(({ atMs }) => atMs <= failedAtMs) });
  await minimise(best.faults, (faults) => attempt({ ...best, faults }));
  for (let i = 0; i < best.faults.length; i += 1) await shorten(i, best, attempt);
  return { plan: best, runs };
}

/** ddmin: tries ever smaller parts and their complements until leaving out any single fault makes the failure go away. */
async function minimise(
  faults: readonly Fault[],
  attempt: (faults: readonly Fault[]) => Promise<boolean>,
): Promise<void> {
  if (faults.length > 0 && (await attempt([]))) return;
  let kept = faults;
  let parts = 2;
  while (kept.length >= 2) {
    const smaller = await reduced(kept, parts, attempt);
    if (smaller !== undefined) {
      parts = Math.max(2, smaller.length < kept.length / 2 ? 2 : parts - 1);
      kept = smaller;
    } else if (parts >= kept.length) return;
    else parts = Math.min(kept.length, parts * 2);
  }
}

async function reduced(
  kept: readonly Fault[],
  parts: number,
  attempt: (faults: readonly Fault[]) => Promise<boolean>,
): Promise<readonly Fault[] | undefined> {
  const size = Math.ceil(kept.length / parts);
  const starts = Array.from({ length: Math.ceil(kept.length / size) }, (_, i) => i * size);
  for (const start of starts) {
    const part = kept.slice(start, start + size);
    if (parts > 1 && (await attempt(part))) return part;
  }
  if (parts === 2) return undefined;
  for (const start of starts) {
    const rest = [...kept.slice(0, start), ...kept.slice(start + size)];
    if (await attempt(rest)) return rest;
  }
  return undefined;
}

/** Halves a fault's duration as long as the failure stays. */
async function shorten(index: number, plan: Plan, attempt: (plan: Plan) => Promise<boolean>): Promise<void> {
  let faults = plan.faults;
  for (let tries = 0; tries < 4 && faults[index]!.durationMs > 1; tries += 1) {
    const fault = faults[index]!;
    const shorter = faults.with(index, { ...fault, durationMs: Math.floor(fault.durationMs / 2) });
    if (!(await attempt({ ...plan, faults: shorter }))) return;
    faults = shorter;
  }
}
