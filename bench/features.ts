import { parseArgs } from 'node:util';
import { Tapes } from '../src/backtest/tapes.ts';
import { FeatureEngine } from '../streams/features/engine.ts';
import { FEATURE_COUNT, FEATURE_PERIOD_MS } from '../streams/features/types.ts';
import { isMarketInput } from '../streams/inputs.ts';
import { LocalBook } from '../streams/market/local_book.ts';
import type { MarketInput } from '../streams/market/types.ts';

/**
 * What 64 features cost: a recording's inputs into the local book alone, and into the book with the feature engine behind it, in
 * turns; then vectors with every window full. Processor time of this process, so that other work on the
 * machine disturbs little.
 */

const EVENT_MOST_US = 5;
const VECTOR_MOST_US = 50;
const VECTORS = 20_000;
const WARM_UP_RUNS = 3;
const STEP_US = FEATURE_PERIOD_MS * 1_000;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    runs: { type: 'string', default: '11' },
    tape: { type: 'string', default: 'tapes/spot_btcusdt_20240808.gz' },
  },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs ${values.runs}: expected a positive integer`);

const tapes = await Tapes.open([values.tape]);
const inputs: MarketInput[] = [];
for await (const { input } of tapes.inputs()) if (isMarketInput(input)) inputs.push(input);
const { symbol } = tapes.markets[0]!;

/** Processor time of some work, microseconds. */
function cost(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function book(): LocalBook {
  const view = new LocalBook(symbol);
  for (const input of inputs) view.apply(input);
  return view;
}

function bookAndFeatures(): FeatureEngine {
  const view = new LocalBook(symbol);
  const engine = new FeatureEngine();
  for (const input of inputs) {
    view.apply(input);
    engine.apply(view, input.timeUs);
  }
  return engine;
}

function vectors(engine: FeatureEngine): void {
  const vector = new Float32Array(FEATURE_COUNT);
  // The recording's last instant over and over: after it the windows would run empty.
  const nowUs = (Math.floor(inputs.at(-1)!.timeUs / STEP_US) + 1) * STEP_US;
  for (let n = 0; n < VECTORS; n += 1) engine.write(nowUs, vector);
}

const measured = Array.from({ length: WARM_UP_RUNS + runs }, () => {
  const alone = cost(book);
  let engine = new FeatureEngine();
  const both = cost(() => {
    engine = bookAndFeatures();
  });
  return { alone: alone / inputs.length, both: both / inputs.length, vector: cost(() => vectors(engine)) / VECTORS };
}).slice(WARM_UP_RUNS);

const median = (figures: readonly number[]): number => [...figures].sort((a, b) => a - b)[figures.length >> 1]!;
const figures = {
  book_us: median(measured.map(({ alone }) => alone)),
  features_us: median(measured.map(({ alone, both }) => both - alone)),
  ratio_to_book: median(measured.map(({ alone, both }) => both / alone)),
  vector_us: median(measured.map(({ vector }) => vector)),
};
const met = figures.features_us < EVENT_MOST_US && figures.vector_us < VECTOR_MOST_US;
if (values.json === true) {
  const facts = { tape: values.tape, events: inputs.length, runs, node: process.version };
  console.log(
    JSON.stringify({ ...facts, ...figures, event_most_us: EVENT_MOST_US, vector_most_us: VECTOR_MOST_US, met }),
  );
} else {
  console.log(
    `${FEATURE_COUNT} features on ${inputs.length} events of ${symbol}; medians of ${runs} runs; Node ${process.version}`,
  );
  console.log(`  book alone       ${figures.book_us.toFixed(2)} µs an event`);
  console.log(
    `  features         ${figures.features_us.toFixed(2)} µs an event more (both: ${figures.ratio_to_book.toFixed(1)} × the book alone)`,
  );
  console.log(`  vector           ${figures.vector_us.toFixed(2)} µs`);
  console.log(`  targets: < ${EVENT_MOST_US} µs an event, < ${VECTOR_MOST_US} µs a vector: ${met ? 'met' : 'missed'}`);
}
if (!met) process.exitCode = 1;
