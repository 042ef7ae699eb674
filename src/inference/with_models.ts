import { FEATURE_PERIOD_MS } from '../../streams/features/types.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { predictionsParameters } from '../config/account.ts';
import type { Config } from '../config/schema.ts';
import type { InferencePlan } from './open_inference.ts';

/**
 * Orders go out so long after sampling, where models are asked: ten times what one usually takes to answer, a twentieth of the
 * time between two decisions. An answer that comes later counts for the next.
 */
const ANSWER_MS = 10;

/**
 * The settings with features, and the watch over what models say, for the markets that are to be predicted.
 *
 * @param plan undefined leaves them as they are
 */
export function withModels(
  settings: AccountSettings,
  config: Config,
  plan: InferencePlan | undefined,
): AccountSettings {
  const predicted = new Set(plan?.markets.map(({ symbol }) => symbol));
  const features = { periodMs: FEATURE_PERIOD_MS };
  const markets = settings.markets.map((market) =>
    predicted.has(market.market.symbol)
      ? { ...market, features, predictions: predictionsParameters(config, FEATURE_PERIOD_MS) }
      : market,
  );
  return { ...settings, markets, ...(predicted.size > 0 && { wakeDelayMs: ANSWER_MS }) };
}
