import { join } from 'node:path';
import { FEATURE_PERIOD_MS } from '../../streams/features/types.ts';
import type { Market } from '../../streams/market/types.ts';
import type { Config } from '../config/schema.ts';
import { CommandError } from '../exit/command_error.ts';
import type { Notify } from '../runtime/notices.ts';
import type { Timers } from '../runtime/timers.ts';
import { featuresHash } from './features_hash.ts';
import { Inference, type InferenceOptions, type PredictedMarket } from './inference.ts';
import type { Domain } from './model_format.ts';
import { ModelServing, type Refusal } from './model_serving.ts';
import { openModelThread } from './model_thread.ts';
import type { OpenModelFile } from './open_model.ts';
import { ModelRegistry } from './registry.ts';
import type { SeatStatus } from './seat.ts';

/** Which markets are to be predicted, by the models of which registry. */
export interface InferencePlan {
  readonly registry: ModelRegistry;
  readonly markets: readonly PredictedMarket[];
  readonly timeoutMs: number;
  /** Whether a session without a champion that passes is refused. */
  readonly required: boolean;
}

/** The operator's models folder and what ships with FlashMM. */
export function configuredRegistry({ inference, runtime }: Config): ModelRegistry {
  return new ModelRegistry(inference.models_dir === '' ? join(runtime.state_dir, 'models') : inference.models_dir);
}

/**
 * Which of these markets are to be predicted: the features and the watch over predictions are switched on for those, before
 * any model is opened. None where inference is off, or where no domain of theirs has a champion.
 *
 * @throws CommandError when a registry cannot be read, or inference is `on` and cannot be
 */
export function planInference(
  config: Config,
  markets: readonly Market[],
  registry = configuredRegistry(config),
): InferencePlan | undefined {
  const { enabled, domain, timeout_ms: timeoutMs } = config.inference;
  if (enabled === 'off') return undefined;
  const required = enabled === 'on';
  const periodUs = Math.round(1_000_000 / config.sampling.quote_frequency_hz);
  if ((FEATURE_PERIOD_MS * 1_000) % periodUs !== 0) {
    if (!required) return undefined;
    const message = `sampling.quote_frequency_hz: ${config.sampling.quote_frequency_hz}, expected a multiple of 5: models see the market every ${FEATURE_PERIOD_MS} ms`;
    throw new CommandError('configuration', message, "Or set inference.enabled = 'off'.");
  }
  try {
    const predicted = markets
      .map(({ symbol, venue }) => ({ symbol, domain: domain === 'auto' ? domainOf(venue) : domain }))
      .filter((one) => registry.serving(one.domain).champion !== null);
    if (predicted.length > 0) return { registry, markets: predicted, timeoutMs, required };
  } catch (error) {
    throw new CommandError(
      'environment',
      (error as Error).message,
      "Mend or remove it, or set inference.enabled = 'off'.",
    );
  }
  if (!required) return undefined;
  const message = "inference.enabled is 'on', and no domain of these markets has a champion";
  throw new CommandError(
    'refused',
    message,
    "'flashmm models list' shows what there is; 'flashmm models promote' decides.",
  );
}

function domainOf(venue: Market['venue']): Domain {
  return venue === 'sei' ? 'sei' : 'binance';
}

/** How the models do, for whoever looks. */
export interface InferenceStatus {
  /** Champions first. */
  readonly seats: readonly SeatStatus[];
  readonly refusals: readonly Refusal[];
}

/** Inference at work, until it is closed. */
export interface OpenInference {
  readonly inference: Inference;
  status(): InferenceStatus;
  close(): Promise<void>;
}

/** What a plan is carried out with. */
export interface OpenInferenceOptions {
  readonly plan: InferencePlan;
  readonly accept: InferenceOptions['accept'];
  readonly notify: Notify;
  readonly timers: Pick<Timers, 'after' | 'every' | 'nowUs' | 'stopwatchUs'> & InferenceOptions['timers'];
  /** A thread for each model, unless time is virtual. */
  readonly open?: OpenModelFile;
  /** Of this program's features, unless this is a test. */
  readonly featuresHash?: string;
}

/**
 * Opens the models that are to serve, and keeps the seats as the registry says from then on.
 *
 * @throws CommandError when models are required and a champion does not pass its checks
 */
export async function openInference(options: OpenInferenceOptions): Promise<OpenInference> {
  const { plan, accept, notify, timers, open = openModelThread } = options;
  const { registry, markets, timeoutMs, required } = plan;
  const inference = new Inference({ markets, timeoutMs, accept, timers });
  const hash = options.featuresHash ?? featuresHash();
  const serving = new ModelServing({ registry, inference, featuresHash: hash, open, notify, timers });
  const close = async (): Promise<void> => {
    await serving.close();
    await inference.close();
  };
  await serving.start();
  const empty = inference.domains.find((domain) => inference.seat(domain, 'champion')?.model === null);
  if (required && empty !== undefined) {
    await close();
    const why = serving.refusals.find(({ domain, role }) => domain === empty && role === 'champion');
    const message = `${why?.model ?? empty} may not serve: ${why?.reason ?? 'no champion'}`;
    throw new CommandError(
      'refused',
      message,
      "'flashmm models verify' says more; inference.enabled = 'auto' trades without.",
    );
  }
  return { inference, status: () => ({ seats: inference.seats(), refusals: serving.refusals }), close };
}
