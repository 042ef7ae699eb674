/**
 * The best prices at which an order can only rest.
 *
 * A batch auction has no post-only flag: a limit that crosses when its block is made trades, at the middle of the two. So a bid
 * stays a tick below the others' best ask, and below it by `postOnlyMarginTicks` more, because the book moves between the
 * sample and the block: what it is expected to move in that time is the margin to choose.
 *
 * @param touch the others' best prices, ticks
 */
export function postOnlyTicks(
  { postOnlyMarginTicks }: { readonly postOnlyMarginTicks: number },
  touch: { readonly bidTick: number; readonly askTick: number },
): { readonly bidTick: number; readonly askTick: number } {
  return { bidTick: touch.askTick - 1 - postOnlyMarginTicks, askTick: touch.bidTick + 1 + postOnlyMarginTicks };
}
