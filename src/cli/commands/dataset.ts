import { z } from 'zod';
import { ProgressBar } from '../../backtest/progress.ts';
import { RecordingError } from '../../binance/recording.ts';
import { naive } from '../../compare/naive.ts';
import { accountSettings } from '../../config/account.ts';
import { DatasetError } from '../../dataset/dataset_error.ts';
import { devnetSources } from '../../dataset/devnet.ts';
import { journalSource } from '../../dataset/journal.ts';
import { type ClassCounts, type DatasetSummary, makeDatasets } from '../../dataset/make.ts';
import { recordingSources } from '../../dataset/recordings.ts';
import type { DatasetSource } from '../../dataset/source.ts';
import { SHIPPED_TAPES } from '../../devnet/populated.ts';
import { CommandError } from '../../exit/command_error.ts';
import { JournalCorruptError } from '../../journal/reader.ts';
import { gasOf, marketsOf } from '../../live/launch.ts';
import { version } from '../../runtime/version.ts';
import { TapeError } from '../../tape/tape_error.ts';
import { grouped } from '../../terminal/figures.ts';
import { type CommandContext, defineCommand, type OptionValues } from '../command.ts';

const MS_PER_S = 1_000;
const MICRO = 1_000_000;
const PERCENT = 100;

/** Distance of the naive maker's quotes from the mid: what flashmm compare has by default. */
const NAIVE_BPS = 7.5;

const options = {
  tape: {
    value: 'FILE',
    many: true,
    summary:
      'Recordings, oldest first; those of one market make one dataset. With --devnet: whose prices it follows (default the shipped ones)',
    schema: z.array(z.string().min(1)).default([]),
  },
  journal: {
    value: 'DIR',
    many: true,
    summary: 'Input journals of sessions: what their markets were like',
    schema: z.array(z.string().min(1)).default([]),
  },
  devnet: {
    summary: 'The devnet’s simulated market, in virtual time',
    schema: z.boolean().default(false),
  },
  seeds: {
    value: 'N',
    summary: 'With --devnet: how many seeds, a dataset each (default 1)',
    schema: z.coerce.number().int().min(1).max(10_000).default(1),
  },
  firstSeed: {
    value: 'N',
    summary: 'With --devnet: the first of them (default 1)',
    schema: z.coerce.number().int().min(0).default(1),
  },
  hours: {
    value: 'H',
    summary: 'With --devnet: simulated hours for each seed (default 0.5)',
    schema: z.coerce.number().min(0.01).max(1_000).default(0.5),
  },
  maker: {
    value: 'NAME',
    summary: 'With --devnet: who makes the market there, ours (default) or naive; its orders are not seen',
    schema: z.enum(['ours', 'naive']).default('ours'),
  },
  market: {
    value: 'SYMBOL',
    summary: 'Only this market; with --devnet the first configured is the default',
    schema: z.string().min(1).optional(),
  },
  everyMs: {
    value: 'MS',
    summary: 'Distance of rows: 50, 100 or 200, of which models read every fourth, second or each (default 50)',
    schema: z.coerce
      .number()
      .refine((ms) => [50, 100, 200].includes(ms), 'expected 50, 100 or 200')
      .default(50),
  },
  thresholdBps: {
    value: 'BPS',
    summary: 'A move of the mid up to this is called none (default 0)',
    schema: z.coerce.number().min(0).max(1_000).default(0),
  },
  smoothingMs: {
    value: 'MS',
    summary: 'The future mid is the mean over this long around each horizon (default 0: the mid at the horizon)',
    schema: z.coerce.number().min(0).max(200).default(0),
  },
  sentiment: {
    value: 'FILE',
    summary: 'CSV of values by the time they became known, joined as of each row: ts_us,value or time,value',
    schema: z.string().min(1).optional(),
  },
  out: {
    value: 'DIR',
    summary: 'Folder for the datasets (default datasets)',
    schema: z.string().min(1).default('datasets'),
  },
  force: {
    summary: 'Replace datasets that are there',
    schema: z.boolean().default(false),
  },
} as const;

type DatasetContext = CommandContext<OptionValues<typeof options>>;

/** `flashmm dataset` */
export const command = defineCommand({
  name: 'dataset',
  summary: 'Make labelled features for training out of recordings, sessions or the simulated market.',
  description:
    'For each market an Arrow file with a row at each instant of a grid: the 64 features as the live pipeline computes them from all that came before, and what the mid did 100, 200 and 500 ms later (bearish, neutral, bullish), event by event. Threshold and smoothing of the labels are stated apart. Rows lie where the book is live; where it is not, a new segment begins. The same files and options give the same bytes.',
  options,
  examples: [
    { line: 'flashmm dataset --tape tapes/*.gz', summary: 'the shipped recordings, into datasets/' },
    {
      line: 'flashmm dataset --devnet --seeds 8 --every-ms 200 --out datasets/devnet --json',
      summary: 'eight simulated half hours',
    },
  ],
  async run(context) {
    const startedMs = performance.now();
    try {
      const sources = await sourcesOf(context);
      const made: DatasetSummary[] = [];
      for (const source of sources) made.push(...(await makeOne(source, context)));
      if (made.length === 0) throw noMarket(context.options.market, sources);
      const seconds = (performance.now() - startedMs) / MS_PER_S;
      if (context.json) context.printJson({ datasets: made.map(jsonOf), seconds });
      else context.print(textOf(made));
    } catch (error) {
      throw readingError(error as Error);
    }
    return undefined;
  },
});

