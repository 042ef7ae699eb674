import { z } from 'zod';
import { inference } from './inference_schema.ts';
import { insight } from './insight_schema.ts';
import { quotes } from './quotes_schema.ts';
import { breakers, risk } from './risk_schema.ts';
import { decimal, flag, oneOf, real, secret, setting, text, url, whole } from './values.ts';

/** What `trading.confirm_live` must say, word for word, before an order leaves for a chain that is not this process's own. */
export const LIVE_CONFIRMATION = 'I understand that FlashMM trades with real money';

/** At most one primary and two backups. */
const ENDPOINTS_MAX = 3;
const MARKETS_MAX = 16;
const SYMBOL = /^[A-Z0-9_]{2,32}$/;
const DAY_MS = 86_400_000;

const symbol = () => text(32, SYMBOL, 'a symbol of capital letters, digits and _, like BTCUSDC');

const runtime = z.strictObject({
  environment: setting(
    oneOf(['development', 'staging', 'production', 'test']).default('development'),
    'Where this runs; a label in logs and metrics. It never switches trading on.',
    { env: ['ENVIRONMENT'] },
  ),
  state_dir: setting(
    text(1_024, /\S/, 'a folder').default('.flashmm'),
    'Folder for journals, snapshots, reports and logs, relative to the working directory.',
  ),
  log_level: setting(
    oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
    'Least severe level that is logged.',
    { env: ['LOG_LEVEL'] },
  ),
  debug: setting(flag().default(false), 'Logs at `debug` whatever `runtime.log_level` says.', { env: ['DEBUG'] }),
  log_max_mb: setting(whole(1, 1_024).default(16), 'Size at which a log file is rotated, MB.'),
  log_files_max: setting(whole(1, 100).default(4), 'Log files kept, the current one included.'),
  dashboard: setting(
    flag().default(true),
    'Draws the live view when standard output is a terminal; otherwise the main figures are logged.',
  ),
});

const trading = z.strictObject({
  enabled: setting(
    flag().default(false),
    'First of the two settings that live trading needs. Without both, only the devnet in this process is traded on.',
    { env: ['TRADING_ENABLED'] },
  ),
  confirm_live: setting(
    text(200).default(''),
    `Second of the two settings that live trading needs: the sentence \`${LIVE_CONFIRMATION}\`.`,
  ),
  symbols: setting(
    z.array(symbol()).max(MARKETS_MAX).default([]),
    'The markets to trade, out of `markets`; empty for all of them.',
  ),
});

const devnet = z.strictObject({
  rpc_port: setting(whole(0, 65_535).default(0), 'RPC port of the chain in this process; 0 takes a free one.'),
  rest_port: setting(whole(0, 65_535).default(0), 'REST port of the chain in this process; 0 takes a free one.'),
  block_ms: setting(whole(10, 60_000).default(400), 'Time between blocks, ms.'),
  seed: setting(
    whole(0, 4_294_967_295).default(1),
    'Seed of the participants: the same seed and tape give the same market.',
  ),
  tape: setting(
    text(1_024).default(''),
    'Recording that the fundamental price is taken from; empty for the one that ships with FlashMM.',
  ),
  participants: setting(flag().default(true), 'Whether makers, noise and informed takers trade on the devnet.'),
});

const sei = z.strictObject({
  network: setting(
    oneOf(['devnet', 'private', 'testnet', 'mainnet']).default('devnet'),
    '`devnet` is the chain in this process, on paper money; the others are reached at `sei.rpc_urls`.',
    { env: ['SEI_NETWORK'] },
  ),
  rpc_urls: setting(
    z
      .array(url('http', 'https'))
      .max(ENDPOINTS_MAX, { error: `expected at most ${ENDPOINTS_MAX} URLs` })
      .default([]),
    'Tendermint RPC endpoints, the primary first, then up to two backups.',
    { env: ['SEI_RPC_URL'] },
  ),
  ws_urls: setting(
    z
      .array(url('ws', 'wss'))
      .max(ENDPOINTS_MAX, { error: `expected at most ${ENDPOINTS_MAX} URLs` })
      .default([]),
    'WebSocket endpoints in the order of `sei.rpc_urls`; empty to derive them (`/websocket`).',
    { env: ['SEI_WS_URL'] },
  ),
  chain_id: setting(
    text(48, /^[a-zA-Z0-9-]*$/, 'letters, digits and dashes').default(''),
    'Chain id that every endpoint must report; needed for live trading.',
    { env: ['SEI_CHAIN_ID'] },
  ),
  contract: setting(
    text(128, /^(sei1[0-9a-z]{38,58})?$/, 'a contract address that begins with sei1').default(''),
    'Address of the exchange contract whose pairs are traded.',
  ),
  mnemonic: setting(secret().default(null), 'Mnemonic of the trading account.', { secret: true }),
  gas_price_usei: setting(decimal(0, 1_000).default('0.1'), 'Base gas price, usei a unit of gas.'),
  gas_urgency: setting(
    oneOf(['low', 'normal', 'high', 'urgent']).default('normal'),
    'Multiplies the base gas price: low 1.0, normal 1.2, high 1.5, urgent 2.0.',
  ),
  request_timeout_ms: setting(
    whole(50, 60_000).default(5_000),
    'How long an RPC answer is waited for before the next endpoint is tried, ms.',
  ),
  reconcile_every_ms: setting(
    whole(1_000, DAY_MS).default(10_000),
    'How often resting orders and balances are compared with the chain, ms.',
  ),
});

