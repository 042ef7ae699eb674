import type { Adviser, NoAnswer } from './port.ts';

/** The adviser that is not there: what FlashMM does without a key. @param why it is off, and what would change that */
export function off(why: string): Adviser {
  const answer: NoAnswer = { ok: false, code: 'off', reason: why };
  return {
    enhancePrediction: async () => answer,
    generateMarketInsight: async () => answer,
    status: () => ({
      ...{ state: 'off', detail: why, asked: 0, answered: 0, cached: 0, lastFailure: '' },
      budget: { spentHourUsd: 0, budgetHourUsd: 0, spentDayUsd: 0, budgetDayUsd: 0 },
    }),
  };
}
