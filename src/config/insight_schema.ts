import { z } from 'zod';
import { flag, real, secret, setting, text, url, whole } from './values.ts';

/** Hosts that a key may be sent to without encryption: this machine's own. */
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);

const endpoint = () => {
  const error = 'expected a URL that begins with https:// (http:// on this machine only), without user and password';
  return url('https', 'http').refine((value) => value.startsWith('https:') || LOOPBACK.has(new URL(value).hostname), {
    error,
  });
};

/** A language model beside the hot path: what it may cost, and what it may do. */
export const insight = z.strictObject({
  enabled: setting(
    flag().default(false),
    'Whether a session asks by itself, and lets the answers lean on predictions. It sends figures of the markets to Azure and costs money; without a key it stays off. `flashmm insight` needs the key alone.',
  ),
  azure_endpoint: setting(
    z.union([z.literal(''), endpoint()]).default(''),
    'The Azure OpenAI resource, `https://RESOURCE.openai.azure.com`.',
    { env: ['AZURE_OPENAI_ENDPOINT'], expected: 'a URL that begins with https://' },
  ),
  azure_api_key: setting(secret().default(null), 'Key of that resource. Best in the environment.', {
    env: ['AZURE_OPENAI_API_KEY'],
    secret: true,
  }),
  azure_api_version: setting(
    text(40, /^\d{4}-\d{2}-\d{2}(-preview)?$/, 'a date, like 2024-10-21').default('2024-10-21'),
    'Version of the API: 2024-10-21 is the first stable one that binds answers to a schema.',
  ),
  azure_deployment: setting(
    text(64, /^[A-Za-z0-9._-]+$/, 'letters, digits, dots, dashes and underscores').default('gpt-4o'),
    'Name of the deployment of GPT-4o (2024-08-06 or later).',
    { env: ['AZURE_OPENAI_DEPLOYMENT'] },
  ),
  every_s: setting(whole(10, 86_400).default(120), 'How often a session asks for opinions on its predictions, s.'),
  market_every_s: setting(
    whole(0, 86_400).default(3_600),
    'How often a session asks for the markets in words, for its status, s; 0 for never.',
  ),
  max_shift: setting(
    real(0, 0.1).default(0.05),
    'Most by which an opinion moves any one probability of a prediction, or its confidence; 0 lets none through.',
  ),
  valid_s: setting(
    whole(1, 3_600).default(300),
    'How long an opinion counts, s: its weight falls in a straight line to nothing.',
  ),
  timeout_ms: setting(
    whole(1_000, 120_000).default(20_000),
    'How long an answer is waited for, retries included, ms. GPT-4o takes some seconds for one of this length.',
  ),
  retries: setting(whole(0, 5).default(2), 'How often a request is made again when the failure may pass.'),
  cache_s: setting(whole(0, 3_600).default(60), 'How long the same figures get the same answer without asking, s.'),
  budget_hour_usd: setting(real(0, 1_000).default(0.5), 'Most that is spent in an hour of UTC, US dollars.'),
  budget_day_usd: setting(real(0, 10_000).default(5), 'Most that is spent in a day of UTC, US dollars.'),
  price_in_usd: setting(real(0, 1_000).default(2.5), 'What a million tokens sent cost, US dollars.'),
  price_out_usd: setting(real(0, 1_000).default(10), 'What a million tokens answered cost, US dollars.'),
});
