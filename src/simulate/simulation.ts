import { MICROS_PER_MS } from '../../streams/clock/clock.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { seededRandom } from '../runtime/random.ts';
import { FAULTS, type FaultKind } from './faults.ts';
import type { InvariantName, Violation } from './observer/invariant.ts';
import { type Counts, Observer } from './observer/observer.ts';
import { CALM_AT_END_MS, type Fault, type Plan } from './plan.ts';
import { type Lives, Supervisor } from './supervisor.ts';
import { type VirtualWorld, virtualWorld } from './virtual_world.ts';

/** How a plan is run. */
export interface RunOptions {
  readonly settings: AccountSettings;
  /** With signed bytes and JSON texts between client and nodes. */
  readonly wire?: boolean;
}

/** What came of a run. */
export interface RunResult {
  readonly seed: number;
  readonly hours: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly checks: Readonly<Record<InvariantName, number>>;
  /** The first that did not hold; the run ends with it. */
  readonly violation: Violation | undefined;
  readonly counts: Counts;
  readonly lives: Lives;
  /** Over every input, decision and block, 16 hexadecimal digits: two runs with one hash were the same. */
  readonly hash: string;
  readonly seconds: number;
}

const NODES = 3;

const MS_PER_HOUR = 3_600_000;

/** How often a run looks whether something did not hold, so as to end. */
const STEP_MS = 1_000;

/** Runs a plan: the world of its seed, the system in it, and the faults. Ends with the first violation. */
export async function run(plan: Plan, { settings, wire = false }: RunOptions): Promise<RunResult> {
  const { seed, hours } = plan;
  const startedMs = performance.now();
  const markets = settings.markets.map(({ market }) => market);
  const world = await virtualWorld({ seed, markets, nodes: NODES, wire });
  const observer = new Observer(world, settings);
  const supervisor = new Supervisor({ world, settings, seed, random: seededRandom(seed), watcher: observer });
  const faults: Partial<Record<FaultKind, number>> = {};
  for (const fault of plan.faults) schedule(world, supervisor, observer, fault, faults);
  const deaf = hearFailures((what) => observer.broken(what));
  supervisor.start();
  try {
    await goThrough(world, hours * MS_PER_HOUR, observer);
  } catch (error) {
    observer.broken(`thrown through everything: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  } finally {
    deaf();
  }
  const { tally, counts } = observer;
  return {
    ...{ seed, hours, faults, counts, checks: tally.checks, violation: tally.violations[0] },
    lives: supervisor.lives,
    hash: observer.fingerprint.digest(),
    seconds: (performance.now() - startedMs) / 1_000,
  };
}

async function goThrough(world: VirtualWorld, endMs: number, observer: Observer): Promise<void> {
  const startUs = world.timers.nowUs();
  const { violations } = observer.tally;
  for (let atMs = 0; atMs < endMs && violations.length === 0; ) {
    atMs = Math.min(endMs, atMs + STEP_MS);
    await world.runTo(startUs + atMs * MICROS_PER_MS);
  }
  if (violations.length === 0 && endMs > CALM_AT_END_MS) observer.end();
}

/** A promise that fails and that nobody waits for would end a real process. @returns what ends the listening */
function hearFailures(broken: (what: string) => void): () => void {
  const hear = (error: unknown): void =>
    broken(`nobody heard of a failure: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  process.on('unhandledRejection', hear);
  return () => process.off('unhandledRejection', hear);
}

/** An instant's fault hinders so long: until what it did to messages under way is over. */
const INSTANT_HINDERS_MS = 2_000;

function schedule(
  world: VirtualWorld,
  supervisor: Supervisor,
  observer: Observer,
  fault: Fault,
  faults: Partial<Record<FaultKind, number>>,
): void {
  const { atMs, kind, durationMs } = fault;
  const { timers } = world;
  timers.after(atMs, () => {
    faults[kind] = (faults[kind] ?? 0) + 1;
    const free = FAULTS[kind].hinders ? observer.hinder() : () => {};
    const end = FAULTS[kind].begin({ world, supervisor }, fault);
    if (durationMs > 0) timers.after(durationMs, end);
    else end();
    timers.after(Math.max(INSTANT_HINDERS_MS, durationMs), free);
  });
}
