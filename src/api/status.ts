import { z } from 'zod';
import { insightStatusSchema } from '../insight/status.ts';

/** An exact decimal number as text, the way exchanges send prices: nothing is lost on the way through JSON. */
const exact = z.string().regex(/^-?\d+(\.\d+)?$/);
const count = z.int().min(0);
const figure = z.number();

/** Levels of a side that a status carries at most. */
export const LEVELS_MAX = 32;
/** Fills of a market that a status carries at most, the newest first. */
export const FILLS_MAX = 20;
/** Alerts that a status carries at most, the newest first. */
export const ALERTS_MAX = 50;
/** Log lines that a status carries at most, the newest last. */
export const LOG_LINES_MAX = 100;

const level = z.object({
  price: exact,
  size: exact,
  /** How much of `size` is ours; `"0"` when nothing is. */
  own_size: exact,
});

const order = z.object({ price: exact, size: exact });

const fill = z.object({
  time_ms: count,
  side: z.enum(['buy', 'sell']),
  price: exact,
  size: exact,
  liquidity: z.enum(['maker', 'taker']),
});

const probability = z.number().min(0).max(1);

/** What the champion expects of a market's mid. */
const prediction = z.object({
  time_ms: count,
  /** Name and version: `sei-trees/1`. */
  model: z.string(),
  horizons: z.array(
    z.object({
      horizon_ms: count,
      /** Of a fall, of neither, and of a rise. */
      bearish: probability,
      neutral: probability,
      bullish: probability,
      /** Entropy over its maximum: 0 is certain, 1 knows nothing. */
      uncertainty: probability,
    }),
  ),
});

/** How right one model has been about a market of late, as far as the outcomes are known. Shares are null before any is. */
const accuracy = z.object({
  model: z.string(),
  role: z.enum(['champion', 'challenger']),
  horizons: z.array(
    z.object({
      horizon_ms: count,
      /** Predictions whose outcome is known, and of those how many saw the mid move. */
      known: count,
      moves: count,
      accuracy: probability.nullable(),
      macro_f1: probability.nullable(),
      /** Of the moves, the share that went the way held more likely. */
      direction_accuracy: probability.nullable(),
      /** Mean squared distance of the probabilities from what came: 0 to 2. */
      brier: figure.nullable(),
      calibration_error: probability.nullable(),
    }),
  ),
});

/** One market as a status shows it. Prices are in quote units, sizes in base units. */
export const marketStatusSchema = z.object({
  symbol: z.string(),
  base: z.string(),
  quote: z.string(),
  /** `live` is the only state that is quoted from. */
  state: z.enum(['live', 'stale', 'syncing', 'gapped', 'crossed', 'down', 'empty']),
  /** Best first. */
  book: z.object({ bids: z.array(level).max(LEVELS_MAX), asks: z.array(level).max(LEVELS_MAX) }),
  fair_value: exact.nullable(),
  spread_bps: figure.nullable(),
  /** What we want to rest now, as approved by the risk check; null on a side that is not quoted. */
  our_bid: order.nullable(),
  our_ask: order.nullable(),
  our_spread_bps: figure.nullable(),
  /** Why a side is not quoted or was reduced, or the empty string. */
  withheld: z.string(),
  /** What the market's breakers allow: `quote` on both sides, `reduce` only what shrinks the position, `withdraw` nothing. */
  stance: z.enum(['quote', 'reduce', 'withdraw']),
  /** Factor on the half spread that the breakers ask for, at least 1. */
  widen: figure,
  /** Names of the breakers that are open. */
  breakers: z.array(z.string()),
  /** The newest; null where no model has said anything. */
  prediction: prediction.nullable(),
  /** The champion first; empty where no model is asked. */
  accuracy: z.array(accuracy),
  /** Whether the champion's inputs or its accuracy have drifted, so that prices are made without it. */
  drifting: z.boolean(),
  /** Positive when long, in base units. */
  position: exact,
  position_usdc: exact,
  position_limit_usdc: exact,
  /** Realised and unrealised, fees taken off. */
  pnl_usdc: exact,
  fees_usdc: exact,
  fills: count,
  last_fills: z.array(fill).max(FILLS_MAX),
  decisions_per_s: figure,
});

/** One actor's probe, with rates over the last second or so. */
export const actorStatusSchema = z.object({
  name: z.string(),
  status: z.enum(['idle', 'running', 'held', 'backingOff', 'stopped', 'failed']),
  rate_per_s: figure,
  latency_p50_us: figure.nullable(),
  latency_p99_us: figure.nullable(),
  depth: count,
  dropped: count,
  restarts: count,
  breaker: z.string().nullable(),
});

/** A cause that holds trading back. */
export const holdSchema = z.object({
  /** Short and stable: `operator`, `drawdown` …; `resume` out of a halt names it. */
  code: z.string(),
  /** In words, with its numbers. */
  text: z.string(),
  /** Who or what brought it about. */
  by: z.string(),
  /** What undoes it, for people. */
  undo: z.string(),
  /** The same for programs: `itself` ends with its condition, `clears` by resume with the cause named. */
  undone: z.enum(['itself', 'resume', 'clears', 'restart']),
  since_ms: count,
});

