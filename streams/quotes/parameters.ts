import type { Competition } from './competition.ts';
import type { LadderParameters } from './ladder.ts';
import type { PredictionParameters } from './prediction_shift.ts';
import type { SpreadModel } from './spread_models.ts';

/** How the centre and the half spread come about; `naive` is the baseline that strategies are measured against. */
export type QuoteModel = 'avellaneda-stoikov' | 'avellaneda-stoikov-infinite' | 'glft' | 'naive';

/** Parameters of the quoting strategy. */
export interface QuoteParameters extends LadderParameters, PredictionParameters {
  readonly model: QuoteModel;
  readonly spreadModel: SpreadModel;
  /** Risk aversion γ, per basis point, inventory in clips. */
  readonly gamma: number;
  /** Time over which inventory risk is counted, seconds. */
  readonly horizonS: number;
  /** Length of a session, seconds, counted from the epoch: the horizon is then its end. 0: it rolls. */
  readonly sessionS: number;
  /** q_max of the infinite horizon, clips. */
  readonly inventoryMostClips: number;
  /** Distance of the naive maker's quotes from the mid, basis points. */
  readonly naiveHalfSpreadBps: number;
  /** Size of the first order of a side (a clip), in quote currency. */
  readonly orderSizeUsdc: number;
  /** Least distance of a quote from the fair value, after fees, basis points. */
  readonly minEdgeBps: number;
  /** What a maker pays, basis points; negative for a rebate. */
  readonly makerFeeBps: number;
  /** Most that inventory may move the reservation price, basis points. */
  readonly maxSkewBps: number;
  /** A level that would move by no more than this stays, so that small moves keep the place in the queue, basis points. */
  readonly hysteresisBps: number;
  readonly competition: Competition;
  /** Ticks between our best price and the other side's at least, besides the one that keeps them from crossing. */
  readonly postOnlyMarginTicks: number;
}
