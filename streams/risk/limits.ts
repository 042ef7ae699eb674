import { lotValueQuote } from '../market/money.ts';
import type { Levels, Market, Side } from '../market/types.ts';
import type { LiveOrder } from '../orders/types.ts';
import { keptLots, liveLots } from './worst_case.ts';

/** Pre-trade limits of one order. */
export interface OrderLimits {
  /** Furthest a price may lie from each reference, basis points. */
  readonly priceCollarBps: number;
  /** The last trade's price is such a reference until the trade is this old; 0 leaves it out. */
  readonly lastTradeExpiresMs: number;
  /** Largest single order, in quote currency. */
  readonly maxOrderUsdc: number;
  /** Smallest single order, in quote currency; one that shrinks the position may be smaller. */
  readonly minOrderUsdc: number;
}

/** All that the levels of one side are held against. */
export interface SideCheck {
  readonly market: Market;
  readonly limits: OrderLimits;
  readonly side: Side;
  readonly levels: Levels;
  readonly fairTick: number;
  /** Prices that an order must not be far from, in ticks: the fair value, the middle of the market, the last trade. */
  readonly references: readonly number[];
  readonly positionLots: number;
  readonly live: readonly LiveOrder[];
  /** The most that may be held on this side with all filled, in quote currency, and the name of the limit. */
  readonly holdUsdc: readonly { readonly name: string; readonly usdc: number }[];
  /** Lots that the account's balance covers beyond what its live orders need; infinite while balances are not known. */
  readonly coveredLots: number;
  /** Orders that may yet be opened. */
  readonly openable: number;
}

/** What passes of the levels of a side, and the limits that took something away. */
export interface SideResult {
  readonly levels: Levels;
  readonly limits: readonly string[];
}

/**
 * Holds the levels of one side against the limits, best level first: each passes, is made smaller, or is left out. Never is a
 * price changed or a size made larger.
 *
 * Every live order of the side counts as if it filled, wherever it rests and even while it is being cancelled; a level for
 * which live orders stay (see `keptLots`) adds only what it lacks.
 */
export function checkSide(check: SideCheck): SideResult {
  const { market, limits, side, levels, fairTick, live } = check;
  const broken: string[] = [];
  const lotValue = lotValueQuote(market, fairTick);
  const mostLots = Math.floor(limits.maxOrderUsdc / lotValue);
  const held = side === 'buy' ? check.positionLots : -check.positionLots;
  const taken = held + liveLots(live, side);
  const rooms: { readonly name: string; lots: number }[] = [];
  for (const { name, usdc } of check.holdUsdc) rooms.push({ name, lots: Math.floor(usdc / lotValue) - taken });
  rooms.push({ name: 'balance', lots: check.coveredLots });
  let openable = check.openable;
  const passed: number[] = [];
  for (let i = 0; i < levels.length; i += 2) {
    const tick = levels[i]!;
    const refusal = refusalOf(check, tick);
    if (refusal !== null) {
      note(broken, refusal);
      continue;
    }
    const wished = Math.min(levels[i + 1]!, mostLots);
    if (wished < levels[i + 1]!) note(broken, 'order-size');
    const kept = keptLots(live, side, tick, wished);
    if (kept === 0 && openable <= 0) {
      note(broken, 'open-orders');
      continue;
    }
    const lots = wholeSteps(market, sizeWithin(wished, kept, rooms, broken));
    const shrinks = lots <= -held;
    // Cut below what rests, by a limit or to whole steps: the order goes, and comes again smaller once it is gone.
    if (lots <= 0 || lots < kept) continue;
    if (lots * lotValue < limits.minOrderUsdc && !shrinks) {
      note(broken, 'min-order');
      continue;
    }
    for (const room of rooms) room.lots -= lots - kept;
    if (kept === 0) openable -= 1;
    passed.push(tick, lots);
  }
  return { levels: passed, limits: broken.map((name) => `${side}:${name}`) };
}

function note(broken: string[], name: string): void {
  if (!broken.includes(name)) broken.push(name);
}

/** The lots of a level that every room has space for beyond what is kept, noting which had too little. */
function sizeWithin(
  wished: number,
  kept: number,
  rooms: readonly { name: string; lots: number }[],
  broken: string[],
): number {
  let lots = wished;
  for (const room of rooms) {
    if (wished - kept <= room.lots) continue;
    note(broken, room.name);
    // With less than no room even what rests is too much: it is not wished any more.
    lots = Math.min(lots, room.lots < 0 ? 0 : kept + room.lots);
  }
  return lots;
}

/** Whether a price lies too far from a reference. */
export function outsideCollar(tick: number, reference: number, { priceCollarBps }: OrderLimits): boolean {
  return !(Math.abs(tick - reference) <= (reference * priceCollarBps) / 10_000);
}

/** Why no order may stand at this price, or null. */
function refusalOf({ limits, side, references, live }: SideCheck, tick: number): string | null {
  if (!(tick > 0 && Number.isSafeInteger(tick))) return 'price';
  for (const reference of references) {
    if (outsideCollar(tick, reference, limits)) return 'collar';
  }
  for (const order of live) {
    // The chain does not prevent self-trades. What rests is cancelled in the transaction that places this, before it (both
    // sides of a quote never meet, so it is not wished any more); what is on its way cannot be.
    if (order.side === side || order.resting) continue;
    if (side === 'buy' ? tick >= order.tick : tick <= order.tick) return 'self-trade';
  }
  return null;
}

function wholeSteps({ orderStepLots }: Market, lots: number): number {
  const step = orderStepLots ?? 1;
  return Math.max(0, Math.floor(lots / step) * step);
}
