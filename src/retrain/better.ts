import type { HorizonEvaluation } from '../dataset/evaluate.ts';

/** Whether a candidate may take the champion's place, and why. */
export interface Judgement {
  readonly better: boolean;
  readonly reason: string;
}

/**
 * Whether a candidate is better than the champion on data that neither was trained on. Over the longest horizon, which quotes
 * live on longest, it has to be right about the side of more moves, by more than its own 95 % interval; and over no horizon may
 * its macro-F1 lie below the champion's by more than that.
 */
export function isBetter(candidate: readonly HorizonEvaluation[], champion: readonly HorizonEvaluation[]): Judgement {
  const [own, theirs] = [candidate.at(-1)?.model.directionAccuracy, champion.at(-1)?.model.directionAccuracy];
  if (!own || !theirs) return { better: false, reason: 'the held-out data have no moves to judge by' };
  const figures = `direction of moves ${shown(own)}, the champion's ${theirs.mean.toFixed(3)}`;
  if (own.low <= theirs.mean) return { better: false, reason: `not better beyond the interval: ${figures}` };
  for (const [h, { horizonMs, model }] of candidate.entries()) {
    const before = champion[h]!.model.macroF1.mean;
    if (model.macroF1.high < before)
      return {
        better: false,
        reason: `worse macro-F1 at ${horizonMs} ms: ${shown(model.macroF1)}, was ${before.toFixed(3)}`,
      };
  }
  return { better: true, reason: figures };
}

function shown({ mean, low, high }: { readonly mean: number; readonly low: number; readonly high: number }): string {
  return `${mean.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
}
