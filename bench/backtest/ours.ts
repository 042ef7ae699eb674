import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { simulateTapes, type TapeExchange } from '../../src/backtest/simulate_tapes.ts';
import { LoadedPages, TapePages } from '../../src/backtest/tape_pages.ts';
import { Tape } from '../../src/tape/reader.ts';
import { Grid } from '../../streams/baselines/grid.ts';
import { constantLatency } from '../../streams/simulation/order_latency.ts';
import type { RowPages } from '../../streams/simulation/simulated_market.ts';
import type { Simulation, Watcher } from '../../streams/simulation/simulation.ts';
import { GRID, type Measured } from './grid.ts';

// One process of the benchmark: the grid on tapes until it is compiled, then timed several times, and once more for its fills. Prints
// JSON.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '7' },
    /** How long to run before the clock counts, in seconds; one run at least. */
    'warm-up-s': { type: 'string', default: '1.5' },
    fills: { type: 'string' },
    /** Read as it goes, as `flashmm backtest` does, instead of being loaded before the clock runs. */
    stream: { type: 'boolean', default: false },
    /** Has our side keep a book of its own, as for a strategy that asks for sizes. */
    levels: { type: 'boolean', default: false },
    markets: { type: 'string', default: '1' },
  },
});
const path = positionals[0]!;
const exchange: TapeExchange = {
  queue: 'power3',
  queuePower: 3,
  latency: () => constantLatency(GRID.latencyNs, GRID.latencyNs),
  feedLatencyNs: GRID.latencyNs,
  exchangeClock: 'event',
};

interface Timed {
  readonly wallS: number;
  readonly cpuS: number;
}

function timed(work: () => void): Timed {
  const [startMs, start] = [performance.now(), process.cpuUsage()];
  work();
  const { user, system } = process.cpuUsage(start);
  return { wallS: (performance.now() - startMs) / 1e3, cpuS: (user + system) / 1e6 };
}

/** Opens the tape for so many markets, each with a reader of its own. */
function opened(): readonly Tape[] {
  return Array.from({ length: Number(values.markets) }, () => Tape.open(path));
}

const tapes = opened();
const loaded = new Map<Tape, LoadedPages>();
const load = timed(() => {
  if (!values.stream) for (const tape of tapes) loaded.set(tape, new LoadedPages(tape, exchange));
});

class GridWithLevels extends Grid {
  override readonly book = 'levels';
}

function gridRun(watcher: Watcher = {}): Simulation {
  const pages = (tape: Tape): RowPages => loaded.get(tape) ?? new TapePages(tape, exchange);
  const strategy = values.levels ? new GridWithLevels(GRID) : new Grid(GRID);
  return simulateTapes(tapes, exchange, strategy, watcher, pages).simulation;
}

const outcomes = new Set<string>();
let last: Simulation | undefined;

function timedRun(): Timed {
  const simulation = gridRun();
  const time = timed(() => simulation.run());
  const { positionLots, cashTickLots } = simulation.desks[0]!;
  outcomes.add(JSON.stringify([simulation.counts, positionLots, cashTickLots]));
  last = simulation;
  return time;
}

const first = timedRun();
let warmUpS = first.wallS;
while (warmUpS < Number(values['warm-up-s'])) warmUpS += timedRun().wallS;
const times = Array.from({ length: Number(values.runs) }, timedRun);
const rssMb = process.resourceUsage().maxRSS / 1_024;

const lines: string[] = [];
let [turnover, fills] = [0, 0];
const originNs = BigInt(tapes[0]!.originS) * 1_000_000_000n;
const watched = gridRun({
  execution: (desk, { side }, timeNs, tick, lots) => {
    fills += 1;
    turnover += tick * lots;
    if (values.fills !== undefined && desk.index === 0)
      lines.push(`${originNs + BigInt(timeNs)} ${side} ${tick} ${lots}`);
  },
});
watched.run();
if (values.fills !== undefined) writeFileSync(values.fills, `${lines.join('\n')}\n`);

const { market } = tapes[0]!;
const desk = last!.desks[0]!;
const value = Number(market.tickSize) * Number(market.lotSize);
const middle = (desk.bidTick + desk.askTick) / 2;
const measured: Measured = {
  engine: 'flashmm',
  version: process.version,
  rows: tapes.reduce((sum, { rows }) => sum + rows, 0),
  load_s: load.wallS,
  first_wall_s: first.wallS,
  warm_up_s: warmUpS,
  wall_s: times.map(({ wallS }) => wallS),
  cpu_s: times.map(({ cpuS }) => cpuS),
  fills,
  position: desk.positionLots * Number(market.lotSize),
  pnl: (desk.cashTickLots + desk.positionLots * middle - turnover * GRID.makerFee) * value,
  ...last!.counts,
  rss_mb: rssMb,
  deterministic: outcomes.size === 1,
};
console.log(JSON.stringify(measured));