/** Something that the operator should know of: raised when it begins, cleared when it is over. */
export const alertSchema = z.object({
  time_ms: count,
  /** `warning`: dealt with. `critical`: trading stopped, or should be looked at now. */
  severity: z.enum(['info', 'warning', 'critical']),
  status: z.enum(['raised', 'cleared']),
  /** Short and stable. */
  code: z.string(),
  text: z.string(),
  /** Symbol, or the empty string for the account. */
  market: z.string(),
});

/** One node of the chain that the session talks to. */
export const endpointStatusSchema = z.object({
  /** Without path and credentials. */
  url: z.string(),
  /** Whether it is the one asked first. */
  current: z.boolean(),
  standing: z.string(),
  breaker: z.string(),
  /** Round trip of the newest look; null before the first. */
  ping_ms: figure.nullable(),
  height: count,
  failures: count,
});

/** A model that serves, or a place for one that nobody has. Counts are since the start of the session. */
export const modelStatusSchema = z.object({
  domain: z.string(),
  /** `champion`: the quotes go by it. `challenger`: it sees the same and is only watched. */
  role: z.enum(['champion', 'challenger']),
  /** Name and version, or null. */
  model: z.string().nullable(),
  predictions: count,
  /** Runs that failed or gave no probabilities. */
  failures: count,
  /** Answers that came too late and were dropped. */
  late: count,
  /** Instants not asked about, because the answer before was still out. */
  missed: count,
  swaps: count,
  /** From features to prediction; null before the first. */
  p50_ms: figure.nullable(),
  p99_ms: figure.nullable(),
});

/** A model that was to serve and did not pass its checks. */
const modelRefusal = z.object({
  time_ms: count,
  domain: z.string(),
  role: z.enum(['champion', 'challenger']),
  model: z.string(),
  reason: z.string(),
});

const latency = z.object({ operation: z.string(), p50_ms: figure, p99_ms: figure });

/** The whole session as `GET /trading/status` answers and the terminal view draws it. */
export const sessionStatusSchema = z.object({
  version: z.string(),
  time_ms: count,
  uptime_s: figure,
  /** `paper`: on the devnet in this process. `live`: with real money. */
  mode: z.enum(['paper', 'live']),
  trading: z.enum(['starting', 'active', 'reducing', 'paused', 'halted', 'stopping']),
  /** What holds trading back, the gravest first; empty while it is active. */
  holds: z.array(holdSchema),
  chain: z.object({
    chain_id: z.string(),
    network: z.string(),
    height: count,
    /** Mean time between the newest blocks; null before the second. */
    block_ms: figure.nullable(),
    /** Time since the newest block; null before the first. */
    block_age_ms: figure.nullable(),
    /** Blocks that the nodes have and the session has not read yet. */
    lag_blocks: count,
    /** Transactions of anybody that wait for a block. */
    waiting_txs: count,
    /** Share of a full block that waits, 0 to 1: raises the gas price. */
    congestion: figure,
  }),
  account: z.object({
    pnl_usdc: exact,
    fees_usdc: exact,
    fills: count,
    open_orders: count,
    /** Whether a transaction is under way. */
    batch_under_way: z.boolean(),
    /** What the account has on the chain, smallest units by denom, as of the last look. */
    balances: z.record(z.string(), exact),
    orders_placed: count,
    orders_cancelled: count,
    orders_refused: count,
    orders_per_s: figure,
  }),
  markets: z.array(marketStatusSchema),
  endpoints: z.array(endpointStatusSchema),
  /** Empty where inference is off. */
  models: z.array(modelStatusSchema),
  /** The newest last. */
  model_refusals: z.array(modelRefusal),
  /** The newest first. */
  alerts: z.array(alertSchema).max(ALERTS_MAX),
  actors: z.array(actorStatusSchema),
  latencies: z.array(latency),
  /** The language model beside the session. */
  insight: insightStatusSchema,
  process: z.object({
    rss_mb: figure,
    event_loop_p99_ms: figure,
    inputs_per_s: figure,
    rejects: count,
  }),
});

/** See {@link sessionStatusSchema}. */
export type SessionStatus = z.infer<typeof sessionStatusSchema>;
/** See {@link marketStatusSchema}. */
export type MarketStatus = z.infer<typeof marketStatusSchema>;
/** See {@link holdSchema}. */
export type Hold = z.infer<typeof holdSchema>;
/** See {@link alertSchema}. */
export type Alert = z.infer<typeof alertSchema>;
/** See {@link endpointStatusSchema}. */
export type EndpointStatus = z.infer<typeof endpointStatusSchema>;
/** See {@link modelStatusSchema}. */
export type ModelStatus = z.infer<typeof modelStatusSchema>;
/** See {@link actorStatusSchema}. */
export type ActorStatus = z.infer<typeof actorStatusSchema>;

/** What `GET /health` answers: 200 while `status` is `ok` or `degraded` (trades on, someone should look), else 503. */
export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'failing']),
  version: z.string(),
  uptime_s: figure,
  checks: z.array(z.object({ name: z.string(), status: z.enum(['ok', 'warn', 'fail']), detail: z.string() })),
});

/** See {@link healthSchema}. */
export type Health = z.infer<typeof healthSchema>;

/** One line for the log window of the terminal view. */
export interface LogLine {
  readonly timeMs: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

/** What the API and the terminal view look at. Each call makes a fresh picture; it must be cheap enough for 4 Hz. */
export interface StatusSource {
  status(): SessionStatus;
  health(): Health;
}
