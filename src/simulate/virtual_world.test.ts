import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MICROS_PER_SECOND } from '../../streams/clock/clock.ts';
import type { Input } from '../../streams/inputs.ts';
import { accountSettings } from '../config/account.ts';
import { loadConfig } from '../config/load.ts';
import { DEFAULT_MARKETS } from '../devnet/market.ts';
import { Session } from '../runtime/session.ts';
import type { SeiVenue } from '../sei/venue.ts';
import { type VirtualWorld, type VirtualWorldOptions, virtualWorld } from './virtual_world.ts';
import type { NodeFaults } from './virtual_world_faults.ts';

const markets = DEFAULT_MARKETS.slice(0, 1);
const { config } = loadConfig({ env: {}, flags: [] });
const settings = accountSettings(config, markets);

/** A session under way in a world, with all that came in and all that the chain did. */
interface Trading {
  readonly world: VirtualWorld;
  readonly session: Session;
  readonly venue: SeiVenue;
  readonly inputs: Input[];
  /** Ids of our settlements by the chain's own account. */
  readonly settled: string[];
  of<K extends Input['kind']>(kind: K): Extract<Input, { kind: K }>[];
  run(seconds: number): Promise<void>;
}

async function trading(options: Partial<VirtualWorldOptions> = {}): Promise<Trading> {
  const world = await virtualWorld({ seed: 1, markets, ...options });
  const process = world.process();
  const [inputs, settled]: [Input[], string[]] = [[], []];
  world.producer.onBlock(({ height, match }) => {
    match?.settlements.forEach(({ account, orderId }, i) => {
      if (account === world.account) settled.push(`${height}/${i}/${orderId}`);
    });
  });
  const venue = process.venue();
  const session = new Session({
    settings,
    venue,
    seed: 1,
    timers: process.timers,
    notify: () => {},
    onInput: (input) => inputs.push(input),
    onFatal: (error) => {
      throw error;
    },
  });
  await world.timers.until(session.start(), 10_000);
  return {
    ...{ world, session, venue, inputs, settled },
    of: <K extends Input['kind']>(kind: K) =>
      inputs.filter((input): input is Extract<Input, { kind: K }> => input.kind === kind),
    run: (seconds) => world.runTo(world.timers.nowUs() + seconds * MICROS_PER_SECOND),
  };
}

function hashOf({ inputs, session }: Trading): string {
  return createHash('sha256').update(JSON.stringify(inputs)).update(session.digest.hash).digest('hex');
}

