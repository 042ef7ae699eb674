import { z } from 'zod';
import type { Decision } from '../../streams/decisions.ts';
import type { FairValue } from '../../streams/fairvalue/fair_value.ts';
import type { Input } from '../../streams/inputs.ts';
import type { Prediction } from '../../streams/predictions/types.ts';

const figure = z.number().nullable();

/** One market as it is told to a language model: what anyone can see of it, our breakers, and what our model predicts. */
const marketSituationSchema = z.strictObject({
  symbol: z.string().max(32),
  state: z.enum(['live', 'stale', 'syncing', 'gapped', 'crossed', 'down', 'empty']),
  spread_bps: figure,
  move_60s_bps: figure,
  move_300s_bps: figure,
  move_900s_bps: figure,
  /** Highest over lowest mid of as much of the last 15 minutes as was seen. */
  range_bps: figure,
  volatility_bps: figure,
  usual_volatility_bps: figure,
  flow: figure,
  touch_imbalance: figure,
  toxicity: figure,
  breakers: z.array(z.string()).max(32),
  /** What the champion says for its longest horizon: the mean of its last half minute or so. */
  model: z
    .strictObject({ horizon_ms: z.number(), bearish: z.number(), neutral: z.number(), bullish: z.number() })
    .nullable(),
});

/**
 * All that is ever sent: no price level, no position, order, balance, address, account or key. Figures are rounded, so that
 * markets that stand still give the same text, and the cache its answer.
 */
export const situationSchema = z.strictObject({ markets: z.array(marketSituationSchema).max(16) });

/** See {@link situationSchema}. */
export type Situation = z.infer<typeof situationSchema>;
type MarketSituation = Situation['markets'][number];

const MICROS_PER_S = 1_000_000;
const BPS = 10_000;

/** Half-life of a prediction's weight in the mean that is told. */
const MODEL_HALF_LIFE_US = 20 * MICROS_PER_S;

/** A model that has been silent for this long says nothing. */
const MODEL_SILENT_US = 5 * MICROS_PER_S;

/** Mids are kept this far apart and this long: 181 of them a market. */
const STEP_US = 5 * MICROS_PER_S;
const KEPT_US = 900 * MICROS_PER_S;

/** Follows the markets of a session, or of a recording, from the decisions of their pipeline. */
export class SituationKeeper {
  readonly #markets = new Map<string, MarketMemory>();

  /** @param symbols of the markets, in the order in which they are told */
  constructor(symbols: readonly string[]) {
    for (const symbol of symbols) this.#markets.set(symbol, new MarketMemory(symbol));
  }

  /** Takes in a decision; most say nothing here. */
  decided(decision: Decision): void {
    if (!('market' in decision)) return;
    const memory = this.#markets.get(decision.market);
    if (memory === undefined) return;
    if (decision.kind === 'fairValue') memory.valued(decision);
    else if (decision.kind === 'guarded') memory.breakers = decision.breakers;
  }

  /** Takes in an input; only what models predict counts, before anybody has leaned on it. */
  input(input: Input): void {
    if (input.kind === 'prediction' && input.role === 'champion') this.#markets.get(input.market)?.predicted(input);
  }

