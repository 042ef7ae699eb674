import { execFileSync, type StdioOptions } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import stringify from 'safe-stable-stringify';
import { ArrowTapes, isArrow, verifyTapes } from '../backtest/arrow_tapes.ts';
import { unfitFor } from '../backtest/exchange_model.ts';
import { LIVE } from '../backtest/strategies.ts';
import { Tapes } from '../backtest/tapes.ts';
import { RecordingError } from '../binance/recording.ts';
import type { FlagSetting, LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { CommandError } from '../exit/command_error.ts';
import { version } from '../runtime/version.ts';
import { Tape } from '../tape/reader.ts';
import { TapeError } from '../tape/tape_error.ts';
import { STRATEGY, SWEPT_SECTIONS } from './axis.ts';
import { type Block, blocksOf, type TapeSpan } from './blocks.ts';
import { type Point, pointsOf } from './points.ts';
import type { ResultsHeader } from './results_file.ts';
import type { SweepSpec } from './spec.ts';

/** A sweep ready to be run: everything that was asked has been checked. */
export interface Plan {
  readonly spec: SweepSpec;
  readonly points: readonly Point[];
  /** Of each point, with secrets taken out. */
  readonly configs: readonly Config[];
  readonly tapes: readonly TapeSpan[];
  readonly blocks: readonly Block[];
  readonly header: ResultsHeader;
}

/** Points times blocks at most: their results are held in memory. */
const RUNS_MOST = 200_000;

/** What a plan is made with. */
export interface PlanOptions {
  /** The configuration with these settings on top. */
  readonly config: (more: readonly FlagSetting[]) => LoadedConfig;
  /** Told the file that is being looked through, which takes a while with large ones. */
  readonly onFile: (file: string) => void;
}

/**
 * Checks a spec, every point of it too, and looks at its tapes.
 *
 * @throws CommandError that names what is wrong: a key, a value, a point, a file
 */
export async function planOf(spec: SweepSpec, options: PlanOptions): Promise<Plan> {
  const points = pointsOf(spec.axes, spec.random);
  const configs = points.map((point) => configOf(point, options));
  const latencies = configs.map(({ backtest }) => backtest.order_latencies).filter((file) => file !== '');
  const files = [...spec.tapes.flat(), ...latencies];
  const hashes = new Map<string, string>();
  for (const file of new Set(files)) {
    options.onFile(file);
    hashes.set(file, await sha256Of(file));
  }
  const tapes: TapeSpan[] = [];
  checkExchange(spec, points, configs);
  for (const tape of spec.tapes) tapes.push(await spanOf(tape, spec, options));
  const blocks = blocksOf(tapes, spec.walk);
  checkBlocks(spec, tapes, blocks);
  if (points.length * blocks.length > RUNS_MOST) {
    const message = `${points.length} points on ${blocks.length} blocks: expected at most ${RUNS_MOST} runs`;
    throw new CommandError('usage', message, 'Make blocks longer, or points fewer.');
  }
  const named = spec.tapes.map((tape) => tape.map((file) => ({ name: basename(file), sha256: hashes.get(file) })));
  const base = options.config([]).config;
  const settings = Object.fromEntries(SWEPT_SECTIONS.map((section) => [section, base[section as keyof Config]]));
  // Neither the objective nor how many blocks choose makes any run another.
  const walk = spec.walk && { blockS: spec.walk.blockS, gapS: spec.walk.gapS };
  // Settings name these files; what is in them counts too.
  const recorded = latencies.length === 0 ? undefined : latencies.map((file) => hashes.get(file));
  const sweep = { ...spec, walk, latencies: recorded, objective: undefined, tapes: named, settings };
  const text = stringify(sweep)!;
  const hash = createHash('sha256').update(text).digest('hex');
  const header = { format: 'flashmm-sweep', version: 1, flashmm: version(), commit: commit(), hash } as const;
  return { spec, points, configs, tapes, blocks, header: { ...header, sweep: JSON.parse(text) } };
}

function configOf({ index, values }: Point, { config }: PlanOptions): Config {
  const keys = Object.entries(values).filter(([path]) => path !== STRATEGY);
  const flags = keys.map(([path, text]) => ({ path, text, from: `point ${index} of the sweep` }));
  // A thread cannot be handed a secret, and does not need one.
  return JSON.parse(JSON.stringify(config(flags).config)) as Config;
}

/** The engine that baselines run on reads tapes in columns; and what is compared has to trade with the same exchange. */
function checkExchange({ strategy, tapes }: SweepSpec, points: readonly Point[], configs: readonly Config[]): void {
  const names = points.map(({ values }) => values[STRATEGY] ?? strategy);
  const baseline = names.find((name) => name !== LIVE);
  const engine = configs.find(({ backtest }) => backtest.exchange !== 'own')?.backtest.exchange;
  const recording = tapes.flat().find((file) => !isArrow(file));
  if (recording !== undefined && (baseline !== undefined || engine !== undefined)) {
    const wanted = baseline === undefined ? `backtest.exchange = ${engine}` : `strategy ${baseline}`;
    throw new CommandError(
      'usage',
      `${wanted}: ${recording} is no tape in columns`,
      "'flashmm tape import' makes one.",
    );
  }
  const unfit = names
    .map((name, i) => unfitFor(configs[i]!.backtest, name === LIVE))
    .find((what) => what !== undefined);
  if (unfit !== undefined) throw new CommandError('usage', unfit);
  const own = names.some((name, i) => name === LIVE && configs[i]!.backtest.exchange === 'own');
  if (baseline === undefined || !own) return;
  const message = `strategy live would trade with another exchange than ${baseline}`;
  throw new CommandError('usage', message, 'Give --set backtest.exchange=hftbacktest, which all then trade with.');
}

function checkBlocks({ walk }: SweepSpec, tapes: readonly TapeSpan[], blocks: readonly Block[]): void {
  if (walk === null) return;
  const unordered = tapes.findIndex(({ firstUs }, i) => i > 0 && firstUs < tapes[i - 1]!.lastUs);
  if (unordered > 0) {
    const [one, other] = [tapes[unordered - 1]!, tapes[unordered]!].map(({ files }) => files.join('+'));
    const message = `${other} begins before ${one} ends: a walk forward needs tapes one after another`;
    throw new CommandError('usage', message, 'Name the oldest tape first; files of one session are joined by +.');
  }
  if (blocks.length > walk.trainBlocks) return;
  const message = `the tapes give ${blocks.length} blocks: expected more than the ${walk.trainBlocks} that choose`;
  throw new CommandError('usage', message, 'Make blocks shorter, or let fewer of them choose.');
}

/** When a tape begins and ends. Only a walk forward asks: it takes reading the whole tape. */
async function spanOf(files: readonly string[], { market, walk }: SweepSpec, options: PlanOptions): Promise<TapeSpan> {
  try {
    if (files.every(isArrow)) return arrowSpan(files, market);
    const tapes = await Tapes.open(files, market ?? undefined);
    let [firstUs, lastUs] = [-1, -1];
    if (walk === null) return { files, firstUs, lastUs };
    options.onFile(files.join('+'));
    for await (const { input } of tapes.inputs()) {
      if (firstUs < 0) firstUs = input.timeUs;
      lastUs = input.timeUs;
    }
    return { files, firstUs, lastUs };
  } catch (error) {
    if (!(error instanceof RecordingError || error instanceof TapeError)) throw error;
    throw new CommandError(
      'environment',
      error.message,
      'A tape is what flashmm record or flashmm tape import writes.',
    );
  }
}

function arrowSpan(files: readonly string[], market: string | null): TapeSpan {
  verifyTapes(files);
  ArrowTapes.open(files, market ?? undefined);
  const edges = files.map((file) => {
    const tape = Tape.open(file);
    const { firstNs, lastNs } = tape.edgesNs();
    tape.close();
    const us = (ns: number): number => tape.originS * 1_000_000 + Math.floor(ns / 1_000);
    return [us(firstNs), us(lastNs)] as const;
  });
  const [firstUs, lastUs] = [Math.min(...edges.map(([us]) => us)), Math.max(...edges.map(([, us]) => us))];
  return { files, firstUs, lastUs };
}

async function sha256Of(file: string): Promise<string> {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new CommandError(
      'environment',
      `${file}: no such file`,
      'Tapes are named with --tape, recorded latencies with backtest.order_latencies.',
    );
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** The commit that this program was checked out at; the empty string where it is not a repository, or there is no git. */
function commit(): string {
  try {
    const stdio: StdioOptions = ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8', stdio }).trim();
  } catch {
    return '';
  }
}
