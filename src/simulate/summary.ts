import { createHash } from 'node:crypto';
import { FAULT_KINDS, FAULTS, type FaultKind } from './faults.ts';
import { INVARIANT_NAMES, INVARIANTS, type InvariantName, type Violation } from './observer/invariant.ts';
import type { Level, Plan } from './plan.ts';
import type { RunResult } from './simulation.ts';

/** A run in which something did not hold, and how to see it again. */
export interface FailedRun extends Violation {
  readonly seed: number;
  /** The command line that replays it exactly. */
  readonly replay: string;
}

/** What came of all runs together. */
export interface Summary {
  readonly seeds: number;
  readonly hours: number;
  readonly faults: number;
  readonly faultsByKind: Readonly<Record<FaultKind, number>>;
  readonly checks: number;
  readonly checksByInvariant: Readonly<Record<InvariantName, number>>;
  readonly failed: readonly FailedRun[];
  /** Share of blocks at whose end an order of ours rested, percent. */
  readonly quotedPercent: number;
  readonly blocks: number;
  readonly inputs: number;
  readonly batches: number;
  readonly orders: number;
  readonly fills: number;
  readonly starts: number;
  readonly kills: number;
  readonly recoveries: number;
  /** Over the hashes of all runs in order of seeds. */
  readonly hash: string;
  /** Of this machine's time; and how much faster than real time each thread went, start of each world included. */
  readonly seconds: number;
  readonly speed: number;
}

const S_PER_HOUR = 3_600;
const MS_PER_HOUR = 3_600_000;

/** Adds up runs. @param seconds what all of it took; @param replay the command line for a run */
export function summaryOf(runs: readonly RunResult[], seconds: number, replay: (seed: number) => string): Summary {
  const sum = (of: (one: RunResult) => number): number => runs.reduce((total, one) => total + of(one), 0);
  const faultsByKind = byName(FAULT_KINDS, (kind) => sum(({ faults }) => faults[kind] ?? 0));
  const checksByInvariant = byName(INVARIANT_NAMES, (name) => sum(({ checks }) => checks[name]));
  const inOrder = runs.toSorted((a, b) => a.seed - b.seed);
  const failed = inOrder.flatMap(({ seed, violation }) =>
    violation === undefined ? [] : [{ seed, ...violation, replay: replay(seed) }],
  );
  const hours = sum(({ hours: planned, violation }) =>
    violation === undefined ? planned : violation.atMs / MS_PER_HOUR,
  );
  const blocks = sum(({ counts }) => counts.blocks);
  return {
    ...{ seeds: runs.length, hours, faultsByKind, checksByInvariant, failed, blocks, seconds },
    faults: total(faultsByKind),
    checks: total(checksByInvariant),
    quotedPercent: (100 * sum(({ counts }) => counts.quotedBlocks)) / Math.max(1, blocks),
    inputs: sum(({ counts }) => counts.inputs),
    batches: sum(({ counts }) => counts.batches),
    orders: sum(({ counts }) => counts.orders),
    fills: sum(({ counts }) => counts.fills),
    starts: sum(({ lives }) => lives.starts),
    kills: sum(({ lives }) => lives.kills),
    recoveries: sum(({ lives }) => lives.recoveries),
    hash: createHash('sha256')
      .update(inOrder.map(({ seed, hash }) => `${seed} ${hash}`).join('\n'))
      .digest('hex')
      .slice(0, 16),
    speed:
      (hours * S_PER_HOUR) /
      Math.max(
        1e-9,
        sum((one) => one.seconds),
      ),
  };
}

/** What replays one run. */
export function replayLine({ seed, hours }: Pick<Plan, 'seed' | 'hours'>, level: Level, market: string): string {
  return `flashmm simulate --seed ${seed} --hours ${hours} --faults ${level} --market ${market}`;
}

/** The summary as JSON, in the names of the reference. */
export function summaryJson(summary: Summary, more: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { seeds, hours, faults, faultsByKind, checks, checksByInvariant, failed, seconds, speed } = summary;
  return {
    ...more,
    ...{ seeds, hours, faults_injected: faults, faults_by_kind: faultsByKind, invariants_checked: checks },
    ...{ invariants_checked_by_name: checksByInvariant, violations: failed.length, seconds },
    failures: failed.map(({ seed, invariant, atMs, height, detail, replay }) => ({
      ...{ seed, invariant, at_s: atMs / 1_000, height, detail, replay },
    })),
    times_real_time: speed,
    quoted_percent: summary.quotedPercent,
    ...{ blocks: summary.blocks, inputs: summary.inputs, batches: summary.batches, orders: summary.orders },
    ...{ fills: summary.fills, starts: summary.starts, kills: summary.kills, recoveries: summary.recoveries },
    hash: summary.hash,
  };
}

/** The summary for people: what was injected, what was checked, what did not hold. */
export function summaryText(summary: Summary): string {
  const { seeds, hours, faultsByKind, checksByInvariant, failed, seconds } = summary;
  const faults = FAULT_KINDS.filter((kind) => faultsByKind[kind] > 0).map(
    (kind) => `  ${count(faultsByKind[kind])}  ${kind.padEnd(20)} ${FAULTS[kind].summary}`,
  );
  const checks = INVARIANT_NAMES.map(
    (name) => `  ${count(checksByInvariant[name])}  ${name.padEnd(20)} ${INVARIANTS[name]}`,
  );
  const lines = [
    `${seeds} seeds, ${hours.toFixed(2)} simulated hours in ${seconds.toFixed(1)} s: ${Math.round(summary.speed)} × real time a thread`,
    `quoted ${summary.quotedPercent.toFixed(1)} % of ${summary.blocks} blocks; ${summary.orders} orders in ${summary.batches} batches, ${summary.fills} fills`,
    `${summary.starts} starts, ${summary.kills} kills, ${summary.recoveries} reconciled with the chain`,
    '',
    `${summary.faults} faults`,
    ...faults,
    '',
    `${summary.checks} checks`,
    ...checks,
    '',
    failed.length === 0 ? 'no violation' : `${failed.length} VIOLATIONS`,
    ...failed.map(violationText),
    `hash ${summary.hash}`,
  ];
  return lines.join('\n');
}

/** A violation and how to see it again. */
export function violationText({ seed, invariant, atMs, height, detail, replay }: FailedRun): string {
  return `  seed ${seed}, ${(atMs / 1_000).toFixed(3)} s, block ${height}: ${invariant}: ${detail}\n    ${replay}`;
}

function count(number: number): string {
  return String(number).padStart(9);
}

function byName<Name extends string>(names: readonly Name[], of: (name: Name) => number): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, number>;
}

function total(numbers: Readonly<Record<string, number>>): number {
  return Object.values(numbers).reduce((sum, one) => sum + one, 0);
}