  /** The situation as of the newest decisions. */
  situation(): Situation {
    return { markets: [...this.#markets.values()].map((memory) => memory.situation()) };
  }
}

class MarketMemory {
  breakers: readonly string[] = [];
  readonly #symbol: string;
  readonly #mids: { readonly timeUs: number; readonly mid: number }[] = [];
  #fair: FairValue | undefined;
  #model: (NonNullable<MarketSituation['model']> & { readonly timeUs: number }) | undefined;

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  valued(fair: FairValue): void {
    this.#fair = fair;
    if (!live(fair)) return;
    const last = this.#mids.at(-1);
    if (last !== undefined && fair.timeUs - last.timeUs < STEP_US) return;
    this.#mids.push({ timeUs: fair.timeUs, mid: midOf(fair) });
    while (this.#mids[0]!.timeUs < fair.timeUs - KEPT_US - STEP_US) this.#mids.shift();
  }

  predicted({ timeUs, horizons }: Prediction): void {
    const longest = horizons.at(-1);
    if (longest === undefined) return;
    const { horizonMs: horizon_ms, bearish, neutral, bullish } = longest;
    const before = this.#model;
    const fresh = before === undefined || before.horizon_ms !== horizon_ms || timeUs - before.timeUs > MODEL_SILENT_US;
    const kept = fresh ? 0 : 0.5 ** (Math.max(0, timeUs - before.timeUs) / MODEL_HALF_LIFE_US);
    const mean = (old: number | undefined, now: number): number => kept * (old ?? 0) + (1 - kept) * now;
    this.#model = {
      ...{ timeUs, horizon_ms, bearish: mean(before?.bearish, bearish) },
      ...{ neutral: mean(before?.neutral, neutral), bullish: mean(before?.bullish, bullish) },
    };
  }

  situation(): MarketSituation {
    const fair = this.#fair;
    const now = fair !== undefined && live(fair) ? fair : undefined;
    const known = (read: (fair: FairValue) => number, digits: number): number | null =>
      now === undefined ? null : rounded(read(now), digits);
    return {
      symbol: this.#symbol,
      state: fair?.quality ?? 'syncing',
      spread_bps: known((at) => ((at.askTick - at.bidTick) / midOf(at)) * BPS, 3),
      move_60s_bps: this.#move(now, 60),
      move_300s_bps: this.#move(now, 300),
      move_900s_bps: this.#move(now, 900),
      range_bps: known((at) => this.#range(midOf(at)), 1),
      volatility_bps: known(({ sigmaBps }) => sigmaBps, 2),
      usual_volatility_bps: known(({ usualSigmaBps }) => usualSigmaBps, 2),
      flow: known(({ flow }) => flow, 1),
      touch_imbalance: known(({ bidLots, askLots }) => (bidLots - askLots) / (bidLots + askLots), 1),
      toxicity: known(({ toxicity }) => toxicity, 1),
      breakers: [...this.breakers].sort(),
      model: this.#told(now),
    };
  }

  #told(now: FairValue | undefined): MarketSituation['model'] {
    if (now === undefined || this.#model === undefined) return null;
    const { timeUs, horizon_ms, bearish, neutral, bullish } = this.#model;
    if (now.timeUs - timeUs > MODEL_SILENT_US) return null;
    return { horizon_ms, bearish: rounded(bearish, 2), neutral: rounded(neutral, 2), bullish: rounded(bullish, 2) };
  }

  /** From the newest mid that is so old, or null where there is none, or none near that time: the market was away. */
  #move(now: FairValue | undefined, seconds: number): number | null {
    if (now === undefined) return null;
    const thenUs = now.timeUs - seconds * MICROS_PER_S;
    const then = this.#mids.findLast(({ timeUs }) => timeUs <= thenUs);
    if (then === undefined || then.timeUs < thenUs - 2 * STEP_US) return null;
    return rounded((midOf(now) / then.mid - 1) * BPS, 1);
  }

  #range(mid: number): number {
    const mids = this.#mids.map((one) => one.mid);
    return (Math.max(mid, ...mids) / Math.min(mid, ...mids) - 1) * BPS;
  }
}

function live({ quality, bidTick, bidLots, askTick, askLots }: FairValue): boolean {
  return quality === 'live' && bidTick > 0 && bidLots > 0 && askTick > 0 && askLots > 0;
}

function midOf({ bidTick, askTick }: FairValue): number {
  return (bidTick + askTick) / 2;
}

function rounded(value: number, digits: number): number {
  // No −0: it would make two texts of one situation.
  return Number(value.toFixed(digits)) + 0;
}
