import { CommandError } from '../exit/command_error.ts';
import { featuresHash } from '../inference/features_hash.ts';
import { type Domain, parseRef } from '../inference/model_format.ts';
import { planInference } from '../inference/open_inference.ts';
import { openModel } from '../inference/open_model.ts';
import type { ModelRegistry } from '../inference/registry.ts';
import { verifyModel } from '../inference/verify.ts';
import { marketsOf } from '../live/launch.ts';
import { type Check, type Finding, fail, ok, warn } from './check.ts';

const SEE_ALL = "'flashmm models verify' says more; 'flashmm models promote' and 'rollback' decide which one serves.";

/** Whether the models that are to serve are there and pass their checks. */
export const modelsCheck: Check = async ({ loaded }) => {
  const { config } = loaded;
  if (config.inference.enabled === 'off') return [ok('models', 'inference.enabled is off: priced without')];
  try {
    const plan = planInference(config, marketsOf(config));
    if (plan === undefined) {
      return [warn('models', 'no champion for these markets: priced without', SEE_ALL)];
    }
    const domains = [...new Set(plan.markets.map(({ domain }) => domain))];
    return await Promise.all(domains.map((domain) => championFinding(domain, plan.registry)));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [fail('models', error.message, error.hint)];
  }
};

async function championFinding(domain: Domain, registry: ModelRegistry): Promise<Finding> {
  const name = `models ${domain}`;
  const champion = registry.serving(domain).champion ?? '';
  const ref = parseRef(champion);
  const folder = ref && registry.find(ref);
  if (folder === undefined) return fail(name, `${champion} is the champion, and there is no such folder`, SEE_ALL);
  const { verification, verified } = await verifyModel(folder, featuresHash(), openModel);
  await verified?.open.close();
  if (verified === undefined) return fail(name, `${champion}: ${verification.reason}`, SEE_ALL);
  return ok(name, `${champion}, ${folder.source}: ${verification.checks.at(-1)?.detail} a window`);
}
