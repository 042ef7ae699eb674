import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { Timers } from '../runtime/timers.ts';
import { GuardedAdviser } from './adviser.ts';
import { off } from './off.ts';
import type { Adviser } from './port.ts';
import { Spending } from './spending.ts';

const MS_PER_S = 1_000;

/**
 * The adviser as configured: Azure OpenAI where endpoint and key are set, else the one that is off and says what to set. What
 * it spends is kept in the state folder, and shared by all processes that use it.
 */
export async function openAdviser(config: Config, timers: Timers): Promise<Adviser> {
  const { insight, runtime } = config;
  const { azure_endpoint: endpoint, azure_api_key: apiKey } = insight;
  const missing = [
    ...(endpoint === '' ? ['insight.azure_endpoint (AZURE_OPENAI_ENDPOINT)'] : []),
    ...(apiKey === null ? ['insight.azure_api_key (AZURE_OPENAI_API_KEY)'] : []),
  ];
  if (apiKey === null || endpoint === '') return off(`not set: ${missing.join(' and ')}`);
  // Only now: the client costs a tenth of a second and 17 MB, which nobody should pay who does not use it.
  const { AzureChat } = await import('./azure.ts');
  const budget = { hourUsd: insight.budget_hour_usd, dayUsd: insight.budget_day_usd };
  return new GuardedAdviser({
    model: new AzureChat({
      endpoint,
      apiKey,
      apiVersion: insight.azure_api_version,
      deployment: insight.azure_deployment,
    }),
    prices: { inUsdPerMillion: insight.price_in_usd, outUsdPerMillion: insight.price_out_usd },
    spending: new Spending(join(runtime.state_dir, 'insight'), budget, timers.nowUs),
    timeoutMs: insight.timeout_ms,
    retriesMax: insight.retries,
    cacheMs: insight.cache_s * MS_PER_S,
    timers,
  });
}
