import { describe, expect, it } from 'vitest';
import { equityOf } from '../../test/money_events.ts';
import { account, bench, FAIR, live, mid, position, quote, tradingState, working } from '../../test/risk_events.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Equity } from '../fills/types.ts';
import type { Own } from '../own.ts';
import type { Quote } from '../quotes/quotes.ts';
import { type Approved, isApproved } from './risk.ts';

describe('the pre-trade check', () => {
  it('passes what is within all limits, as its own object', () => {
    const [approved] = bench().step(quote([9_990, 5, 9_980, 5], [10_010, 5]));
    expect(approved).toMatchObject({ bids: [9_990, 5, 9_980, 5], asks: [10_010, 5], limits: [] });
    expect(isApproved(approved!)).toBe(true);
    expect(isApproved({ ...approved! })).toBe(false);
  });

  it.each<[string, readonly (Own | FairValue)[], Quote, Partial<Approved>]>([
    ['order-size', [], quote([9_990, 7], []), { bids: [9_990, 5], limits: ['buy:order-size'] }],
    ['position', [position(18)], quote([9_990, 5], []), { bids: [9_990, 2], limits: ['buy:position'] }],
    [
      'position, with what rests',
      [position(10), working([live('buy', 9_970, 8)])],
      quote([9_990, 5], []),
      {
        bids: [9_990, 2],
        limits: ['buy:position'],
      },
    ],
    [
      'position, all levels together',
      [position(12)],
      quote([9_990, 5, 9_980, 5], []),
      {
        bids: [9_990, 5, 9_980, 3],
        limits: ['buy:position'],
      },
    ],
    ['position, short', [position(-19)], quote([], [10_010, 5]), { asks: [10_010, 1], limits: ['sell:position'] }],
    [
      'gross',
      [mid(FAIR, 'BBB'), mid(FAIR, 'CCC'), position(-15, 'BBB'), position(-14, 'CCC')],
      quote([9_990, 5], []),
      {
        bids: [9_990, 1],
        limits: ['buy:gross'],
      },
    ],
    [
      'net, long',
      [mid(FAIR, 'BBB'), mid(FAIR, 'CCC'), position(18, 'BBB'), working([live('buy', 9_990, 4)], 'CCC')],
      quote([9_990, 5], [10_010, 5]),
      { bids: [9_990, 3], asks: [10_010, 5], limits: ['buy:net'] },
    ],
    [
      'net, short',
      [mid(FAIR, 'BBB'), mid(FAIR, 'CCC'), position(-18, 'BBB'), position(-4, 'CCC')],
      quote([9_990, 5], [10_010, 5]),
      { bids: [9_990, 5], asks: [10_010, 3], limits: ['sell:net'] },
    ],
    [
      'net, what is held the other way counts against it',
      [mid(FAIR, 'BBB'), mid(FAIR, 'CCC'), position(15, 'BBB'), position(5, 'AAA'), position(-5, 'CCC')],
      quote([9_990, 5, 9_980, 5], []),
      { bids: [9_990, 5], limits: ['buy:gross'] },
    ],
    [
      'net, unless its price is not known',
      [mid(FAIR, 'BBB'), position(18, 'BBB'), position(5, 'AAA'), position(-5, 'CCC')],
      quote([9_990, 5], []),
      { bids: [], limits: ['buy:gross', 'buy:net'] },
    ],
    [
      'net, with a position at no known price',
      [position(1, 'BBB')],
      quote([9_990, 5, 9_980, 5], [10_010, 5]),
      { bids: [9_990, 5], asks: [10_010, 5], limits: ['buy:net'] },
    ],
    [
      'gross, with a position at no known price',
      [position(-1, 'BBB')],
      quote([9_990, 5, 9_980, 5, 9_970, 5], []),
      { bids: [9_990, 5, 9_980, 5], limits: ['buy:gross'] },
    ],
    [
      'collar of the fair value',
      [],
      quote([9_899, 5], [10_101, 5]),
      {
        bids: [],
        asks: [],
        limits: ['buy:collar', 'sell:collar'],
      },
    ],
    [
      'collar of the middle',
      [mid(10_080)],
      quote([9_970, 1, 9_985, 1], []),
      { bids: [9_985, 1], limits: ['buy:collar'] },
    ],
    [
      'collar of the last trade',
      [mid(FAIR, 'AAA', 0, { tick: 10_080, timeUs: -29_999_999 })],
      quote([9_970, 1, 9_985, 1], [10_010, 1]),
      { bids: [9_985, 1], asks: [10_010, 1], limits: ['buy:collar'] },
    ],
    [
      'collar, not of a last trade that is too old',
      [mid(FAIR, 'AAA', 0, { tick: 10_080, timeUs: -30_000_000 })],
      quote([9_970, 1], []),
      { bids: [9_970, 1], limits: [] },
    ],
    ['crossed', [], quote([10_000, 1], [10_000, 1]), { bids: [], asks: [], limits: ['both:crossed'] }],
    [
      'self-trade with what is on its way',
      [working([live('sell', 9_990, 1, false)])],
      quote([9_990, 1, 9_989, 1], []),
      {
        bids: [9_989, 1],
        limits: ['buy:self-trade'],
      },
    ],
    [
      'self-trade, not with what the same transaction cancels',
      [working([live('sell', 9_990, 1)])],
      quote([9_990, 1], []),
      {
        bids: [9_990, 1],
        limits: [],
      },
    ],
    ['price', [], quote([Number.NaN, 1, 9_990.5, 1, 9_990, 1], []), { bids: [9_990, 1], limits: ['buy:price'] }],
    [
      'open orders',
      [
        working(
          Array.from({ length: 10 }, (_, i) => live('sell', 10_020 + i, 1)),
          'BBB',
        ),
      ],
      quote([9_990, 1, 9_989, 1], [10_010, 1]),
      { bids: [9_990, 1, 9_989, 1], asks: [], limits: ['sell:open-orders'] },
    ],
    [
      'reducing, flat',
      [tradingState('reducing')],
      quote([9_990, 5], [10_010, 5]),
      {
        bids: [],
        asks: [],
        limits: ['buy:reducing', 'sell:reducing'],
      },
    ],
    [
      'reducing, long',
      [position(3), tradingState('reducing')],
      quote([9_990, 5], [10_010, 5]),
      {
        bids: [],
        asks: [10_010, 3],
        limits: ['buy:reducing', 'sell:reducing'],
      },
    ],
    ...(['paused', 'halted', 'starting'] as const).map((state): [string, readonly Own[], Quote, Partial<Approved>] => [
      state,
      [tradingState(state)],
      quote([9_990, 5], [10_010, 5]),
      { bids: [], asks: [], limits: [`both:${state}`] },
    ]),
  ])('reduces or refuses: %s', (_name, before, wished, expected) => {
    const one = bench();
    for (const event of before) one.step(event);
    expect(one.step(wished)[0]).toMatchObject(expected);
  });

  it('counts an order that stays once, and one that goes in addition', () => {
    const one = bench();
    one.step(position(15));
    one.step(working([live('buy', 9_990, 3)]));
    expect(one.step(quote([9_990, 5], []))[0]).toMatchObject({ bids: [9_990, 5], limits: [] });
    expect(one.step(quote([9_980, 5], []))[0]).toMatchObject({ bids: [9_980, 2], limits: ['buy:position'] });
  });

  it('goes by the share of equity where that is less, and by the capital where equity is more', () => {
    const one = bench(account({ maxInventoryPct: 1, capitalUsdc: 100_000 }));
    const equity = (equityUsdc: number | null): Equity => equityOf({ equityUsdc });
    const wish = quote([9_990, 5, 9_980, 5, 9_970, 5], []);
    expect(one.step(wish)[0]).toMatchObject({ bids: [9_990, 5, 9_980, 5], limits: ['buy:inventory'] });
    one.step(equity(60_000));
    expect(one.step(wish)[0]).toMatchObject({ bids: [9_990, 5, 9_980, 1] });
    one.step(equity(1e9));
    expect(one.step(wish)[0]).toMatchObject({ bids: [9_990, 5, 9_980, 5] });
  });

  it('lets an order below the smallest size pass only when it shrinks the position', () => {
    const one = bench(account({ minOrderUsdc: 300 }));
    expect(one.step(quote([9_990, 2], [10_010, 3]))[0]).toMatchObject({
      bids: [],
      asks: [10_010, 3],
      limits: ['buy:min-order'],
    });
    one.step(position(-2));
    expect(one.step(quote([9_990, 2], []))[0]).toMatchObject({ bids: [9_990, 2], limits: [] });
  });

  it('approves again when a fill, an order or the state of trading changes what it went by, and only then', () => {
    const one = bench();
    one.step(quote([9_990, 5], [10_010, 5]));
    expect(one.step(position(1))).toEqual([]);
    const [again] = one.step(position(17));
    expect(again).toMatchObject({ bids: [9_990, 3], asks: [10_010, 5], quotedUs: 0, limits: ['buy:position'] });
    expect(one.step(position(17))).toEqual([]);
    expect(one.step(tradingState('halted'))[0]).toMatchObject({ bids: [], asks: [] });
    one.nowUs = 1_000_001;
    expect(one.step(tradingState('active'))).toEqual([]);
  });

  it('looks again at a quote whose mark comes after it', () => {
    const one = bench();
    expect(one.step(quote([9_990, 1], []))).toHaveLength(1);
    expect(one.step(mid(10_200))[0]).toMatchObject({ bids: [], limits: ['buy:collar'] });
    expect(one.step(mid(10_000))[0]).toMatchObject({ bids: [9_990, 1] });
    expect(one.step(mid(10_000, 'AAA', 0, { tick: 9_800, timeUs: 0 }))[0]).toMatchObject({ bids: [] });
    expect(one.step(mid(10_000, 'AAA', 0, { tick: 9_950, timeUs: 0 }))[0]).toMatchObject({ bids: [9_990, 1] });
  });
});
