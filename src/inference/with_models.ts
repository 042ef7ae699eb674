import { FEATURE_PERIOD_MS } from '../../streams/features/types.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import type { InferencePlan } from './open_inference.ts';

/** The settings with features and the watch over predictions for the markets that are to be predicted. */
export function withModels(settings: AccountSettings, plan: InferencePlan | undefined): AccountSettings {
  const predicted = new Set(plan?.markets.map(({ symbol }) => symbol));
  return {
    ...settings,
    markets: settings.markets.map((market) =>
      predicted.has(market.market.symbol)
        ? {
            ...market,
            features: { periodMs: FEATURE_PERIOD_MS },
            predictions: { accuracyPredictions: 1_000, insightMaxShift: 0, insightValidMs: 0 },
          }
        : market,
    ),
  };
}
