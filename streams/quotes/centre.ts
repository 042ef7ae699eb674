import { MICROS_PER_SECOND } from '../clock/clock.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Guarded } from '../guard/guard.ts';
import type { Prediction } from '../predictions/types.ts';
import { avellanedaStoikov, avellanedaStoikovInfinite } from './avellaneda_stoikov.ts';
import type { FillQuality } from './fill_quality.ts';
import { glft } from './glft.ts';
import type { QuoteParameters } from './parameters.ts';
import { predictionShift } from './prediction_shift.ts';
import type { ReservationQuote } from './reservation.ts';
import { SPREAD_MODELS } from './spread_models.ts';
import { volatilityFactor } from './widening.ts';

/** Where a quote is centred and how wide it is, basis points of the fair value. */
export interface Centre {
  /** By inventory, within its bound. */
  readonly skewBps: number;
  /** By the prediction. */
  readonly shiftBps: number;
  /** What the quoting model wants of half spread. */
  readonly modelHalfSpreadBps: number;
  /** What is quoted, before edges, competition and ticks. */
  readonly halfSpreadBps: number;
  /** The decay of arrivals that was reckoned with, per basis point. */
  readonly kappa: number;
}

/** What of our own doing the centre depends on. */
export interface OwnConditions {
  /** In clips, positive when long. */
  readonly inventory: number;
  readonly fills: FillQuality;
  readonly prediction: Prediction | null;
  /** By how much a thin book widens, at least 1. */
  readonly depth: number;
}

/** The model's reservation price and half spread, ours made of it, shifted and widened. */
export function centreOf(parameters: QuoteParameters, guarded: Guarded, own: OwnConditions): Centre {
  const { fair, widen, prediction } = guarded;
  const { arrivals, sigmaBps, usualSigmaBps, toxicity } = fair;
  const { kappa } = arrivals;
  const model = modelQuote(parameters, fair, own.inventory);
  const { maxSkewBps } = parameters;
  const share = arrivals.tradesPerS === 0 ? 0 : Math.min(1, own.fills.fillsPerS / arrivals.tradesPerS);
  const ours = SPREAD_MODELS[parameters.spreadModel]({
    halfSpreadBps: model.halfSpreadBps,
    sigmaBps,
    usualSigmaBps,
    toxicity,
    adverseBps: own.fills.adverseBps,
    share,
  });
  const edgeBps = parameters.minEdgeBps + parameters.makerFeeBps;
  return {
    skewBps: Math.max(-maxSkewBps, Math.min(maxSkewBps, model.skewBps)),
    shiftBps: prediction ? predictionShift(own.prediction, sigmaBps, fair.timeUs, parameters) : 0,
    modelHalfSpreadBps: model.halfSpreadBps,
    halfSpreadBps: Math.max(ours, edgeBps) * volatilityFactor(fair) * own.depth * widen,
    kappa,
  };
}

function modelQuote(parameters: QuoteParameters, fair: FairValue, inventory: number): ReservationQuote {
  const { model, gamma, inventoryMostClips } = parameters;
  const { perS: arrivalsPerS, kappa } = fair.arrivals;
  switch (model) {
    case 'avellaneda-stoikov-infinite':
      return avellanedaStoikovInfinite(inventory, inventoryMostClips, { gamma, kappa });
    case 'glft':
      return glft(inventory, fair.sigmaBps, { gamma, arrivalsPerS, kappa });
    default:
      return avellanedaStoikov(inventory, fair.sigmaBps, {
        gamma,
        kappa,
        horizonS: horizonOf(parameters, fair.timeUs),
      });
  }
}

/** Seconds to the end of the session, or the rolling horizon where there are no sessions. */
function horizonOf({ horizonS, sessionS }: QuoteParameters, timeUs: number): number {
  return sessionS === 0 ? horizonS : sessionS - ((timeUs / MICROS_PER_SECOND) % sessionS);
}
