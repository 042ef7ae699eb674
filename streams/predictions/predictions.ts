import type { Reducer } from '../actor/reducer.ts';
import type { Drift } from '../inputs.ts';
import type { LocalBook } from '../market/local_book.ts';
import { adjusted, type Insight } from './insight.ts';
import type { ModelInput, Prediction } from './types.ts';

/** How the models of a market are watched. */
export interface PredictionsParameters {
  /** Predictions whose outcome is known that the figures cover at most: the newest ones. */
  readonly accuracyPredictions: number;
  /** Most by which an insight may move any one probability, 0 to 1; 0 where there are none. */
  readonly insightMaxShift: number;
  /** How long an insight counts, with a weight that falls to nothing. */
  readonly insightValidMs: number;
}

/** What the predictions stage tells. */
export type PredictionsOutput = Prediction | Drift;

interface PredictionsState {
  insight: Insight | null;
}

/** What models say of one market: the champion's goes on to the quotes. */
export function predictions(
  parameters: PredictionsParameters,
): Reducer<PredictionsState, ModelInput | LocalBook, PredictionsOutput> {
  const limits = { maxShift: parameters.insightMaxShift, validMs: parameters.insightValidMs };
  return {
    initial: () => ({ insight: null }),
    step: (state, event, turn) => {
      if (event.kind === 'insight') state.insight = event;
      else if (event.kind === 'prediction' && event.role === 'champion')
        turn.emit(adjusted(event, state.insight, turn.nowUs(), limits));
    },
    encode: (state) => state,
    decode: (plain) => structuredClone(plain as PredictionsState),
  };
}