const market = z.strictObject({
  symbol: setting(symbol(), 'Unique name of the market.'),
  base: setting(text(128, /\S/, 'a denom'), 'Base asset: the asset denom on the chain.'),
  quote: setting(text(128, /\S/, 'a denom'), 'Quote asset: the price denom on the chain.'),
  tick_size: setting(decimal(1e-18, 1e9), 'Smallest price step, in quote units.'),
  lot_size: setting(decimal(1e-18, 1e9), 'Smallest size step, in base units.'),
  base_denom: setting(
    text(128, /^\S*$/, 'a denom').default(''),
    'Where the chain’s bank keeps the base asset; empty for `u` and its name in small letters. Six decimals.',
  ),
  quote_denom: setting(text(128, /^\S*$/, 'a denom').default(''), 'The same for the quote asset.'),
});

const sampling = z.strictObject({
  quote_frequency_hz: setting(real(0.1, 50).default(5), 'Decisions a second for each market.', {
    env: ['QUOTE_FREQUENCY_HZ'],
  }),
  stale_after_ms: setting(
    whole(100, 600_000).default(3_000),
    'A book that has not been confirmed for this long is not quoted from, ms.',
  ),
});

const orders = z.strictObject({
  unknown_orders: setting(
    oneOf(['cancel', 'adopt']).default('cancel'),
    'What becomes of an order of the account on the chain that FlashMM has not placed: `cancel` it, or `adopt` it, which keeps it where it is as wished.',
  ),
});

const journal = z.strictObject({
  enabled: setting(flag().default(true), 'Writes every input to the journal, so that the session can be replayed.'),
  segment_max_mb: setting(whole(1, 4_096).default(64), 'Size at which a journal segment is closed, MB.'),
  segments_max: setting(whole(1, 10_000).default(32), 'Segments kept; the oldest is deleted first.'),
  fsync: setting(
    oneOf(['always', 'interval', 'never']).default('interval'),
    'When the journal is forced to disk: after every write, about once a second, or when the system likes.',
  ),
  snapshot_every_s: setting(whole(1, 86_400).default(60), 'How often the state is snapshotted, s.'),
});

const api = z.strictObject({
  enabled: setting(flag().default(true), 'Serves the API.'),
  host: setting(
    text(255, /\S/, 'a host name or address').default('127.0.0.1'),
    'Address to listen on. The API has no authentication yet: any but a loopback address needs `api.allow_remote`.',
  ),
  port: setting(whole(0, 65_535).default(8000), 'Port to listen on; 0 takes a free one.'),
  allow_remote: setting(flag().default(false), 'Allows an address that other machines can reach.'),
});

