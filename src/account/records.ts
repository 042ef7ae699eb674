import { z } from 'zod';
import type { Recovered, RecoveredOrder } from '../../streams/orders/types.ts';
import { type CauseCode, isCauseCode } from '../../streams/trading/causes.ts';

/** The first four bytes of a segment of an account journal. */
export const ACCOUNT_MAGIC = 'FMMA';

/** The version of the records below; a journal of another one is refused. */
export const ACCOUNT_VERSION = 1;

/** A transaction that was signed: from then on it may be on the chain, whatever the network says. */
export interface SignedBatch {
  readonly batchId: number;
  readonly txHash: string;
  /** The account's sequence number that it uses up, a decimal string because it is a u64. */
  readonly sequence: string;
  /** No block above this height can have it. */
  readonly timeoutHeight: number;
  /** The chain's height when it was signed: no block up to this one has it. */
  readonly signedHeight: number;
}

/** Everything about an account that has to outlive the process: what the records of its journal add up to. Plain data. */
export interface AccountState {
  /** What was settled up to this block is booked. */
  height: number;
  /** Number of the last batch. */
  batches: number;
  /** Live orders by client order id, in order of placing. */
  orders: Record<string, RecoveredOrder>;
  inFlight: Recovered['inFlight'];
  /**
   * Signed transactions whose fate is not known, in order of signing. Mostly one; at an end that nobody listened to, also those that
   * cancelled everything.
   */
  signed: SignedBatch[];
  /** Booked settlements that could be told again, oldest first. */
  settled: { readonly settlementId: string; readonly height: number }[];
  /** Positions and ledger as the money stage encodes them; null before the first. */
  money: unknown;
  trading: Recovered['trading'];
}

/** The beginning of every segment: whose journal it is, and all that the segments before came to. */
export interface Checkpoint {
  readonly kind: 'checkpoint';
  readonly version: typeof ACCOUNT_VERSION;
  readonly chainId: string;
  /** The account's address. */
  readonly account: string;
  /** Version of the program that wrote it, for people. */
  readonly flashmm: string;
  /** When, in integer microseconds since the epoch. */
  readonly timeUs: number;
  readonly state: AccountState;
}

/** One fact about the account. The facts of one turn of the session are written together, or not at all. */
export type AccountRecord =
  | { readonly kind: 'intent'; readonly batchId: number; readonly places: string[]; readonly cancels: string[] }
  | ({ readonly kind: 'signed' } & SignedBatch)
  | {
      readonly kind: 'outcome';
      readonly batchId: number;
      readonly committed: boolean;
      readonly txHash: string;
      /** Why it was refused, or the empty string. */
      readonly reason: string;
    }
  | { readonly kind: 'order'; readonly order: RecoveredOrder }
  /** The end of an order's life: `filled`, `cancelled`, `refused`, `vanished`. */
  | { readonly kind: 'orderEnded'; readonly clientOrderId: string; readonly status: string }
  | { readonly kind: 'fill'; readonly settlementId: string; readonly clientOrderId: string; readonly height: number }
  | { readonly kind: 'money'; readonly record: unknown }
  | { readonly kind: 'trading'; readonly trading: Recovered['trading']; readonly by: string }
  | { readonly kind: 'height'; readonly height: number };

const integer = z.int();
const count = z.int().nonnegative();
const side = z.enum(['buy', 'sell']);

const order: z.ZodType<RecoveredOrder> = z.strictObject({
  clientOrderId: z.string().min(1),
  orderId: z.string(),
  market: z.string().min(1),
  side,
  tick: integer,
  lots: count,
  remainingLots: count,
  status: z.enum(['placing', 'resting', 'cancelling']),
});

const ids = z.array(z.string());

const signed = {
  batchId: count,
  txHash: z.string(),
  sequence: z.string().regex(/^\d{1,20}$/),
  timeoutHeight: count,
  signedHeight: count,
};

const trading = z
  .strictObject({
    holds: z.array(
      z.strictObject({
        code: z.custom<CauseCode>((code) => typeof code === 'string' && isCauseCode(code), 'expected a known cause'),
        text: z.string(),
        by: z.string(),
        sinceUs: integer,
      }),
    ),
    baseline: z.strictObject({
      day: integer,
      dailyPnlUsdc: z.number(),
      peakUsdc: z.number().nullable(),
      excusedPeakUsdc: z.number().nullable(),
    }),
  })
  .nullable();

const state: z.ZodType<AccountState> = z.strictObject({
  height: count,
  batches: count,
  orders: z.record(z.string(), order),
  inFlight: z.strictObject({ batchId: count, places: ids, cancels: ids }).nullable(),
  signed: z.array(z.strictObject(signed)),
  settled: z.array(z.strictObject({ settlementId: z.string(), height: count })),
  money: z.unknown(),
  trading,
});

/** Parses the first record of a segment. */
export const checkpointSchema: z.ZodType<Checkpoint> = z.strictObject({
  kind: z.literal('checkpoint'),
  version: z.literal(ACCOUNT_VERSION),
  chainId: z.string(),
  account: z.string(),
  flashmm: z.string(),
  timeUs: integer,
  state,
});

/** Parses the records of one turn. */
export const turnSchema: z.ZodType<AccountRecord[]> = z.array(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('intent'), batchId: count, places: ids, cancels: ids }),
    z.strictObject({ kind: z.literal('signed'), ...signed }),
    z.strictObject({
      kind: z.literal('outcome'),
      batchId: count,
      committed: z.boolean(),
      txHash: z.string(),
      reason: z.string(),
    }),
    z.strictObject({ kind: z.literal('order'), order }),
    z.strictObject({ kind: z.literal('orderEnded'), clientOrderId: z.string(), status: z.string() }),
    z.strictObject({
      kind: z.literal('fill'),
      settlementId: z.string(),
      clientOrderId: z.string(),
      height: count,
    }),
    z.strictObject({ kind: z.literal('money'), record: z.unknown() }),
    z.strictObject({ kind: z.literal('trading'), trading, by: z.string() }),
    z.strictObject({ kind: z.literal('height'), height: count }),
  ]),
);
