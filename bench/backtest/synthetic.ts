import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { blankRow, KIND, SIDE } from '../../src/tape/rows.ts';
import { TapeWriter } from '../../src/tape/writer.ts';

const MARKET = {
  symbol: 'SYNTHETIC',
  venue: 'synthetic',
  base: 'X',
  quote: 'Y',
  tickSize: '0.1',
  lotSize: '0.001',
  contract: 'linear',
  contractSize: '1',
} as const;

/** Nanoseconds from one event to the next, on average. */
const MEAN_GAP_NS = 1e6;
const FIRST_TICK = 600_000;
const LEVELS_FIRST = 20;
const LEVELS_LEAST = 8;
const LEVELS_MOST = 60;
const TWO_32 = 2 ** 32;

/** One side of the made-up book. */
class Side {
  readonly lots = new Map<number, number>();
  /** The best tick, and the furthest. */
  best: number;
  far: number;
  /** Which way is away from the other side. */
  readonly away: 1 | -1;

  constructor(best: number, away: 1 | -1) {
    this.best = best;
    this.far = best + away * (LEVELS_FIRST - 1);
    this.away = away;
  }
}

/**
 * Writes a tape of a market that nobody trades on: a book that is never crossed, market orders each followed by the level that they
 * took from, limit orders and cancels mostly near the touch, and a drift that comes and goes. As the peers' generator has it: about 1,000
 * events a second, one in eight a trade. In constant memory.
 *
 * @param seed the same seed gives the same tape
 */
export function writeSyntheticTape(path: string, rows: number, seed: number): void {
  const writer = new TapeWriter(path, { market: MARKET, origin: { format: 'synthetic', files: [] } });
  const random = xoroshiro128plus(seed);
  const unit = (): number => (random.next() >>> 0) / TWO_32;
  const size = (): number => Math.max(1, Math.floor(500 * Math.exp(normal(unit))));
  const row = blankRow();
  let [drift, ns, s] = [0, 0, 1_700_000_000];
  const bids = new Side(FIRST_TICK, -1);
  const asks = new Side(FIRST_TICK + 1, 1);
  const push = (kind: number, side: number, tick: number, lots: number): void => {
    [row.receiveS, row.receiveNs, row.eventS, row.eventNs] = [s, ns, s, ns];
    [row.kind, row.side, row.tick, row.lots] = [kind, side, tick, lots];
    if (writer.rows + writer.pending < rows) writer.push(row);
  };
  const level = (own: Side, tick: number, lots: number): void => {
    if (lots > 0) own.lots.set(tick, lots);
    else own.lots.delete(tick);
    push(KIND.level, own === bids ? SIDE.buy : SIDE.sell, tick, lots);
  };
  for (const own of [bids, asks]) for (let i = 0; i < LEVELS_FIRST; i += 1) level(own, own.best + own.away * i, size());
  while (writer.rows + writer.pending < rows) {
    ns += Math.max(1, Math.floor(-Math.log(1 - unit()) * MEAN_GAP_NS));
    for (; ns >= 1e9; ns -= 1e9) s += 1;
    drift = 0.999 * drift + 0.02 * (unit() - 0.5);
    const what = unit();
    if (what < 0.12) {
      const buys = unit() < 0.5 + drift;
      const taken = buys ? asks : bids;
      const there = taken.lots.get(taken.best)!;
      const lots = Math.min(size(), there);
      push(KIND.trade, buys ? SIDE.buy : SIDE.sell, taken.best, lots);
      level(taken, taken.best, there - lots);
    } else {
      const own = unit() < 0.5 ? bids : asks;
      if (what < 0.2 && asks.best - bids.best > 1) {
        own.best -= own.away;
        level(own, own.best, size());
      } else {
        const behind = Math.min(LEVELS_FIRST - 1, Math.floor(-Math.log(1 - unit()) * 3));
        const tick = own.best + own.away * behind;
        const goes = own.lots.has(tick) && unit() < (behind > 0 ? 0.1 : 0.03);
        level(own, tick, goes ? 0 : size());
        own.far = own.away > 0 ? Math.max(own.far, tick) : Math.min(own.far, tick);
      }
    }
    for (const own of [bids, asks]) tend(own, level, size);
  }
  writer.close();
}

/** Keeps a side between its least and its most levels, and finds its best tick. */
function tend(own: Side, level: (own: Side, tick: number, lots: number) => void, size: () => number): void {
  while (own.lots.size < LEVELS_LEAST) {
    own.far += own.away;
    level(own, own.far, size());
  }
  while (!own.lots.has(own.best)) own.best += own.away;
  while (!own.lots.has(own.far)) own.far -= own.away;
  if (own.lots.size <= LEVELS_MOST) return;
  level(own, own.far, 0);
  own.far -= own.away;
}

/** A standard normal number (Box and Muller 1958). */
function normal(unit: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
}