async function sourcesOf(context: DatasetContext): Promise<readonly DatasetSource[]> {
  const { tape, journal, devnet } = context.options;
  const given = [tape.length > 0 && !devnet, journal.length > 0, devnet].filter((one) => one).length;
  if (given !== 1) {
    const said = given === 0 ? 'no source is given' : 'more than one kind of source is given';
    throw new CommandError('usage', `${said}: expected one of --tape FILE…, --journal DIR…, --devnet`);
  }
  if (journal.length > 0) return Promise.all(journal.map(journalSource));
  if (!devnet) return recordingSources(tape);
  const { market: symbol, maker: makerName, firstSeed, seeds, hours } = context.options;
  const { config } = context.config();
  const markets = marketsOf(config);
  const market = symbol === undefined ? markets[0] : markets.find((one) => one.symbol === symbol);
  if (market === undefined)
    throw new CommandError(
      'usage',
      `--market ${symbol}: expected one of ${markets.map((one) => one.symbol).join(', ')}`,
    );
  const ours = accountSettings(config, [market]);
  const maker = makerName === 'naive' ? naive(ours, NAIVE_BPS) : ours;
  const simulated = { maker, makerName, firstSeed, seeds, hours };
  return devnetSources({ ...simulated, tapes: tape.length > 0 ? tape : SHIPPED_TAPES, gas: gasOf(config) });
}

async function makeOne(source: DatasetSource, context: DatasetContext): Promise<readonly DatasetSummary[]> {
  const { out, everyMs, thresholdBps, smoothingMs, sentiment, market, force } = context.options;
  const staleAfterMs = context.config().config.sampling.stale_after_ms;
  const bar = new ProgressBar(context.stderr, source.progress.total);
  try {
    return await makeDatasets(source, {
      ...{ out, everyMs, thresholdBps, smoothingMs, staleAfterMs, sentiment, market, force },
      flashmm: version(),
      onProgress: ({ done }) => {
        context.signal.throwIfAborted();
        bar.show(done, source.name);
      },
    });
  } finally {
    bar.clear();
  }
}

function noMarket(market: string | undefined, sources: readonly DatasetSource[]): CommandError {
  const there = new Set(sources.flatMap(({ markets }) => markets.map(({ symbol }) => symbol)));
  return new CommandError('usage', `--market ${market}: expected one of ${[...there].join(', ')}`);
}

function readingError(error: Error): Error {
  const expected =
    error instanceof RecordingError ||
    error instanceof DatasetError ||
    error instanceof TapeError ||
    error instanceof JournalCorruptError;
  if (!expected) return error;
  return new CommandError(
    'environment',
    error.message,
    'Datasets are made of what flashmm record writes, of session journals, or of the simulated market.',
  );
}

function jsonOf(one: DatasetSummary): Record<string, unknown> {
  return {
    dataset: one.path,
    market: one.market,
    venue: one.venue,
    domain: one.domain,
    source: one.source,
    rows: one.rows,
    bytes: one.bytes,
    segments: one.segments,
    warm_share: one.rows === 0 ? 0 : one.warmRows / one.rows,
    from_us: one.fromUs,
    to_us: one.toUs,
    classes: Object.fromEntries(
      one.classes.map((counts) => [counts.horizonMs, { ...sharesOf(counts), unknown: counts.unknown }]),
    ),
  };
}

/** Shares of the rows whose label is known. */
function sharesOf({ bearish, neutral, bullish }: ClassCounts): Record<'bearish' | 'neutral' | 'bullish', number> {
  const known = Math.max(1, bearish + neutral + bullish);
  return { bearish: bearish / known, neutral: neutral / known, bullish: bullish / known };
}

function textOf(made: readonly DatasetSummary[]): string {
  const percent = (share: number): string => `${(share * PERCENT).toFixed(1)} %`;
  return made
    .flatMap((one) => {
      const span = `${grouped(one.rows)} rows over ${grouped((one.toUs - one.fromUs) / MICRO)} s`;
      const warm = percent(one.rows === 0 ? 0 : one.warmRows / one.rows);
      return [
        one.path,
        `  ${one.market} of ${one.venue}, ${span}, segments ${one.segments}, warm ${warm}`,
        ...one.classes.map((counts) => {
          const { bearish, neutral, bullish } = sharesOf(counts);
          const [down, same, up] = [bearish, neutral, bullish].map((share) => percent(share).padStart(6));
          return `  ${counts.horizonMs} ms  down ${down}  same ${same}  up ${up}  unknown ${grouped(counts.unknown)}`;
        }),
      ];
    })
    .join('\n');
}
