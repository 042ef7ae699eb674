import { BINANCE_ENDPOINTS } from '../src/binance/endpoints.ts';
import { BinanceFeed } from '../src/binance/feed.ts';
import { knownMarket } from '../src/binance/instruments.ts';
import { BinanceParser } from '../src/binance/parse.ts';
import { FAULTS, type Fault } from '../src/binance/replay_server/faults.ts';
import { startReplayServer } from '../src/binance/replay_server/server.ts';
import { readTape, type Tape } from '../src/binance/replay_server/tape.ts';
import { accountSettings } from '../src/config/account.ts';
import { loadConfig } from '../src/config/load.ts';
import { seededRandom } from '../src/runtime/random.ts';
import { Session } from '../src/runtime/session.ts';
import type { Inlet, Venue } from '../src/venue/port.ts';
import type { Decision } from '../streams/decisions.ts';
import type { Input } from '../streams/inputs.ts';
import { LocalBook } from '../streams/market/local_book.ts';
import type { Sample } from '../streams/market/sample.ts';
import type { Market } from '../streams/market/types.ts';
import type { OrderBatch } from '../streams/orders/types.ts';

/** What a soak runs. */
export interface SoakOptions {
  readonly tape: string;
  /** Recorded seconds to play, over and over. */
  readonly tapeSeconds: number;
  readonly speed: number;
  readonly faultsPerThousand: number;
  readonly seed: number;
  readonly onProgress?: (tapeSeconds: number, rssMb: number) => void;
}

/** How it went. A soak is good without violations and unhandled errors, with quotes, and with flat memory. */
export interface SoakOutcome {
  readonly tapeSeconds: number;
  readonly loops: number;
  readonly quotes: number;
  readonly withheld: number;
  readonly batches: number;
  readonly faults: Readonly<Record<Fault, number>>;
  readonly rejects: Readonly<Record<string, number>>;
  readonly resyncs: number;
  readonly violations: readonly string[];
  readonly errors: readonly string[];
  /** Median resident set of the second and of the last quarter of the run, MB. */
  readonly rssMb: { readonly second: number; readonly last: number; readonly max: number };
}

/** A violation more than these is only counted. */
const VIOLATIONS_SHOWN = 20;

/** A stall has to be longer than this book may be old, so that staleness is tried too. */
const STALE_AFTER_MS = 1_000;
const STALL_MS = 1_500;

/** The recording is served many times as fast, its end jumps to its beginning, and the venue makes no blocks by itself. */
const SETTINGS = {
  'sampling.stale_after_ms': STALE_AFTER_MS,
  'breakers.disconnected_after_ms': 600_000,
  'breakers.extreme_floor_bps': 9_000,
  'breakers.extreme_stop_bps': 10_000,
};

/** A sample's touch has to be the exchange's at one of the ids that came in this long before it. */
const RECENT_MS = STALE_AFTER_MS + 500;

/** Accepts every batch at once: the double of a venue, for quoting without trading. */
class AcceptingVenue implements Venue {
  readonly name = 'accepting';
  readonly markets: readonly Market[] = [];
  #inlet: Inlet | undefined;
  #height = 0;

  async open(inlet: Inlet): Promise<void> {
    this.#inlet = inlet;
    inlet.accept({ kind: 'block', seq: 0, timeUs: 0, height: 0, chainTimeUs: 0 });
    inlet.accept({ kind: 'openOrders', seq: 0, timeUs: 0, height: 0, orders: [] });
  }

  submit({ batchId, places }: OrderBatch): void {
    this.#height += 1;
    const height = this.#height;
    const orderIds = places.map((_, i) => `${batchId}-${i}`);
    this.#inlet?.accept({ kind: 'batchCommitted', seq: 0, timeUs: 0, batchId, txHash: '', height, orderIds });
    this.#inlet?.accept({ kind: 'block', seq: 0, timeUs: 0, height, chainTimeUs: 0 });
  }

  async cancelAll(): Promise<{ cancelled: number; remaining: number }> {
    return { cancelled: 0, remaining: 0 };
  }

  async close(): Promise<void> {
    this.#inlet = undefined;
  }
}

/** The exchange's best prices at every update id of a tape, from the recording itself. */
function truthOf(tape: Tape, market: Market): ReadonlyMap<number, string> {
  const parser = new BinanceParser('truth', [market]);
  const book = new LocalBook(market.symbol);
  const truth = new Map<number, string>();
  const take = (text: string): void => {
    const input = parser.parse(text, market.symbol);
    if (input?.kind !== 'bookDelta' && input?.kind !== 'bookSnapshot') return;
    book.apply(input);
    truth.set(book.lastId, `${book.book.bestBidTick} ${book.book.bestAskTick}`);
  };
  take(JSON.stringify(tape.snapshot));
  for (const { stream, text } of tape.messages) if (stream.includes('@depth')) take(text);
  return truth;
}

