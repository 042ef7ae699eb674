import { CommandError } from '../exit/command_error.ts';
import { type Config, LIVE_CONFIRMATION } from './schema.ts';

/**
 * Whether orders stay on the devnet in this process (`paper`) or go to a chain elsewhere (`live`). Live needs both
 * `trading.enabled` and the sentence in `trading.confirm_live`, besides an account and a chain to check.
 *
 * @throws CommandError (`refused`) that lists what is missing
 */
export function tradingMode(config: Config): 'paper' | 'live' {
  if (config.sei.network === 'devnet') return 'paper';
  const missing = [
    config.trading.enabled ? undefined : 'trading.enabled = true',
    config.trading.confirm_live === LIVE_CONFIRMATION ? undefined : `trading.confirm_live = "${LIVE_CONFIRMATION}"`,
    config.sei.mnemonic === null ? 'sei.mnemonic' : undefined,
    config.sei.chain_id === '' ? 'sei.chain_id' : undefined,
    config.sei.contract === '' ? 'sei.contract' : undefined,
  ].filter((one) => one !== undefined);
  if (missing.length === 0) return 'live';
  throw new CommandError(
    'refused',
    `sei.network is '${config.sei.network}', so orders would leave this machine, but not everything that needs is set: ` +
      missing.join(', '),
    "Set what is missing, or trade on paper with sei.network = 'devnet'.",
  );
}