const backtest = z.strictObject({
  order_latency_ms: setting(
    real(0, 60_000).default(100),
    'Time from a decision to its arrival at the simulated exchange, ms.',
  ),
  response_latency_ms: setting(
    real(0, 60_000).default(100),
    'Time from the simulated exchange to the report of what happened, ms.',
  ),
  order_latencies: setting(
    text(1_024).default(''),
    'File of recorded round trips of orders, with the exchanges `hftbacktest` and `sei`: latencies are on the line between them, and the two above are not used. CSV of `sent_ns,exchange_ns,answered_ns`, or the `.npz` of hftbacktest.',
  ),
  feed_latency_ms: setting(
    real(0, 60_000).default(0),
    "Time from a tape's receive times to our knowing of its rows, with the exchanges `hftbacktest` and `sei`, ms.",
  ),
  queue_model: setting(
    oneOf(['back', 'power', 'fifo']).default('back'),
    'Whose cancellations they are: `back`, of those behind us alone; `power`, by the sizes ahead of and behind us to the power of `queue_power`; `fifo`, with the exchange `hftbacktest`, whose they are on a tape of single orders.',
  ),
  queue_power: setting(
    real(0.1, 10).default(2),
    'Exponent of the queue model `power`: 1 is in proportion, more helps us less.',
  ),
  exchange: setting(
    oneOf(['own', 'hftbacktest', 'sei']).default('own'),
    "Whose exchange: `own` fills in parts; on tapes in columns, `hftbacktest` fills as its `NoPartialFillExchange`, and `sei` as the chain does, all at once at each block's end.",
  ),
  block_ms: setting(real(1, 60_000).default(400), 'Time from block to block of the exchange `sei`, ms.'),
  exchange_clock: setting(
    oneOf(['receive', 'event']).default('receive'),
    "When the exchanges `hftbacktest` and `sei` see a row of the tape: when it was received, or at the exchange's own time, where the recorder's clock can be trusted.",
  ),
  maker_fee_bps: setting(real(-100, 100).default(0), 'Fee of a resting order, bps; negative for a rebate.'),
  taker_fee_bps: setting(real(-100, 100).default(5), 'Fee of an order that takes, bps.'),
});

const later = 'Accepted and checked; nothing reads it in this version.';

const stores = z.strictObject({
  redis_url: setting(secret().default(null), `URL of Redis, the hot state. ${later}`, {
    env: ['REDIS_URL'],
    secret: true,
    reserved: true,
  }),
  influxdb_url: setting(
    z.union([z.literal(''), url('http', 'https')]).default(''),
    `URL of InfluxDB 2, the time series. ${later}`,
    { env: ['INFLUXDB_URL'], reserved: true, expected: 'a URL that begins with http:// or https://' },
  ),
  influxdb_token: setting(secret().default(null), `Token for InfluxDB. ${later}`, {
    env: ['INFLUXDB_TOKEN'],
    secret: true,
    reserved: true,
  }),
});

const reservedSecret = (description: string, env: string) =>
  setting(secret().default(null), `${description} ${later}`, { env: [env], secret: true, reserved: true });

const security = z.strictObject({
  secret_key: reservedSecret('Key that signs API tokens.', 'SECRET_KEY'),
  encryption_key: reservedSecret('Key that secrets at rest are encrypted with.', 'ENCRYPTION_KEY'),
});

const integrations = z.strictObject({
  cambrian_api_key: reservedSecret('API key of Cambrian.', 'CAMBRIAN_API_KEY'),
  cambrian_secret: reservedSecret('Secret of Cambrian.', 'CAMBRIAN_SECRET'),
  grafana_api_key: reservedSecret('API key of Grafana.', 'GRAFANA_API_KEY'),
  twitter_bearer_token: reservedSecret('Bearer token for posts on X.', 'TWITTER_BEARER_TOKEN'),
});

const watching = z.strictObject({
  accuracy_predictions: setting(
    whole(100, 10_000).default(3_000),
    'The newest predictions with a known outcome that accuracy figures cover: 3,000 are ten minutes at 5 Hz.',
  ),
  adwin_delta: setting(
    real(0.000_001, 0.2).default(0.002),
    'How rarely a model whose accuracy holds may be taken for one whose has changed (ADWIN’s delta).',
  ),
  input_trip_pct: setting(
    real(1, 100).default(20),
    'Share of a model’s features beyond their drift limits from which prices are made without it, percent.',
  ),
  input_clear_pct: setting(real(0, 99).default(10), 'Share below which it is believed again, percent.'),
});

const DEVNET_MARKETS: readonly z.input<typeof market>[] = [
  { symbol: 'BTCUSDC', base: 'BTC', quote: 'USDC', tick_size: '0.1', lot_size: '0.0001' },
  { symbol: 'ETHUSDC', base: 'ETH', quote: 'USDC', tick_size: '0.01', lot_size: '0.001' },
  { symbol: 'SEIUSDC', base: 'SEI', quote: 'USDC', tick_size: '0.0001', lot_size: '1' },
  { symbol: 'ATOMUSDC', base: 'ATOM', quote: 'USDC', tick_size: '0.001', lot_size: '0.1' },
];

