import { accountSettings } from '../../src/config/account.ts';
import { loadConfig } from '../../src/config/load.ts';
import { DEFAULT_MARKETS } from '../../src/devnet/market.ts';
import type { AccountSettings } from '../../streams/settings.ts';

/** The settings of a fresh installation, with its first market alone. */
export function settingsOfOneMarket(): AccountSettings {
  return accountSettings(loadConfig({ env: {}, flags: [] }).config, DEFAULT_MARKETS.slice(0, 1));
}
