import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

/** One way to do the work that is measured. */
export interface Contender {
  readonly name: string;
  /** Does the work for `events` events, and returns something that depends on all of it, so that none can be left out. */
  readonly run: (events: number) => unknown;
}

/** What is compared: the same work done by several contenders, who must return equal results. */
export interface Comparison {
  readonly name: string;
  readonly contenders: readonly Contender[];
  /** Name of the contender that the others are measured by. */
  readonly peer: string;
  readonly events: number;
  /** Name of the contender to which `ratioMax` applies. */
  readonly subject: string;
  /** The target: the subject's time over the peer's. */
  readonly ratioMax: number;
}

/** The figures of one contender: nanoseconds an event, median and quartiles over the runs; its median ratio to the peer. */
export interface Figures {
  readonly name: string;
  readonly medianNs: number;
  readonly lowerNs: number;
  readonly upperNs: number;
  readonly ratio: number;
}

/** The outcome of a comparison. */
export interface Outcome {
  readonly comparison: string;
  readonly peer: string;
  readonly runs: number;
  readonly events: number;
  readonly node: string;
  readonly cpu: string;
  readonly figures: readonly Figures[];
  readonly subject: string;
  readonly ratio: number;
  readonly ratioMax: number;
  readonly met: boolean;
}

/** Runs before measuring begins: enough for V8 to settle on optimised code. */
const WARM_UP_RUNS = 5;

/**
 * Measures all contenders in one process, in turns: a busy machine then slows a run of each, and the ratio, taken run by run
 * before the median, keeps its meaning where nanoseconds don't.
 *
 * @param runs how many measured runs, a positive integer
 * @throws Error when contenders disagree about the result
 */
export function compare(comparison: Comparison, runs: number): Outcome {
  const { contenders, peer, events, subject, ratioMax } = comparison;
  for (let run = 0; run < WARM_UP_RUNS; run += 1) timeEach(contenders, events, run);
  const timesNs = contenders.map(() => new Float64Array(runs));
  for (let run = 0; run < runs; run += 1) {
    for (const [index, ns] of timeEach(contenders, events, run).entries()) timesNs[index]![run] = ns;
  }
  const peerNs = timesNs[contenders.findIndex(({ name }) => name === peer)]!;
  const figures = contenders.map(({ name }, index) => ({
    name,
    medianNs: quantile(timesNs[index]!, 0.5),
    lowerNs: quantile(timesNs[index]!, 0.25),
    upperNs: quantile(timesNs[index]!, 0.75),
    ratio: quantile(
      timesNs[index]!.map((ns, run) => ns / peerNs[run]!),
      0.5,
    ),
  }));
  const ratio = figures.find(({ name }) => name === subject)!.ratio;
  return {
    comparison: comparison.name,
    peer,
    runs,
    events,
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    figures,
    subject,
    ratio,
    ratioMax,
    met: ratio <= ratioMax,
  };
}

/** Runs comparisons as the command line asks (`--json`, `--runs N`), prints them, and exits with 1 when a target is missed. */
export function main(comparisons: readonly Comparison[]): void {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, runs: { type: 'string', default: '31' } } });
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs ${values.runs}: expected a positive integer`);
  const outcomes = comparisons.map((comparison) => compare(comparison, runs));
  console.log(values.json === true ? JSON.stringify(outcomes, null, 2) : outcomes.map(table).join('\n\n'));
  if (!outcomes.every(({ met }) => met)) process.exitCode = 1;
}

/** @returns nanoseconds an event of each contender, in their order; who goes first changes from run to run */
function timeEach(contenders: readonly Contender[], events: number, run: number): number[] {
  const timesNs: number[] = [];
  let agreed: unknown;
  for (let turn = 0; turn < contenders.length; turn += 1) {
    const index = (turn + run) % contenders.length;
    const contender = contenders[index]!;
    const start = process.hrtime.bigint();
    const result = contender.run(events);
    timesNs[index] = Number(process.hrtime.bigint() - start) / events;
    agreed ??= result;
    if (result !== agreed)
      throw new Error(`'${contender.name}' returned ${result}, another ${agreed}: not the same work`);
  }
  return timesNs;
}

function quantile(values: Float64Array, p: number): number {
  const sorted = values.toSorted();
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}

function table({ comparison, peer, runs, events, node, figures, subject, ratio, ratioMax, met }: Outcome): string {
  const rows = figures.map(
    ({ name, medianNs, lowerNs, upperNs, ratio: times }) =>
      `  ${name.padEnd(32)}${medianNs.toFixed(1).padStart(8)} ns  [${lowerNs.toFixed(1)} – ${upperNs.toFixed(1)}]`.padEnd(
        66,
      ) + `${times.toFixed(2)} ×`,
  );
  return [
    `${comparison}: ns an event, median [quartiles] of ${runs} runs of ${events} events, and × ${peer}; Node ${node}`,
    ...rows,
    `  ${subject}: ${ratio.toFixed(2)} × ${peer}, target ≤ ${ratioMax} ×: ${met ? 'met' : 'missed'}`,
  ].join('\n');
}
