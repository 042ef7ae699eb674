import type { AccountSettings } from '../../streams/settings.ts';
import type { FundamentalPath } from '../devnet/participants/fundamental.ts';
import type { VirtualModels } from '../inference/virtual_models.ts';
import { seededRandom } from '../runtime/random.ts';
import type { GasPolicy } from '../sei/rpc/signing.ts';
import { bootstrap, dailySharpe, type Interval, mean } from './bootstrap.ts';
import { ChainMarket } from './chain_market.ts';
import { MARKOUT_HORIZONS_S, type MakerFigures } from './market_watch.ts';

/** Both makers in a market. */
export interface Pair {
  readonly ours: MakerFigures;
  readonly baseline: MakerFigures;
}

/** One seed: each maker alone in its market, and both in it at once. */
export interface SeedRuns {
  readonly seed: number;
  readonly alone: Pair;
  readonly together: Pair;
}

/** A figure of both makers with 95 % intervals over the seeds, and of their difference, seed by seed. */
export interface Row {
  /** A stable key, units last. */
  readonly key: string;
  readonly name: string;
  readonly ours: Interval;
  readonly baseline: Interval;
  readonly difference: Interval;
}

/** Two makers in the same markets. */
export interface Comparison {
  readonly seeds: number;
  readonly hours: number;
  /** How much narrower the market is at the touch with ours alone than with the baseline alone, %. */
  readonly touchImprovementPercent: Interval;
  /** Of our orders whose price traded while they rested, the share that filled at least in part, alone, %. */
  readonly fillRatePercent: Interval;
  /** Our largest inventory of any seed, alone or together, quote units. */
  readonly positionMostUsdc: number;
  readonly alone: readonly Row[];
  readonly together: readonly Row[];
}

const MINUTES_A_DAY = 1_440;
const PERCENT = 100;

/** What is run for each seed. */
export interface ComparisonOptions {
  readonly ours: AccountSettings;
  readonly baseline: AccountSettings;
  readonly paths: readonly FundamentalPath[];
  readonly hours: number;
  /** Who predicts, for a maker whose settings make features. */
  readonly models?: VirtualModels | undefined;
  /** What both makers bid for gas. */
  readonly gas: GasPolicy;
}

const SECONDS_AN_HOUR = 3_600;

/** Runs both makers in the market that a seed makes, apart and together. The settings must have one market. */
export async function runSeed(
  { ours, baseline, paths, hours, gas, models }: ComparisonOptions,
  seed: number,
): Promise<SeedRuns> {
  const run = async (...makers: readonly AccountSettings[]): Promise<readonly MakerFigures[]> => {
    const market = new ChainMarket({ makers, models, seed, paths, gas });
    await market.runPredicted(hours * SECONDS_AN_HOUR);
    return market.makers.map(({ watches }) => [...watches.values()][0]!.figures);
  };
  const both = await run(ours, baseline);
  return {
    seed,
    alone: { ours: (await run(ours))[0]!, baseline: (await run(baseline))[0]! },
    together: { ours: both[0]!, baseline: both[1]! },
  };
}

