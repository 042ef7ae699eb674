import { EMPTY, type OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CARRY_ON, CONTROL_MAILBOX } from '../actor/policies.ts';
import type { ResyncRequest } from '../decisions.ts';
import type { Drift } from '../inputs.ts';
import type { Reject } from '../market/types.ts';
import { where } from '../operators/where.ts';
import type { MarketSettings } from '../settings.ts';
import { type PredictionsEvent, type PredictionsOutput, predictions } from './predictions.ts';
import type { Prediction } from './types.ts';

/** What reaches the stage: of the market's own stage only the book counts. */
type PredictionsInput = PredictionsEvent | Reject | ResyncRequest;

/**
 * The actor that passes on what the champion says of one market, and watches how right it and its challenger are. Where no
 * model says anything of the market there is no such actor, and no cost.
 */
export function predictionStage(
  kernel: Kernel,
  settings: MarketSettings,
): OperatorFunction<PredictionsInput, PredictionsOutput> {
  const { predictions: parameters } = settings;
  if (parameters === null) return () => EMPTY;
  return kernel.actor({
    name: 'predictions',
    mailbox: CONTROL_MAILBOX,
    supervision: CARRY_ON,
    behavior: (inbox, self) => inbox.pipe(where(isWatched), self.reduce(predictions(parameters))),
  });
}

/** What of the predictions stage is for the quotes: what the champion says. */
export const predictionsOf = where((output: PredictionsOutput): output is Prediction => output.kind === 'prediction');

/** What of it is fed back: that a model has drifted, or is back. */
export const driftOf = where((output: PredictionsOutput): output is Drift => output.kind === 'drift');

/** What of it is told to people. Drift is told where it is fed back. */
export const figuresOf = where(
  (output: PredictionsOutput): output is Exclude<PredictionsOutput, Drift> => output.kind !== 'drift',
);

function isWatched(event: PredictionsInput): event is PredictionsEvent {
  return event.kind !== 'reject' && event.kind !== 'resync';
}
