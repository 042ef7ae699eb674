import { lotValueQuote } from '../market/money.ts';
import type { Market } from '../market/types.ts';
import type { Desk, OrderSide } from '../simulation/strategy.ts';
import { NO_ASK } from '../simulation/touch_book.ts';

/** What a baseline may hold and how much it quotes, in quote currency. */
export interface BaselineSize {
  readonly orderSizeUsdc: number;
  /** A side that would take the position beyond this is not quoted. */
  readonly maxPositionUsdc: number;
}

/** Whether both sides of the book have a price. */
export function isTwoSided({ bidTick, askTick }: Desk): boolean {
  return bidTick > 0 && askTick < NO_ASK && bidTick < askTick;
}

/** An order of a value in whole steps of the market, at least one. @param tick price, need not be whole */
export function lotsWorth(market: Market, valueUsdc: number, tick: number): number {
  const stepLots = market.orderStepLots ?? 1;
  return stepLots * Math.max(1, Math.round(valueUsdc / lotValueQuote(market, tick) / stepLots));
}

/**
 * Keeps one post-only order a side at a price: what lies elsewhere is cancelled, and the new one goes out at once, without waiting
 * for the cancel. Prices are moved off the other side's best, where they could only be refused.
 *
 * @param bid @param ask prices in ticks, not rounded
 */
export function quoteBothSides(desk: Desk, market: Market, size: BaselineSize, bid: number, ask: number): void {
  const mid = (desk.bidTick + desk.askTick) / 2;
  const lots = lotsWorth(market, size.orderSizeUsdc, mid);
  const heldUsdc = desk.positionLots * lotValueQuote(market, mid);
  const orderUsdc = lots * lotValueQuote(market, mid);
  const bidTick = Math.min(Math.floor(bid), desk.askTick - 1);
  const askTick = Math.max(Math.ceil(ask), desk.bidTick + 1, bidTick + 1);
  keep(desk, 1, heldUsdc + orderUsdc <= size.maxPositionUsdc ? bidTick : 0, lots);
  keep(desk, -1, heldUsdc - orderUsdc >= -size.maxPositionUsdc ? askTick : 0, lots);
}

/** Takes every order of the desk away. */
export function quoteNothing(desk: Desk): void {
  for (const order of desk.orders) desk.cancel(order);
}

/** @param tick where the order of a side shall be; below 1 nowhere */
function keep(desk: Desk, side: OrderSide, tick: number, lots: number): void {
  let there = false;
  for (const order of desk.orders) {
    if (order.side !== side || order.cancelling) continue;
    if (order.tick === tick) there = true;
    else desk.cancel(order);
  }
  if (!there && tick > 0) desk.place(side, tick, lots, 'postOnly');
}