/** Holds every quote against the recording. */
class Witness {
  quotes = 0;
  withheld = 0;
  batches = 0;
  resyncs = 0;
  count = 0;
  readonly violations: string[] = [];
  readonly #truth: ReadonlyMap<number, string>;
  #sample: Sample | undefined;
  #recent: { readonly atMs: number; readonly id: number }[] = [];

  constructor(truth: ReadonlyMap<number, string>) {
    this.#truth = truth;
  }

  input(input: Input): void {
    if (input.kind !== 'bookDelta' && input.kind !== 'bookSnapshot') return;
    const nowMs = performance.now();
    this.#recent.push({ atMs: nowMs, id: input.lastId });
    if (this.#recent.length > 4_096) this.#recent = this.#recent.filter(({ atMs }) => nowMs - atMs < RECENT_MS);
  }

  decided(decision: Decision): void {
    if (decision.kind === 'sample') this.#sample = decision;
    if (decision.kind === 'orderBatch') this.batches += 1;
    if (decision.kind === 'resync') this.resyncs += 1;
    if (decision.kind !== 'quote') return;
    if (decision.bids.length + decision.asks.length === 0) {
      this.withheld += 1;
      return;
    }
    this.quotes += 1;
    const sample = this.#sample!;
    const [bidTick, askTick] = [sample.bids[0]!, sample.asks[0]!];
    if (sample.quality !== 'live') this.#violation(`quoted from a book that is ${sample.quality}`);
    if (sample.ageUs > STALE_AFTER_MS * 1_000) this.#violation(`quoted from a book ${sample.ageUs} µs old`);
    if (bidTick >= askTick) this.#violation(`quoted from a crossed book, ${bidTick} ≥ ${askTick}`);
    const touch = `${bidTick} ${askTick}`;
    const nowMs = performance.now();
    const known = this.#recent.some(({ atMs, id }) => nowMs - atMs < RECENT_MS && this.#truth.get(id) === touch);
    if (!known) this.#violation(`quoted from ${touch}, which the exchange never had lately`);
  }

  #violation(text: string): void {
    this.count += 1;
    if (this.violations.length < VIOLATIONS_SHOWN) this.violations.push(text);
  }
}

/** Plays a recording with all faults through the live feed, edge and pipeline, and watches every quote. */
export async function soak(options: SoakOptions): Promise<SoakOutcome> {
  const market = knownMarket('binance-spot', /btc/.test(options.tape) ? 'BTCUSDT' : 'ETHUSDT')!;
  const tape = await readTape(options.tape);
  const witness = new Witness(truthOf(tape, market));
  const server = await startReplayServer({
    tape,
    host: '127.0.0.1',
    port: 0,
    speed: options.speed,
    atEnd: 'loop',
    faults: { kinds: FAULTS, perThousand: options.faultsPerThousand, stallMs: STALL_MS },
    random: seededRandom(options.seed),
  });
  const errors: string[] = [];
  const onError = (error: unknown): void => void errors.push(String(error));
  process.on('uncaughtException', onError);
  process.on('unhandledRejection', onError);
  const flags = Object.entries(SETTINGS).map(([path, value]) => ({ path, text: String(value), from: 'soak' }));
  const feed = new BinanceFeed({
    endpoints: { ...BINANCE_ENDPOINTS['binance-spot'], wsUrl: server.wsUrl, restUrl: server.httpUrl },
    markets: [market],
    random: seededRandom(options.seed + 1),
    timeouts: { silenceMs: 2_000, minBackoffMs: 20, maxBackoffMs: 200 },
  });
  const session = new Session({
    settings: accountSettings(loadConfig({ env: {}, flags }).config, [market]),
    venue: new AcceptingVenue(),
    feeds: [feed],
    seed: options.seed,
    notify: () => {},
    onInput: (input) => witness.input(input),
    onFatal: onError,
  });
  session.decisions$.subscribe((decision) => witness.decided(decision));
  const rss: number[] = [];
  await session.start();
  while (server.progress.tapeSeconds < options.tapeSeconds && errors.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    rss.push(process.memoryUsage.rss() / 1_048_576);
    options.onProgress?.(server.progress.tapeSeconds, rss.at(-1)!);
  }
  const { tapeSeconds, loops } = server.progress;
  const rejects = { ...session.stats.rejects };
  await session.stop('soak');
  await server.close();
  process.off('uncaughtException', onError);
  process.off('unhandledRejection', onError);
  const quarter = Math.floor(rss.length / 4);
  return {
    tapeSeconds,
    loops,
    quotes: witness.quotes,
    withheld: witness.withheld,
    batches: witness.batches,
    faults: { ...server.injected },
    rejects,
    resyncs: witness.resyncs,
    violations:
      witness.count > VIOLATIONS_SHOWN ? [...witness.violations, `${witness.count} in all`] : witness.violations,
    errors,
    rssMb: {
      second: median(rss.slice(quarter, 2 * quarter)),
      last: median(rss.slice(3 * quarter)),
      max: Math.max(...rss),
    },
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
