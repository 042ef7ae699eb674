import { CommandError } from '../exit/command_error.ts';
import { featuresHash } from './features_hash.ts';
import { Inference, type InferenceOptions } from './inference.ts';
import { type Domain, parseRef } from './model_format.ts';
import type { InferencePlan } from './open_inference.ts';
import { openModel } from './open_model.ts';
import { type VerifiedModel, verifyModel } from './verify.ts';

/** Time that stands still while a model answers: no answer is late, and its latency is nobody's business. */
const STANDING_STILL: InferenceOptions['timers'] = { after: () => () => {}, stopwatchUs: () => 0 };

/**
 * The champions for runs in virtual time: opened and checked once, then asked by one run after another. The caller awaits
 * {@link Inference.settled} before time goes on, so that every answer is there at the instant of its features, and a run has
 * the same outcome on every machine. Challengers are not asked: nobody would see the difference.
 */
export class VirtualModels {
  /** The models that answer, `sei-trees/1` … */
  readonly names: readonly string[];
  readonly plan: InferencePlan;
  readonly #champions: ReadonlyMap<Domain, VerifiedModel>;

  private constructor(plan: InferencePlan, champions: ReadonlyMap<Domain, VerifiedModel>) {
    this.plan = plan;
    this.#champions = champions;
    this.names = [...champions.values()].map(({ ref }) => ref);
  }

  /** @throws CommandError when a champion does not pass its checks */
  static async open(plan: InferencePlan): Promise<VirtualModels> {
    const champions = new Map<Domain, VerifiedModel>();
    for (const domain of new Set(plan.markets.map((one) => one.domain))) {
      const name = plan.registry.serving(domain).champion ?? '';
      const ref = parseRef(name);
      const folder = ref && plan.registry.find(ref);
      const checked = folder && (await verifyModel(folder, featuresHash(), openModel));
      if (checked?.verified === undefined) {
        await Promise.all([...champions.values()].map(({ open }) => open.close()));
        const reason = checked?.verification.reason ?? 'there is no such folder with a card.json';
        throw new CommandError('refused', `${name} may not serve: ${reason}`, "'flashmm models verify' says more.");
      }
      champions.set(domain, checked.verified);
    }
    return new VirtualModels(plan, champions);
  }

  /** Inference for one run, with windows of its own. It need not be closed: the models are shared, and stay open. */
  run(accept: InferenceOptions['accept']): Inference {
    const { markets, timeoutMs } = this.plan;
    const inference = new Inference({ markets, timeoutMs, accept, timers: STANDING_STILL });
    for (const [domain, champion] of this.#champions) inference.serve(domain, 'champion', champion);
    return inference;
  }

  /** Releases the models. */
  async close(): Promise<void> {
    await Promise.all([...this.#champions.values()].map(({ open }) => open.close()));
  }
}
