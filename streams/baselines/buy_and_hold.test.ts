import { describe, expect, it } from 'vitest';
import { DESK_MARKET, RecordedDesk } from '../../test/recorded_desk.ts';
import type { Answer } from '../simulation/strategy.ts';
import { BuyAndHold } from './buy_and_hold.ts';

const strategy = () => new BuyAndHold({ intervalNs: 1e9, maxPositionUsdc: 200 }, [DESK_MARKET]);

/** The end of the desk's newest order: so many lots of it were filled. */
function ended(desk: RecordedDesk, filled: number, hear: (answer: Answer) => void): void {
  const order = desk.orders.pop()!;
  const answer = { order, exchangeNs: 0, tick: order.tick, maker: false };
  if (filled > 0) {
    order.leftLots -= filled;
    desk.positionLots += filled;
    hear({ ...answer, kind: 'filled', lots: filled });
  }
  if (order.leftLots > 0) hear({ ...answer, kind: 'expired', lots: 0 });
}

describe('buy and hold', () => {
  it('takes the best ask until it holds what it may, and nothing after that', () => {
    const desk = Object.assign(new RecordedDesk(), { bidTick: 9_999, askTick: 10_001 });
    const holder = strategy();
    const hear = (answer: Answer): void => holder.hear(desk, answer);
    desk.askLots = 1_500;
    holder.wake(1e9, [desk]);
    expect(desk.asked()).toEqual(['buy 1500@10001 immediateOrCancel']);
    // While that is on its way, only what is missing beyond it.
    holder.wake(2e9, [desk]);
    expect(desk.asked()).toEqual(['buy 499@10001 immediateOrCancel']);
    ended(desk, 0, hear);
    ended(desk, 700, hear);
    holder.wake(3e9, [desk]);
    expect(desk.asked()).toEqual(['buy 1299@10001 immediateOrCancel']);
    ended(desk, 1_299, hear);
    for (const askTick of [10_001, 9_000, 20_000]) {
      Object.assign(desk, { bidTick: askTick - 1, askTick });
      holder.wake(4e9, [desk]);
      expect(desk.asked()).toEqual([]);
    }
  });

  it('waits for a book with two sides', () => {
    const desk = new RecordedDesk();
    strategy().wake(1e9, [desk]);
    expect(desk.asked()).toEqual([]);
  });
});