const FIGURES: readonly (readonly [key: string, name: string, of: (runs: readonly MakerFigures[]) => number])[] = [
  ['touch_spread_bps', 'spread of the market at the touch, bps', (runs) => mean(runs.map((one) => one.touchSpreadBps))],
  ['own_spread_bps', 'own spread, bps', (runs) => mean(runs.map((one) => one.ownSpreadBps ?? 0))],
  ['quoted_percent', 'time with both sides resting, %', (runs) => PERCENT * mean(runs.map((one) => one.quotedShare))],
  ['touch_percent', 'time at the touch, %', (runs) => PERCENT * mean(runs.map((one) => one.touchShare))],
  ['fill_rate_percent', 'fill rate, %', fillRate],
  ['fills_per_hour', 'fills an hour', (runs) => hourly(runs, ({ fills }) => fills)],
  ['turnover_usdc_per_hour', 'turnover an hour, USDC', (runs) => hourly(runs, ({ turnoverUsdc }) => turnoverUsdc)],
  ['gas_usdc_per_hour', 'gas an hour, USDC', (runs) => hourly(runs, ({ gasUsdc }) => gasUsdc)],
  ['profit_usdc_per_hour', 'profit an hour after gas, USDC', (runs) => hourly(runs, ({ profitUsdc }) => profitUsdc)],
  ['profit_bps', 'profit on turnover after gas, bps', profitBps],
  ['sharpe_daily', 'Sharpe ratio of a day', sharpe],
  [
    'spread_captured_bps',
    'spread captured, bps',
    (runs) => weighted(runs, ({ spreadCapturedBps }) => spreadCapturedBps),
  ],
  ...MARKOUT_HORIZONS_S.map(
    (seconds, i) =>
      [
        `markout_${seconds}s_bps`,
        `left of it after ${seconds} s, bps`,
        (runs: readonly MakerFigures[]) => weighted(runs, ({ markoutsBps }) => markoutsBps[i]!),
      ] as const,
  ),
  ['position_rms_usdc', 'inventory, root mean square, USDC', (runs) => mean(runs.map((one) => one.positionRmsUsdc))],
  ['position_most_usdc', 'largest inventory, USDC', (runs) => Math.max(...runs.map((one) => one.positionMostUsdc))],
];

/**
 * Sums up the seeds. Intervals are bootstrapped over whole seeds, what belongs to one staying together.
 *
 * @throws RangeError without any seed
 */
export function compare(seeds: readonly SeedRuns[]): Comparison {
  const alone = seeds.map((one) => one.alone);
  const together = seeds.map((one) => one.together);
  const touch = (runs: readonly MakerFigures[]): number => mean(runs.map((one) => one.touchSpreadBps));
  const ours = [...alone, ...together].map((pair) => pair.ours);
  return {
    seeds: seeds.length,
    hours: mean(ours.map(({ hours }) => hours)),
    touchImprovementPercent: estimate(alone, (of) => PERCENT * (1 - touch(of('ours')) / touch(of('baseline')))),
    fillRatePercent: estimate(alone, (of) => fillRate(of('ours'))),
    positionMostUsdc: Math.max(...ours.map(({ positionMostUsdc }) => positionMostUsdc)),
    alone: rowsOf(alone),
    together: rowsOf(together),
  };
}

type Figures = (side: 'ours' | 'baseline') => readonly MakerFigures[];

function estimate(pairs: readonly Pair[], figure: (of: Figures) => number): Interval {
  const of = (drawn: readonly Pair[]): number => figure((side) => drawn.map((pair) => pair[side]));
  return bootstrap(pairs, of, seededRandom(pairs.length));
}

function rowsOf(pairs: readonly Pair[]): Row[] {
  return FIGURES.map(([key, name, figure]) => ({
    key,
    name,
    ours: estimate(pairs, (of) => figure(of('ours'))),
    baseline: estimate(pairs, (of) => figure(of('baseline'))),
    difference: estimate(pairs, (of) => figure(of('ours')) - figure(of('baseline'))),
  }));
}

function hourly(runs: readonly MakerFigures[], figure: (run: MakerFigures) => number): number {
  return mean(runs.map(figure)) / mean(runs.map(({ hours }) => hours));
}

function weighted(runs: readonly MakerFigures[], figure: (run: MakerFigures) => number): number {
  const turnover = mean(runs.map(({ turnoverUsdc }) => turnoverUsdc));
  return turnover === 0 ? 0 : mean(runs.map((run) => figure(run) * run.turnoverUsdc)) / turnover;
}

function fillRate(runs: readonly MakerFigures[]): number {
  const reached = mean(runs.map(({ ordersReached }) => ordersReached));
  return reached === 0 ? 0 : (PERCENT * mean(runs.map(({ ordersFilled }) => ordersFilled))) / reached;
}

function profitBps(runs: readonly MakerFigures[]): number {
  return weighted(runs, ({ profitUsdc, turnoverUsdc }) =>
    turnoverUsdc === 0 ? 0 : (10_000 * profitUsdc) / turnoverUsdc,
  );
}

function sharpe(runs: readonly MakerFigures[]): number {
  return dailySharpe(
    runs.flatMap(({ profitByMinuteUsdc }) => profitByMinuteUsdc),
    MINUTES_A_DAY,
  );
}
