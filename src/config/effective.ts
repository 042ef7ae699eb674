import type { Config } from './schema.ts';

/** The value of a key of the effective configuration by its path: `risk.max_position_usdc`, `markets`. */
export function valueAt(config: Config, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], config);
}
