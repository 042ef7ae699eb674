/** How much may be held in one market. */
export interface InventoryParameters {
  /** Largest position, long or short, in quote currency. */
  readonly maxPositionUsdc: number;
  /** Largest position as a share of the account's equity, percent. */
  readonly maxInventoryPct: number;
  /** Equity is counted as no more than this, in quote currency: what the operator has given to this strategy. */
  readonly capitalUsdc: number;
}

/**
 * The most that may be held by the share of equity, in quote currency.
 *
 * @param equityUsdc what the account is worth, or null while that is not known
 */
export function inventoryLimitUsdc(
  parameters: Pick<InventoryParameters, 'maxInventoryPct' | 'capitalUsdc'>,
  equityUsdc: number | null,
): number {
  const { maxInventoryPct, capitalUsdc } = parameters;
  return (Math.max(0, Math.min(capitalUsdc, equityUsdc ?? capitalUsdc)) * maxInventoryPct) / 100;
}

/** The most that may be held by both limits, in quote currency. */
export function positionLimitUsdc(parameters: InventoryParameters, equityUsdc: number | null): number {
  return Math.min(parameters.maxPositionUsdc, inventoryLimitUsdc(parameters, equityUsdc));
}