/** The sections whose keys are single values, in the order of the reference page. */
export const SECTIONS = {
  runtime,
  trading,
  sei,
  devnet,
  sampling,
  quotes,
  risk,
  breakers,
  inference,
  watching,
  orders,
  journal,
  api,
  backtest,
  insight,
  stores,
  security,
  integrations,
} as const;

/** What `sections` of the reference page begin with, one sentence each. */
export const SECTION_SUMMARIES: Readonly<Record<keyof typeof SECTIONS | 'markets', string>> = {
  runtime: 'The process: its folder, its log, its screen.',
  trading: 'Whether and what to trade. The default is paper trading on a devnet in this process.',
  sei: 'The chain that is traded on.',
  devnet: 'The chain in this process.',
  markets: 'The markets, one table each. Stating any replaces the whole list.',
  sampling: 'When decisions are made.',
  quotes: 'How quotes are priced.',
  risk: 'The last check before an order goes out.',
  breakers: 'When something is wrong enough to act, and when it is well again.',
  inference: 'The models that predict the mid.',
  watching: 'When a model is no longer what it was.',
  orders: 'How orders are worked.',
  journal: 'The record of all inputs.',
  api: 'The HTTP API.',
  backtest: 'How the simulated exchange treats our orders.',
  insight: 'A language model beside the hot path, off without a key.',
  stores: 'External stores.',
  security: 'Keys.',
  integrations: 'Other services.',
};

/** One entry of `markets`. */
export const marketSchema = market;

/** The whole configuration. Unknown keys are refused at every level. */
export const configSchema = z.strictObject({
  ...SECTIONS,
  markets: setting(
    z
      .array(market)
      .min(1, { error: 'expected at least one market' })
      .max(MARKETS_MAX, { error: `expected at most ${MARKETS_MAX} markets` })
      .default(() => DEVNET_MARKETS.map((one) => market.parse(one))),
    'The markets.',
  ),
});

/** The effective configuration: every key present, decimals as exact texts, secrets as `Secret` or null. */
export type Config = z.output<typeof configSchema>;

/** One market of the configuration. */
export type MarketConfig = z.output<typeof market>;

const at = (path: string, message: string) => ({ path: path.split('.'), message });

/** What no single key can say: rules between keys. Each broken rule names the key to change. */
export function crossChecks(config: Config): readonly { readonly path: readonly string[]; readonly message: string }[] {
  const broken: { readonly path: readonly string[]; readonly message: string }[] = [];
  const symbols = config.markets.map((one) => one.symbol);
  const twice = symbols.find((one, index) => symbols.indexOf(one) !== index);
  if (twice !== undefined) broken.push(at('markets', `expected each symbol once, '${twice}' is there twice`));
  for (const wanted of config.trading.symbols) {
    if (!symbols.includes(wanted)) {
      broken.push(at('trading.symbols', `expected symbols out of markets (${symbols.join(', ')}), not '${wanted}'`));
    }
  }
  if (config.sei.ws_urls.length > 0 && config.sei.ws_urls.length !== config.sei.rpc_urls.length) {
    broken.push(at('sei.ws_urls', `expected as many as sei.rpc_urls (${config.sei.rpc_urls.length}), or none`));
  }
  if (config.sei.network !== 'devnet' && config.sei.rpc_urls.length === 0) {
    broken.push(at('sei.rpc_urls', `expected at least one URL, because sei.network is '${config.sei.network}'`));
  }
  if (config.sampling.stale_after_ms < 1_000 / config.sampling.quote_frequency_hz) {
    broken.push(at('sampling.stale_after_ms', 'expected at least one period of sampling.quote_frequency_hz'));
  }
  for (const [section, low, high] of [
    ['breakers', 'latency_low_ms', 'latency_high_ms'],
    ['breakers', 'inventory_clear_pct', 'inventory_trip_pct'],
    ['breakers', 'extreme_floor_bps', 'extreme_stop_bps'],
    ['watching', 'input_clear_pct', 'input_trip_pct'],
    ['risk', 'reduce_until_loss_pct', 'reduce_from_loss_pct'],
    ['quotes', 'volatility_floor_bps', 'volatility_ceiling_bps'],
  ] as const) {
    const values = config[section] as Readonly<Record<string, unknown>>;
    if (Number(values[low]) < Number(values[high])) continue;
    broken.push(at(`${section}.${low}`, `expected less than ${section}.${high} (${values[high]})`));
  }
  return broken;
}