describe('a session in virtual time', () => {
  it('trades, and the same seed gives the same bytes, another one others', async () => {
    const hashes: string[] = [];
    for (const seed of [1, 1, 2]) {
      const one = await trading({ seed });
      await one.run(60);
      expect(one.of('batchCommitted').length).toBeGreaterThan(10);
      expect(one.of('settlement').map(({ settlementId }) => settlementId)).toEqual(one.settled);
      hashes.push(hashOf(one));
    }
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it('trades with signed bytes and JSON texts, too', async () => {
    const one = await trading({ wire: true });
    await one.run(20);
    expect(one.of('batchCommitted').length).toBeGreaterThan(3);
    expect(one.of('reject').filter(({ source }) => source.startsWith('sei'))).toEqual([]);
  });

  it('stops in order: nothing rests on the chain', async () => {
    const one = await trading();
    await one.run(30);
    const report = await one.world.timers.until(one.session.stop('test'), 10_000);
    expect(report).toMatchObject({ remaining: 0, troubles: [] });
    const sides = (['buy', 'sell'] as const).map((side) => one.world.chain.dex.book(0, side).levels);
    const resting = sides.flat().flatMap(({ allocations }) => allocations);
    expect(resting.filter(({ account }) => account === one.world.account)).toEqual([]);
  });

  it('ends at once when it is killed: what was sent off arrives, and a new process finds out', async () => {
    const world = await virtualWorld({ seed: 3, markets });
    const first = world.process();
    const signed: { batchId: number; txHash: string; sequence: string; timeoutHeight: number; signedHeight: number }[] =
      [];
    const inputs: Input[] = [];
    const venue = first.venue({ onSigned: (batchId, record) => void signed.push({ batchId, ...record }) });
    await world.timers.until(venue.open({ accept: (input) => inputs.push(input) }), 5_000);
    world.onBroadcast = (_, timers) => timers.kill();
    const place = { clientOrderId: 'flashmm_x', market: 'BTCUSDC', side: 'buy', tick: 600_000, lots: 3 } as const;
    venue.submit({ kind: 'orderBatch', seq: 1, timeUs: 0, causes: [], batchId: 7, cancels: [], places: [place] });
    const told = inputs.length;
    world.onBroadcast = undefined;
    await world.runTo(world.timers.nowUs() + 5 * MICROS_PER_SECOND);
    expect(inputs.length).toBe(told);
    const [resume] = signed;
    const second = world.process().venue({ resume, fromHeight: resume!.signedHeight });
    await world.timers.until(second.open({ accept: (input) => inputs.push(input) }), 5_000);
    await world.runTo(world.timers.nowUs() + 5 * MICROS_PER_SECOND);
    expect(inputs.slice(told).find(({ kind }) => kind === 'batchCommitted')).toMatchObject({ batchId: 7 });
    expect(inputs.findLast(({ kind }) => kind === 'openOrders')).toMatchObject({
      orders: [{ tick: 600_000, lots: 3 }],
    });
  });
});

describe('a process that comes after a long time', () => {
  it('names the blocks that nobody keeps any more, tells all the others, and then what the account has', async () => {
    const world = await virtualWorld({ seed: 4, markets });
    await world.runTo(world.timers.nowUs() + 600 * MICROS_PER_SECOND);
    const venue = world.process().venue({ fromHeight: 20 });
    const inputs: Input[] = [];
    await world.timers.until(venue.open({ accept: (input) => inputs.push(input) }), 5_000);
    await world.runTo(world.timers.nowUs() + 30 * MICROS_PER_SECOND);
    const heights = inputs.flatMap((input) => (input.kind === 'block' ? [input.height] : []));
    const [first] = heights;
    expect(world.chain.height - first!).toBeGreaterThan(900);
    expect(heights).toEqual(heights.map((_, i) => first! + i));
    const missed = inputs.filter(({ kind }) => kind === 'blocksMissed');
    expect(missed).toMatchObject([{ fromHeight: 21, toHeight: first! - 1 }]);
    const account = inputs.findIndex(({ kind }) => kind === 'openOrders');
    const newest = inputs.slice(0, account).findLast(({ kind }) => kind === 'block');
    expect(inputs[account]).toMatchObject({ height: (newest as { height: number }).height });
    expect(inputs.findIndex(({ kind }) => kind === 'bookSnapshot')).toBeGreaterThan(900);
  });

  it('does not take another chain for the one it knows', async () => {
    const world = await virtualWorld({ seed: 4, markets });
    const venue = world.process().venue({ fromHeight: 5_000 });
    const opening = world.timers.until(venue.open({ accept: () => {} }), 5_000);
    await expect(opening).rejects.toThrow(
      "known up to block 5000, the chain is at 1: this is not the chain 'virtual-1'",
    );
  });
});

/**
 * What one node has for twenty seconds, how many nodes there are, and how many transactions the client gets through meanwhile at
 * least: with another node to turn to, or where the fault is a small one, it has to trade on.
 */
const FAULTS: readonly [name: string, faults: Partial<NodeFaults>, nodes: number, batchesLeast: number][] = [
  ['cuts', { cuts: 1 }, 1, 0],
  ['cuts, with others', { cuts: 1 }, 3, 15],
  ['stalls', { stalls: 1 }, 1, 0],
  ['stalls, with others', { stalls: 1 }, 3, 10],
  ['slowness', { slowMs: 300 }, 1, 5],
  ['slowness beyond all patience, with another', { slowMs: 5_000 }, 2, 10],
  ['answers that overtake each other', { jitterMs: 900 }, 1, 4],
  ['a height ahead of the chain', { aheadBlocks: 500 }, 1, 15],
  ['a height ahead of the chain, with others', { aheadBlocks: 500 }, 3, 15],
  ['a height a little ahead, with another', { aheadBlocks: 3 }, 2, 15],
  ['fallen behind', { behindBlocks: 15 }, 1, 0],
  ['fallen behind, with others', { behindBlocks: 15 }, 3, 10],
  ['fallen a little behind, with others', { behindBlocks: 3 }, 3, 6],
  ['another chain, with another node', { wrongChain: 1 }, 2, 15],
  ['old books', { staleBookBlocks: 10 }, 1, 15],
  ['old orders', { staleOrderBlocks: 10 }, 1, 15],
  ['empty books', { emptyBooks: 1 }, 1, 0],
  ['crossed books, with another', { crossedBooks: 1 }, 2, 15],
  ['an old sequence', { staleSequence: 2, refusesSequence: 2 }, 1, 10],
  ['lost broadcasts', { losesBroadcasts: 5 }, 1, 10],
  ['lost answers', { losesAnswers: 5 }, 1, 15],
  ['doubled broadcasts', { doublesBroadcasts: 5 }, 1, 15],
  ['sequences refused', { refusesSequence: 4 }, 1, 10],
  ['transactions held back', { holdsBlocks: 7 }, 1, 4],
  ['transactions held back beyond their timeout', { holdsBlocks: 14 }, 1, 0],
  ['news not told', { skipsNews: 20 }, 1, 10],
  ['news told twice', { doublesNews: 20 }, 1, 15],
  ['a late index', { indexLagBlocks: 10, skipsNews: 20, losesAnswers: 2 }, 1, 10],
];

describe('a session whose node has', () => {
  it.each(FAULTS)('%s: loses no block and no settlement, and trades on', async (_, faults, nodes, batchesLeast) => {
    const one = await trading({ seed: 5, nodes });
    await one.run(20);
    const before = one.of('batchCommitted').length;
    const [node] = one.world.nodes;
    Object.assign(node!.faults, faults);
    if ((faults.cuts ?? 0) > 0) node!.cutLines();
    await one.run(20);
    const meanwhile = one.of('batchCommitted').length;
    expect(meanwhile - before).toBeGreaterThanOrEqual(batchesLeast);
    for (const name of Object.keys(faults) as (keyof NodeFaults)[]) node!.faults[name] = 0;
    // Longer than the order stage sends cancels only after many refusals.
    await one.run(75);
    const heights = one.of('block').map(({ height }) => height);
    expect(heights).toEqual(heights.map((_, i) => heights[0]! + i));
    expect(one.world.chain.height - heights.at(-1)!).toBeLessThan(3);
    expect(one.of('settlement').map(({ settlementId }) => settlementId)).toEqual(one.settled);
    expect(one.of('batchCommitted').length - meanwhile).toBeGreaterThan(5);
    expect(one.venue.endpoints[0]!.standing).toBe('good');
  });

  it('nothing wrong, while the chain stands still, another uses the account, and the contract refuses', async () => {
    const one = await trading({ seed: 6 });
    const { world } = one;
    await one.run(20);
    world.halts += 1;
    await one.run(15);
    world.halts -= 1;
    expect(one.of('feedStatus').map(({ status }) => status)).toEqual(['up', 'down']);
    await one.run(5);
    for (let i = 0; i < 8; i += 1) {
      world.useSequence();
      await one.run(0.7);
    }
    world.chain.dex.contract.refuse = (account) => (account === world.account ? 'not today' : null);
    await one.run(10);
    world.chain.dex.contract.refuse = () => null;
    expect(one.of('reject').map(({ reason }) => reason)).toContain('order-refused');
    world.crowds.get('BTCUSDC')!.jump(1.02);
    world.crowds.get('BTCUSDC')!.takeNow('sell', 500);
    await one.run(60);
    const before = one.of('batchCommitted').length;
    await one.run(20);
    expect(one.of('batchCommitted').length).toBeGreaterThan(before);
    expect(one.of('settlement').map(({ settlementId }) => settlementId)).toEqual(one.settled);
  });
});
