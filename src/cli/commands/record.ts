import { z } from 'zod';
import { LocalBook } from '../../../streams/market/local_book.ts';
import type { Market, MarketInput } from '../../../streams/market/types.ts';
import { BINANCE_ENDPOINTS, type BinanceVenue } from '../../binance/endpoints.ts';
import { BinanceFeed } from '../../binance/feed.ts';
import { binanceMarket, knownMarket } from '../../binance/instruments.ts';
import { Recorder } from '../../binance/recorder.ts';
import { CommandError } from '../../exit/command_error.ts';
import { defineCommand } from '../command.ts';

const VENUES: Readonly<Record<string, BinanceVenue>> = {
  spot: 'binance-spot',
  usdm: 'binance-usdm',
  coinm: 'binance-coinm',
};

/** How often the progress line is rewritten. */
const PROGRESS_EVERY_MS = 1_000;

/** A symbol that is not in the table is recorded all the same: ticks and lots matter only to who reads it. */
const FINEST_STEP = '0.00000001';

/** `flashmm record` */
export const command = defineCommand({
  name: 'record',
  summary: 'Record live Binance market data to a file.',
  description:
    'Writes every message of the depth, best-price, trade and one-minute candle streams of a symbol as it was received, each behind its receive time in nanoseconds, and a depth snapshot whenever the local book needs one. The file is what backtest and replay-server read. Ends after --seconds, or on Ctrl-C.',
  options: {
    venue: {
      value: 'NAME',
      summary: 'spot, usdm or coinm (default spot)',
      schema: z.enum(['spot', 'usdm', 'coinm']).default('spot'),
    },
    symbol: {
      value: 'SYMBOL',
      summary: 'What to record (default BTCUSDT)',
      schema: z
        .string()
        .regex(/^[A-Z0-9_]{3,30}$/)
        .default('BTCUSDT'),
    },
    out: { value: 'FILE', summary: 'Where to write; .gz compresses; must not exist', schema: z.string().min(1) },
    seconds: {
      value: 'S',
      summary: 'Stop after this time',
      schema: z.coerce.number().positive().max(31_536_000).optional(),
    },
    wsUrl: {
      value: 'URL',
      summary: 'Another stream endpoint, such as a replay-server',
      schema: z.url({ protocol: /^wss?$/ }).optional(),
    },
    restUrl: { value: 'URL', summary: 'Another REST endpoint', schema: z.url({ protocol: /^https?$/ }).optional() },
  },
  examples: [
    { line: 'flashmm record --symbol BTCUSDT --out btc.gz --seconds 600', summary: 'ten minutes of BTCUSDT spot' },
    { line: 'flashmm record --venue usdm --symbol ETHUSDT --out eth.gz', summary: 'the perpetual, until Ctrl-C' },
  ],
  async run(context) {
    const { venue, symbol, out, seconds, wsUrl, restUrl } = context.options;
    const name = VENUES[venue]!;
    const known = BINANCE_ENDPOINTS[name];
    const endpoints = { ...known, ...(wsUrl ? { wsUrl } : {}), ...(restUrl ? { restUrl } : {}) };
    const market: Market = knownMarket(name, symbol) ?? binanceMarket(name, symbol, FINEST_STEP, FINEST_STEP);
    const epochNs = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
    const recorder = new Recorder(out, () => epochNs + process.hrtime.bigint());
    const rejects: Record<string, number> = {};
    const book = new LocalBook(market.symbol);
    let lost = 0;
    const feed: BinanceFeed = new BinanceFeed({
      endpoints,
      markets: [market],
      random: Math.random,
      onText: (text) => recorder.write(text),
    });
    await feed.open({
      accept: (input) => {
        if (input.kind === 'reject') rejects[input.reason] = (rejects[input.reason] ?? 0) + 1;
        // Whoever reads the file needs a snapshot wherever the book's updates begin, or begin again.
        if (input.kind !== 'reject') book.apply(input as MarketInput);
        if (book.resyncWanted) feed.resync(market.symbol);
        if (input.kind === 'feedStatus' && input.status === 'down') {
          lost += 1;
          context.stderr.write(`connection: ${input.reason}\n`);
        }
      },
    });
    const progress = setInterval(() => {
      if (context.stderr.isTTY)
        context.stderr.write(`\r${recorder.lines} messages, ${(recorder.bytes / 1e6).toFixed(1)} MB `);
    }, PROGRESS_EVERY_MS);
    await ended(context.signal, seconds, () => recorder.failure);
    clearInterval(progress);
    await feed.close();
    try {
      await recorder.close();
    } catch (error) {
      throw new CommandError(
        'environment',
        `${out}: cannot be written: ${(error as Error).message}`,
        'Name a new file in a folder that exists and has room.',
      );
    }
    const report = {
      file: out,
      market: market.symbol,
      lines: recorder.lines,
      bytes: recorder.bytes,
      connections_lost: lost,
      rejects,
    };
    if (context.json) context.printJson(report);
    else context.print(`${out}: ${recorder.lines} messages of ${market.symbol}, connection lost ${lost} times`);
    return recorder.lines > 0 ? undefined : 1;
  },
});

/** Resolves on the signal, after the time, or when recording has failed. */
function ended(signal: AbortSignal, seconds: number | undefined, failure: () => Error | undefined): Promise<void> {
  return new Promise((resolve) => {
    const poll = setInterval(() => {
      if (failure() !== undefined) finish();
    }, 250);
    const timer = seconds === undefined ? undefined : setTimeout(() => finish(), seconds * 1_000);
    const finish = (): void => {
      clearInterval(poll);
      clearTimeout(timer);
      resolve();
    };
    if (signal.aborted) finish();
    signal.addEventListener('abort', finish, { once: true });
  });
}
