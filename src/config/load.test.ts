import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { CommandError } from '../exit/command_error.ts';
import { KNOWN_KEYS } from './keys.ts';
import { type ConfigSources, loadConfig } from './load.ts';
import { LIVE_CONFIRMATION } from './schema.ts';
import { tradingMode } from './trading_mode.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(sources: { toml?: string; env?: ConfigSources['env']; set?: Record<string, string> }) {
  const file = sources.toml === undefined ? undefined : join(folder, 'test.toml');
  if (file !== undefined) writeFileSync(file, sources.toml!);
  const flags = Object.entries(sources.set ?? {}).map(([path, text]) => ({ path, text, from: `--set ${path}` }));
  return loadConfig({ file, env: sources.env ?? {}, flags, ...(file === undefined ? { withoutFile: true } : {}) });
}

function refusal(sources: Parameters<typeof load>[0]): string {
  try {
    load(sources);
  } catch (error) {
    expect(error).toBeInstanceOf(CommandError);
    expect((error as CommandError).exit).toBe('configuration');
    return (error as CommandError).message;
  }
  throw new Error('the configuration was accepted');
}

describe('sources', () => {
  it('has a default for everything: paper trading of four markets on the devnet', () => {
    const { config, origins } = load({});
    expect(tradingMode(config)).toBe('paper');
    expect(config.markets.map((one) => one.symbol)).toEqual(['BTCUSDC', 'ETHUSDC', 'SEIUSDC', 'ATOMUSDC']);
    expect(new Set(origins.values())).toEqual(new Set(['default']));
  });

  it('lets the later source win, key by key, and says where each value came from', () => {
    const toml = '[risk]\nmax_position_usdc = 100\nmax_order_usdc = 10.5\n[api]\nport = 1\n';
    const env = { MAX_POSITION_USDC: '200', FLASHMM_API_PORT: '2', LOG_LEVEL: '' };
    const { config, origins, file } = load({ toml, env, set: { 'api.port': '3' } });
    expect(config.risk).toMatchObject({ max_position_usdc: '200', max_order_usdc: '10.5' });
    expect(config.api.port).toBe(3);
    expect(config.runtime.log_level).toBe('info');
    expect(origins.get('risk.max_position_usdc')).toBe('environment MAX_POSITION_USDC');
    expect(origins.get('risk.max_order_usdc')).toBe(file);
    expect(origins.get('api.port')).toBe('--set api.port');
  });

  it('prefers the long name of a variable to the short one', () => {
    const { config } = load({ env: { MAX_POSITION_USDC: '1', FLASHMM_RISK_MAX_POSITION_USDC: '2' } });
    expect(config.risk.max_position_usdc).toBe('2');
  });

  it('reads lists, numbers and switches from text', () => {
    const env = {
      SEI_RPC_URL: 'http://a:1/, https://b',
      DEBUG: 'yes',
      QUOTE_FREQUENCY_HZ: '2.5',
      TRADING_ENABLED: '0',
    };
    const { config } = load({ env });
    expect(config.sei.rpc_urls).toEqual(['http://a:1', 'https://b']);
    expect(config.runtime.debug).toBe(true);
    expect(config.trading.enabled).toBe(false);
    expect(config.sampling.quote_frequency_hz).toBe(2.5);
  });

  it('keeps decimals exact, whichever way they are written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000_000 }), fc.integer({ min: 0, max: 999 }), (whole, cents) => {
        const text = `${whole}.${String(cents).padStart(3, '0')}`;
        expect(load({ set: { 'risk.max_position_usdc': text } }).config.risk.max_position_usdc).toBe(text);
      }),
    );
  });

  it('gives every key a variable of its own', () => {
    const names = [...KNOWN_KEYS.values()].flatMap((one) => one.env);
    expect(new Set(names).size).toBe(names.length);
  });

  it('takes the variables that the specification names', () => {
    const names = [...KNOWN_KEYS.values()].flatMap((one) => one.env);
    const wanted =
      'ENVIRONMENT LOG_LEVEL DEBUG SEI_RPC_URL SEI_WS_URL SEI_CHAIN_ID CAMBRIAN_API_KEY CAMBRIAN_SECRET MAX_POSITION_USDC ' +
      'QUOTE_FREQUENCY_HZ REDIS_URL INFLUXDB_URL INFLUXDB_TOKEN GRAFANA_API_KEY TWITTER_BEARER_TOKEN SECRET_KEY ' +
      'ENCRYPTION_KEY TRADING_ENABLED SEI_NETWORK';
    expect(names).toEqual(expect.arrayContaining(wanted.split(' ')));
  });
});

