import { describe, expect, it } from 'vitest';
import { accountOf, World } from './pipeline_world.ts';

/** A market that quotes: book, block, one batch placed and committed. */
function quoting(...symbols: string[]): World {
  const world = new World(accountOf(...symbols));
  world.block(10, 1);
  for (const symbol of symbols) world.book(20, symbol, 1);
  world.until(201);
  world.commit(300, 2);
  world.block(300, 2);
  return world;
}

describe('the pipeline', () => {
  it('turns a book into one transaction with a bid and an ask around the fair value', () => {
    const world = quoting('AAA');
    const batch = world.last('orderBatch');
    expect(batch.places.map(({ side, tick, lots }) => [side, tick, lots])).toEqual([
      ['buy', 9_990, 1],
      ['sell', 10_010, 1],
    ]);
    expect(batch.cancels).toEqual([]);
    expect(batch.places[0]!.clientOrderId).toMatch(/^flashmm_AAA_/);
    expect(world.failed).toBeUndefined();
  });

  it('puts the wishes of all markets into one transaction, at the same instant', () => {
    const batch = quoting('AAA', 'BBB', 'CCC').all('orderBatch');
    expect(batch.length).toBe(1);
    expect(batch[0]!.places.map(({ market, side }) => `${market} ${side}`).sort()).toEqual([
      'AAA buy',
      'AAA sell',
      'BBB buy',
      'BBB sell',
      'CCC buy',
      'CCC sell',
    ]);
  });

  it('sends nothing while a transaction is under way, and nothing more while nothing has to change', () => {
    const world = new World(accountOf('AAA'));
    world.block(10, 1);
    world.book(20, 'AAA', 1);
    world.until(900);
    expect(world.all('orderBatch').length).toBe(1);
    world.commit(910, 2);
    world.block(911, 2);
    world.book(912, 'AAA', 2);
    world.until(1_900);
    expect(world.all('orderBatch').length).toBe(1);
  });

  it('replaces both orders in one transaction when the price moves, cancels first', () => {
    const world = quoting('AAA');
    world.book(350, 'AAA', 2, [10_049, 50], [10_051, 50]);
    world.until(401);
    const batch = world.last('orderBatch');
    expect(batch.cancels.map(({ orderId, side, tick }) => [orderId, side, tick])).toEqual([
      ['1-0', 'buy', 9_990],
      ['1-1', 'sell', 10_010],
    ]);
    expect(batch.places.map(({ side, tick }) => [side, tick])).toEqual([
      ['buy', 10_039],
      ['sell', 10_061],
    ]);
  });

  it('leads a fill back through order, approval, quote, fair value and sample to the book', () => {
    const world = quoting('AAA');
    world.settle(350, 'AAA', '1-0', 'buy', 1, 9_990);
    const bySeq = new Map(world.decisions.map((decision) => [decision.seq, decision]));
    const kinds: string[] = [];
    for (
      let here = world.last('fill') as { kind: string; causes: readonly number[] } | undefined;
      here !== undefined;
    ) {
      kinds.push(here.kind);
      here = here.causes
        .map((seq) => bySeq.get(seq))
        .find((one) => one !== undefined && 'causes' in one) as typeof here;
    }
    expect(kinds).toEqual(['fill', 'approved', 'quote', 'guarded', 'fairValue', 'sample']);
    expect(world.last('sample').causes).toEqual([512]);
  });

  it('leans against inventory after a fill, and counts it exactly', () => {
    const world = quoting('AAA');
    world.settle(350, 'AAA', '1-0', 'buy', 1, 9_990);
    expect(world.last('position')).toMatchObject({ lots: 1, cashQuanta: '-9990000000', feesQuanta: '0', fills: 1 });
    expect(world.last('working').orders).toEqual([{ side: 'sell', tick: 10_010, lots: 1, resting: true }]);
    world.book(360, 'AAA', 2);
    world.until(401);
    expect(world.last('quote').causes).toContain(world.last('position').seq);
  });

  it('counts a settlement once, and one that comes before its order is confirmed too', () => {
    const world = new World(accountOf('AAA'));
    world.block(10, 1);
    world.book(20, 'AAA', 1);
    world.until(201);
    world.settle(250, 'AAA', '1-1', 'sell', 1, 10_010);
    expect(world.all('fill')).toEqual([]);
    world.commit(260, 2);
    expect(world.last('fill')).toMatchObject({ side: 'sell', clientOrderId: expect.stringMatching(/^flashmm_AAA_/) });
    world.settle(270, 'AAA', '1-1', 'sell', 1, 10_010);
    expect(world.all('fill').length).toBe(1);
    expect(world.last('reject').reason).toBe('duplicate');
  });

  it('stays within the position limit with every live order filled', () => {
    const world = quoting('AAA');
    for (let i = 0; i < 19; i += 1) world.settle(310 + i, 'AAA', `x${i}`, 'buy', 1, 9_990, 3 + i);
    world.book(350, 'AAA', 2, [10_099, 50], [10_101, 50]);
    world.until(401);
    // 19 held, the resting bid at 9,990 may still fill: no room for another.
    expect(world.last('approved')).toMatchObject({ bids: [], asks: [expect.any(Number), 1], limits: ['buy:position'] });
  });

  it.each(['pause', 'halt'] as const)('cancels everything at once on %s and places nothing more', (command) => {
    const world = quoting('AAA', 'BBB');
    world.at(310, { kind: 'command', command, by: 'test' });
    const batch = world.last('orderBatch');
    expect([batch.cancels.length, batch.places.length]).toEqual([4, 0]);
    expect(world.last('tradingState')).toMatchObject({ by: 'test' });
    world.commit(400, 3);
    world.block(401, 3);
    world.book(402, 'AAA', 3);
    world.at(403, { kind: 'command', command: 'resume', by: 'test' });
    world.until(700);
    expect(world.all('orderBatch').length).toBe(command === 'pause' ? 3 : 2);
  });

  it.each([
    ['stale', (world: World) => world.until(1_401)],
    ['crossed', (world: World) => world.book(350, 'AAA', 2, [10_001, 5], [10_000, 5])],
    ['down', (world: World) => world.at(350, { kind: 'feedStatus', market: 'AAA', status: 'down', reason: 'test' })],
    ['empty', (world: World) => world.book(350, 'AAA', 2, [], [10_001, 5])],
  ])('withdraws from a book that is %s', (quality, happen) => {
    const world = quoting('AAA');
    happen(world);
    world.until(Math.max(401, (world.clock.nowUs() - 1_700_000_000_000_000) / 1_000));
    expect(world.last('quote')).toMatchObject({ reason: quality, bids: [], asks: [] });
    expect(world.last('orderBatch').cancels.length).toBe(2);
  });

  it('takes our own orders out of the book before it looks at it', () => {
    const world = quoting('AAA');
    world.book(350, 'AAA', 2, [9_990, 1, 9_980, 50], [10_001, 50]);
    world.until(401);
    expect(world.last('fairValue')).toMatchObject({ bidTick: 9_980, bidLots: 50 });
  });

  it('takes a refused batch for what it is: nothing was placed, the orders to cancel still rest', () => {
    const world = quoting('AAA');
    world.book(350, 'AAA', 2, [10_049, 50], [10_051, 50]);
    world.until(401);
    world.at(420, {
      kind: 'batchRefused',
      batchId: 2,
      txHash: '',
      code: 13,
      codespace: 'sdk',
      reason: 'insufficient fee',
    });
    expect(world.last('working').orders.map(({ tick }) => tick)).toEqual([9_990, 10_010]);
    world.block(450, 3);
    world.until(601);
    expect(world.all('orderBatch').length).toBe(3);
  });

  it('adopts an order it does not know and cancels it', () => {
    const world = quoting('AAA');
    const orders = [
      { orderId: '1-0', market: 'AAA', side: 'buy', tick: 9_990, lots: 1 },
      { orderId: '1-1', market: 'AAA', side: 'sell', tick: 10_010, lots: 1 },
      { orderId: '77', market: 'AAA', side: 'sell', tick: 10_500, lots: 3 },
    ];
    world.at(350, { kind: 'openOrders', height: 2, orders });
    world.until(401);
    expect(world.last('orderBatch').cancels).toMatchObject([{ orderId: '77', side: 'sell', tick: 10_500 }]);
  });
});
