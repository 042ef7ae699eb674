import { z } from 'zod';
import { seededRandom } from '../runtime/random.ts';
import { FAULT_KINDS, FAULTS, type FaultKind } from './faults.ts';

/** One fault of a plan, as data: what happens to what, when, and for how long. */
export interface Fault {
  /** Milliseconds since the beginning of the run. */
  readonly atMs: number;
  readonly kind: FaultKind;
  /** What it happens to: `node0` … `node2`, `all` nodes, or the empty string where the kind leaves no choice. */
  readonly target: string;
  /** How long it lasts, milliseconds; 0 for what happens in one instant. */
  readonly durationMs: number;
  readonly parameters: Readonly<Record<string, number | string>>;
}

/** All that a run depends on. The same plan gives the same run, byte for byte. */
export interface Plan {
  /** Makes the market, the latencies, and everything else that is left to chance. */
  readonly seed: number;
  readonly hours: number;
  /** In order of time. */
  readonly faults: readonly Fault[];
}

/** How much goes wrong. */
export type Level = 'none' | 'light' | 'normal' | 'heavy';

/** Time without faults at the end of every run: what does not come to rest in it never does. */
export const CALM_AT_END_MS = 150_000;

/** A run is left alone at first, until its first quotes rest. */
const CALM_AT_BEGIN_MS = 10_000;

/** What a level means: faults come in bursts, so that they meet, with calm between, so that it shows whether all recovers. */
const LEVELS: Readonly<Record<Exclude<Level, 'none'>, { burstMs: number; calmMs: number; faultsMost: number }>> = {
  light: { burstMs: 10_000, calmMs: 300_000, faultsMost: 1 },
  normal: { burstMs: 20_000, calmMs: 75_000, faultsMost: 5 },
  heavy: { burstMs: 45_000, calmMs: 45_000, faultsMost: 12 },
};

const MS_PER_HOUR = 3_600_000;

const WEIGHT = FAULT_KINDS.reduce((sum, kind) => sum + FAULTS[kind].weight, 0);

/** Faults are drawn from a stream of their own, so that a run with fewer of them sees the same market. */
const FAULT_STREAM = 0x5eed_fa17;

/** The plan that belongs to a seed. */
export function planOf(seed: number, hours: number, level: Level): Plan {
  if (level === 'none') return { seed, hours, faults: [] };
  const random = seededRandom((seed ^ FAULT_STREAM) | 0);
  const { burstMs, calmMs, faultsMost } = LEVELS[level];
  const lastMs = hours * MS_PER_HOUR - CALM_AT_END_MS;
  const faults: Fault[] = [];
  for (let beginMs = CALM_AT_BEGIN_MS + random() * calmMs; beginMs < lastMs; ) {
    const lengthMs = burstMs * (0.25 + random());
    const endMs = Math.min(beginMs + lengthMs, lastMs);
    for (let n = 1 + Math.floor(random() * faultsMost); n > 0; n -= 1)
      faults.push(faultOf(random, beginMs + random() * (endMs - beginMs), endMs));
    beginMs = endMs + calmMs * (0.6 + 0.8 * random());
  }
  faults.sort((a, b) => a.atMs - b.atMs);
  return { seed, hours, faults };
}

function faultOf(random: () => number, atMs: number, endMs: number): Fault {
  const kind = kindOf(random);
  const { durationMs: range, nodes, draw } = FAULTS[kind];
  const [shortest, longest] = range;
  // Short ones are as likely as long ones: uniform in the logarithm.
  const wishedMs = longest === 0 ? 0 : shortest * (longest / shortest) ** random();
  const target = nodes ? (random() < 0.4 ? 'all' : `node${Math.floor(random() * 3)}`) : '';
  // A burst's faults end with it, so that the calm after it is one.
  const durationMs = Math.round(Math.min(wishedMs, Math.max(shortest, endMs - atMs)));
  return { atMs: Math.round(atMs), kind, target, durationMs, parameters: draw(random) };
}

function kindOf(random: () => number): FaultKind {
  let left = random() * WEIGHT;
  for (const kind of FAULT_KINDS) {
    left -= FAULTS[kind].weight;
    if (left < 0) return kind;
  }
  return FAULT_KINDS[0]!;
}

const planSchema = z.strictObject({
  flashmm_plan: z.literal(1),
  seed: z.int(),
  hours: z.number().positive(),
  faults: z.array(
    z.strictObject({
      atMs: z.number().min(0),
      kind: z.enum(FAULT_KINDS as [FaultKind, ...FaultKind[]]),
      target: z.string().regex(/^(?:node[0-2]|all|)$/),
      durationMs: z.number().min(0),
      parameters: z.record(z.string(), z.union([z.number(), z.string()])),
    }),
  ),
});

/** A plan as the text of a file. */
export function planText({ seed, hours, faults }: Plan): string {
  const lines = faults.map((fault) => `    ${JSON.stringify(fault)}`).join(',\n');
  const list = faults.length === 0 ? '[]' : `[\n${lines}\n  ]`;
  return `{\n  "flashmm_plan": 1,\n  "seed": ${seed},\n  "hours": ${hours},\n  "faults": ${list}\n}\n`;
}

/** Reads {@link planText}. @throws Error that names what is wrong */
export function parsePlan(text: string): Plan {
  const parsed = planSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { seed, hours, faults } = parsed.data;
  return { seed, hours, faults: faults.toSorted((a, b) => a.atMs - b.atMs) };
}
