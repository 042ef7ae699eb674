import { z } from 'zod';
import type { Input } from '../../streams/inputs.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import type { DigestMark } from '../runtime/decision_digest.ts';
import type { ReactorPlan, ReactorSnapshot } from '../runtime/reactor.ts';

/** What each segment says of itself: enough to build the same pipeline again. No secret has a place in it. */
export interface JournalHeader {
  /** Which composition takes the inputs. */
  readonly pipeline: 'market-maker';
  /** Version of the program that wrote it; another one may decide otherwise. */
  readonly flashmm: string;
  readonly node: string;
  /** Name of the session, the same in all its segments. */
  readonly session: string;
  /** Counts the session's segments from 1. */
  readonly segment: number;
  readonly plan: ReactorPlan;
}

/** The end of a session that ended well. A journal without one broke off. */
export interface JournalClose {
  readonly mark: DigestMark;
  /** `stopped by sigint`, `the pipeline failed: …` */
  readonly reason: string;
}

/** What a journal holds, in order: inputs, after each the digest where it moved, and now and then a snapshot. */
export type JournalRecord =
  | { readonly kind: 'header'; readonly header: JournalHeader }
  | { readonly kind: 'snapshot'; readonly snapshot: ReactorSnapshot }
  | { readonly kind: 'input'; readonly input: Input }
  | { readonly kind: 'mark'; readonly mark: DigestMark }
  | { readonly kind: 'close'; readonly close: JournalClose };

const integer = z.number().int();
const hash = z.string().regex(/^[0-9a-f]{64}$/);

const market = z.strictObject({
  symbol: z.string().min(1),
  venue: z.enum(['sei', 'binance-spot', 'binance-usdm', 'binance-coinm']),
  base: z.string(),
  quote: z.string(),
  baseDenom: z.string().optional(),
  quoteDenom: z.string().optional(),
  tickSize: z.string(),
  lotSize: z.string(),
  orderStepLots: integer.positive().optional(),
  contract: z.enum(['linear', 'inverse']),
  contractSize: z.string(),
});

const parameters = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

// The parameters of the stages are plain values by name; which ones is theirs to say.
const settings = z.strictObject({
  markets: z
    .array(
      z.strictObject({
        ...{ market, sampling: parameters, fairValue: parameters, quotes: parameters },
        ...{ risk: parameters, guard: parameters },
        // Journals from before there were models have none.
        features: parameters.nullable().default(null),
        predictions: parameters.nullable().default(null),
      }),
    )
    .min(1),
  conditions: parameters,
  trading: parameters,
  exposure: parameters,
  orders: parameters,
  fees: parameters,
  wakePeriodMs: z.number().positive(),
  wakeDelayMs: z.number().nonnegative().default(0),
}) as unknown as z.ZodType<AccountSettings>;

const mark: z.ZodType<DigestMark> = z.strictObject({ decisions: integer.nonnegative(), hash });

/** Parses a header frame. */
export const headerSchema: z.ZodType<JournalHeader> = z.strictObject({
  pipeline: z.literal('market-maker'),
  flashmm: z.string(),
  node: z.string(),
  session: z.string(),
  segment: integer.positive(),
  plan: z.strictObject({ settings, seed: integer, startUs: integer }),
});

/** Parses a snapshot frame; the states of the reducers are theirs to decode. */
export const snapshotSchema: z.ZodType<ReactorSnapshot> = z.strictObject({
  seq: integer.nonnegative(),
  timeUs: integer,
  digest: mark,
  random: z.array(integer).length(4),
  kernel: z.strictObject({
    timeUs: integer,
    sequences: z.record(z.string(), integer),
    states: z.record(z.string(), z.unknown()),
    restartsMs: z.record(z.string(), z.array(z.number())),
    stopped: z.array(z.string()),
  }),
});

/** Parses a digest frame. */
export const markSchema = mark;

/** Parses a closing frame. */
export const closeSchema: z.ZodType<JournalClose> = z.strictObject({ mark, reason: z.string() });

const INPUT_KINDS: ReadonlySet<string> = new Set<Input['kind']>([
  'bookSnapshot',
  'bookDelta',
  'bookTicker',
  'trade',
  'kline',
  'feedStatus',
  'block',
  'batchAccepted',
  'batchCommitted',
  'batchRefused',
  'batchUnknown',
  'settlement',
  'openOrders',
  'balances',
  'recovered',
  'blocksMissed',
  'command',
  'component',
  'drift',
  'prediction',
  'model',
  'insight',
  'tick',
  'reject',
]);

/**
 * Parses an input frame. Only what delivery needs is checked: inputs were parsed when they entered, and the checksum says
 * that they are what was written.
 */
export const inputSchema = z.custom<Input>((value) => {
  const { kind, seq, timeUs } = (value ?? {}) as Partial<Input>;
  return INPUT_KINDS.has(kind ?? '') && Number.isSafeInteger(seq) && Number.isSafeInteger(timeUs);
}, 'an input needs a known kind, a number and a time');
