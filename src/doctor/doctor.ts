import { type LoadedConfig, loadConfig } from '../config/load.ts';
import { tradingMode } from '../config/trading_mode.ts';
import { CommandError } from '../exit/command_error.ts';
import { type Check, type Finding, fail, ok, warn } from './check.ts';
import { clockCheck, endpointsCheck } from './endpoints.ts';
import { diskCheck, memoryCheck, nodeCheck, portsCheck, stallCheck, tapeCheck } from './machine.ts';
import { modelsCheck } from './models.ts';

/** Every check, in the order of the table. The stall check runs alone, because the others would disturb it. */
const CHECKS: readonly Check[] = [
  nodeCheck,
  memoryCheck,
  clockCheck,
  settingsCheck,
  diskCheck,
  portsCheck,
  tapeCheck,
  modelsCheck,
  endpointsCheck,
];

/**
 * Looks at everything that FlashMM needs and says what to do about what is missing.
 *
 * @param load reads the configuration; when that fails, its errors are a finding and the rest is checked with the defaults
 */
export async function examine(load: () => LoadedConfig, signal: AbortSignal): Promise<readonly Finding[]> {
  const { loaded, finding } = tryLoad(load);
  const input = { loaded, signal };
  const stall = await stallCheck(input);
  const found = await Promise.all(CHECKS.map((check) => check(input)));
  return [...(finding === undefined ? [] : [finding]), ...found.flat(), ...stall];
}

function tryLoad(load: () => LoadedConfig): { loaded: LoadedConfig; finding?: Finding } {
  try {
    return { loaded: load() };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const advice = `${error.hint} The checks below use the defaults.`;
    return {
      loaded: loadConfig({ env: {}, flags: [], withoutFile: true }),
      finding: fail('configuration', error.message.replace(/^in the configuration:\s*/, ''), advice),
    };
  }
}

async function settingsCheck({ loaded }: { readonly loaded: LoadedConfig }): Promise<readonly Finding[]> {
  const { config, file } = loaded;
  const from = file === undefined ? 'defaults and environment' : file;
  const symbols = config.trading.symbols.length > 0 ? config.trading.symbols : config.markets.map((one) => one.symbol);
  const markets = symbols.join(', ');
  if (config.sei.network === 'devnet' && (config.sei.rpc_urls.length > 0 || config.trading.enabled)) {
    const detail = `from ${from}: paper trading on the devnet, though sei.rpc_urls or trading.enabled is set`;
    return [warn('settings', detail, 'Set sei.network as well to trade on another chain, or remove the others.')];
  }
  try {
    return [ok('settings', `from ${from}: ${tradingMode(config)} trading on ${config.sei.network} of ${markets}`)];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [fail('settings', error.message, error.hint)];
  }
}
