import { parseArgs } from 'node:util';
import { accountSettings } from '../src/config/account.ts';
import { loadConfig } from '../src/config/load.ts';
import { DEFAULT_MARKETS } from '../src/devnet/market.ts';
import { Reactor } from '../src/runtime/reactor.ts';
import { LANES } from '../streams/actor/kernel.ts';
import type { Input } from '../streams/inputs.ts';

/**
 * The hot path: from a market's sample to the approved orders made from it, sixteen markets on one account, without inference.
 * Every book changes between two samples, trades come in, and the orders of every market are confirmed, so that each stage has
 * all of its work to do.
 */

const MARKETS = 16;
const INSTANTS = 1_500;
const WARM_UP = 500;
const PERIOD_US = 200_000;
const START_US = 1_700_000_000_000_000;
const TARGET_P99_MS = 1;

const { values } = parseArgs({ options: { json: { type: 'boolean' }, runs: { type: 'string', default: '5' } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs ${values.runs}: expected a positive integer`);

const markets = Array.from({ length: MARKETS }, (_, i) => {
  const like = DEFAULT_MARKETS[i % DEFAULT_MARKETS.length]!;
  return { ...like, symbol: `M${i}`, base: `${like.base}${i}` };
});
const TICKS = [618_000, 268_000, 2_900, 4_850];
const { config } = loadConfig({
  env: {},
  // Sixteen markets that all quote both sides are beyond the limits of four.
  flags: [
    { path: 'risk.max_orders_per_s', text: '1000', from: 'bench' },
    { path: 'risk.max_net_inventory_pct', text: '100', from: 'bench' },
  ],
});

/** Milliseconds from each sample to its approval, and of each instant from its beginning to the last approval. */
interface Measured {
  readonly events: number[];
  readonly instants: number[];
}

function run(): Measured {
  const measured: Measured = { events: [], instants: [] };
  const sampledMs = new Map<string, number>();
  let approved = 0;
  let orders = 0;
  let measuring = false;
  const reactor = new Reactor(
    { settings: accountSettings(config, markets), seed: 1, startUs: START_US },
    {
      onDecision: (decision) => {
        if (decision.kind === 'sample') sampledMs.set(decision.market, performance.now());
        else if (decision.kind === 'approved') {
          const began = sampledMs.get(decision.market);
          if (began === undefined) return;
          sampledMs.delete(decision.market);
          if (decision.bids.length > 0 && decision.asks.length > 0) approved += 1;
          if (measuring) measured.events.push(performance.now() - began);
        } else if (decision.kind === 'orderBatch') orders = decision.batchId;
      },
    },
  );
  let seq = 0;
  let timeUs = START_US;
  const take = (input: Record<string, unknown> & { kind: Input['kind'] }): void => {
    seq += LANES;
    reactor.take({ ...input, seq, timeUs } as unknown as Input);
  };
  for (let n = 0; n < WARM_UP + INSTANTS; n += 1) {
    measuring = n >= WARM_UP;
    timeUs += 1_000;
    take({ kind: 'block', height: n + 1, chainTimeUs: timeUs });
    if (orders > 0) take({ kind: 'batchCommitted', batchId: orders, txHash: '', height: n + 1, orderIds: idsOf(n) });
    markets.forEach(({ symbol }, i) => {
      const mid = Math.round(TICKS[i % TICKS.length]! * (1 + 0.0005 * Math.sin(n * 1.7 + i)));
      const half = Math.max(1, Math.round(mid * 0.002));
      const book = { bids: levels(mid - half, -1), asks: levels(mid + half, 1) };
      take({ kind: 'trade', market: symbol, tradeId: n + 1, eventUs: timeUs, side: 'buy', tick: mid + half, lots: 1 });
      take({ kind: 'bookSnapshot', market: symbol, lastId: n + 1, eventUs: timeUs, ...book });
    });
    timeUs = START_US + (n + 1) * PERIOD_US;
    const startMs = performance.now();
    reactor.clock.advanceTo(timeUs + 1);
    if (measuring) measured.instants.push(performance.now() - startMs);
    timeUs += 1;
  }
  if (approved < (MARKETS * (WARM_UP + INSTANTS)) / 2) throw new Error(`only ${approved} two-sided approvals`);
  return measured;
}

/** More ids than a batch has places. */
function idsOf(n: number): string[] {
  return Array.from({ length: 2 * MARKETS }, (_, i) => String(n * 100 + i));
}

function levels(best: number, step: number): number[] {
  return Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? best + (step * i) / 2 : 10 + i));
}

const quantile = (sample: readonly number[], p: number): number =>
  [...sample].sort((a, b) => a - b)[Math.min(sample.length - 1, Math.floor(p * sample.length))]!;

const all = Array.from({ length: runs }, run);
const figure = (part: keyof Measured, p: number): number =>
  quantile(
    all.map((one) => quantile(one[part], p)),
    0.5,
  );
const figures = {
  sample_to_approved: { p50_ms: figure('events', 0.5), p99_ms: figure('events', 0.99) },
  sixteen_markets_at_once: { p50_ms: figure('instants', 0.5), p99_ms: figure('instants', 0.99) },
};
const met = figures.sample_to_approved.p99_ms < TARGET_P99_MS;
if (values.json === true) {
  const facts = { runs, markets: MARKETS, instants: INSTANTS, node: process.version };
  console.log(JSON.stringify({ ...facts, ...figures, target_p99_ms: TARGET_P99_MS, met }, null, 2));
} else {
  console.log(
    `sample to approved orders, ${MARKETS} markets, ${INSTANTS} instants; median of ${runs} runs; Node ${process.version}`,
  );
  for (const [name, { p50_ms, p99_ms }] of Object.entries(figures))
    console.log(`  ${name.replaceAll('_', ' ').padEnd(26)} p50 ${p50_ms.toFixed(3)} ms   p99 ${p99_ms.toFixed(3)} ms`);
  console.log(`  target: sample to approved p99 < ${TARGET_P99_MS} ms: ${met ? 'met' : 'missed'}`);
}
if (!met) process.exitCode = 1;