describe('what is refused', () => {
  it.each([
    [
      'a wrong value',
      { toml: '[risk]\nmax_position_usdc = -5' },
      /risk\.max_position_usdc = -5 \(.*test\.toml\): expected a decimal number from 0/,
    ],
    [
      'a wrong type',
      { env: { FLASHMM_API_PORT: 'many' } },
      /api\.port = "many" \(environment FLASHMM_API_PORT\): expected a whole number/,
    ],
    [
      'a mistyped key',
      { toml: '[risk]\nmax_postion_usdc = 5' },
      /risk\.max_postion_usdc .*unknown key; did you mean 'risk\.max_position_usdc'/,
    ],
    ['a key outside its section', { toml: 'max_position_usdc = 5' }, /did you mean 'risk\.max_position_usdc'/],
    ['a mistyped section', { toml: '[rsk]\nmax_position_usdc = 5' }, /rsk .*unknown key; did you mean 'risk'/],
    ['a mistyped variable', { env: { FLASHMM_API_PROT: '1' } }, /FLASHMM_API_PROT .*did you mean 'FLASHMM_API_PORT'/],
    ['a section that is no table', { toml: 'risk = 3' }, /risk = 3 .*expected a table/],
    [
      'a market with a mistyped key',
      { toml: '[[markets]]\nsymbol = "AUSDC"\nbase = "A"\nquote = "U"\ntick = 1\nlot_size = 1' },
      /unknown key 'tick'; did you mean 'tick_size'/,
    ],
    [
      'a market without a key',
      { toml: '[[markets]]\nsymbol = "AUSDC"\nbase = "A"\nquote = "U"\nlot_size = 1' },
      /markets\[0\]\.tick_size = nothing/,
    ],
    ['markets from a flag', { set: { markets: 'A' } }, /markets .*only be set in the file/],
    ['a symbol that is no market', { set: { 'trading.symbols': 'XYZUSDC' } }, /out of markets .*XYZUSDC/],
    ['too many endpoints', { env: { SEI_RPC_URL: 'http://a,http://b,http://c,http://d' } }, /at most 3 URLs/],
    ['a URL with a password', { env: { SEI_RPC_URL: 'http://me:pw@a' } }, /without user and password/],
    ['another network without endpoints', { env: { SEI_NETWORK: 'private' } }, /sei\.rpc_urls .*at least one URL/],
    [
      'a book that is stale before it is sampled',
      { set: { 'sampling.quote_frequency_hz': '0.1' } },
      /stale_after_ms .*at least one period/,
    ],
    [
      'a volatility that may be higher than it may',
      { set: { 'quotes.volatility_floor_bps': '60' } },
      /volatility_floor_bps .*less than quotes\.volatility_ceiling_bps \(50\)/,
    ],
  ] as const)('%s', (_, sources, expected) => {
    expect(refusal(sources)).toMatch(expected);
  });

  it('lists every problem at once', () => {
    const message = refusal({ set: { 'api.port': 'x', 'risk.nothing': '1', 'quotes.gamma': '-1' } });
    expect(message.match(/^ {2}- /gm)).toHaveLength(3);
  });

  it('never shows a secret, neither its value nor the line of a broken file that it stands on', () => {
    const long = 'hunter2 '.repeat(1_000);
    expect(refusal({ env: { SECRET_KEY: long } })).toMatch(/security\.secret_key = \[redacted\]/);
    expect(refusal({ toml: '[sei]\nmnemonic = "hunter2 hunter2\n' })).not.toContain('hunter2');
    expect(JSON.stringify(load({ env: { SECRET_KEY: 'hunter2' } }))).not.toContain('hunter2');
  });

  it('names the place of a TOML error and a missing file', () => {
    expect(refusal({ toml: '[risk]\nmax_order_usdc = = 3' })).toMatch(/line 2, column/);
    expect(() => loadConfig({ file: join(folder, 'absent.toml'), env: {}, flags: [] })).toThrow(/no such file/);
  });

  it('survives anything in the file', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (toml) => {
        try {
          load({ toml });
        } catch (error) {
          expect(error).toBeInstanceOf(CommandError);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('live trading', () => {
  const live = {
    SEI_NETWORK: 'private',
    SEI_RPC_URL: 'http://127.0.0.1:1',
    SEI_CHAIN_ID: 'c-1',
    FLASHMM_SEI_MNEMONIC: 'word',
    FLASHMM_SEI_CONTRACT: `sei1${'q'.repeat(40)}`,
    TRADING_ENABLED: 'true',
    FLASHMM_TRADING_CONFIRM_LIVE: LIVE_CONFIRMATION,
  };

  it('needs every one of its settings', () => {
    expect(tradingMode(load({ env: live }).config)).toBe('live');
    for (const name of [
      'SEI_CHAIN_ID',
      'FLASHMM_SEI_MNEMONIC',
      'FLASHMM_SEI_CONTRACT',
      'TRADING_ENABLED',
      'FLASHMM_TRADING_CONFIRM_LIVE',
    ]) {
      const { config } = load({ env: { ...live, [name]: '' } });
      expect(() => tradingMode(config)).toThrow(expect.objectContaining({ exit: 'refused' }));
    }
  });
});
