import { describe, expect, it } from 'vitest';
import { AccountJournal } from '../src/account/journal.ts';
import { AccountKeeper } from '../src/account/keeper.ts';
import { MemoryAccountStore } from '../src/account/memory_store.ts';
import { accountSettings } from '../src/config/account.ts';
import { loadConfig } from '../src/config/load.ts';
import { DEFAULT_MARKETS } from '../src/devnet/market.ts';
import { Session } from '../src/runtime/session.ts';
import { type VirtualWorld, virtualWorld } from '../src/simulate/virtual_world.ts';
import { MICROS_PER_SECOND } from '../streams/clock/clock.ts';
import type { Decision } from '../streams/decisions.ts';
import type { Command, Input } from '../streams/inputs.ts';
import { lotValueQuote } from '../streams/market/money.ts';
import type { Side } from '../streams/market/types.ts';

/*
 * Every breaker end to end: the session with the real Sei client, over signed bytes and JSON texts, on the devnet's chain with its
 * people, in virtual time. Causes are injected outside the session; effects are read on the chain.
 */

const MARKET = DEFAULT_MARKETS[0]!;

/** A session that has begun to quote, and the chain that it quotes on. */
class Trial {
  readonly world: VirtualWorld;
  readonly session: Session;
  readonly decisions: Decision[] = [];
  /** The disk of the account's journal. */
  readonly disk = new MemoryAccountStore();

  private constructor(world: VirtualWorld, settings: Readonly<Record<string, string | number>>) {
    this.world = world;
    const flags = Object.entries(settings).map(([path, value]) => ({ path, text: String(value), from: 'test' }));
    const { timers, venue } = world.process();
    const { account } = world;
    const journal = new AccountJournal({
      ...{ store: this.disk, chainId: 'virtual-1', account, flashmm: '0', nowUs: timers.nowUs },
    });
    const keeper = new AccountKeeper({ journal, timers });
    this.session = new Session({
      settings: accountSettings(loadConfig({ env: {}, flags }).config, [MARKET]),
      venue: venue({ onSigned: (batchId, signed) => keeper.signed(batchId, signed) }),
      account: keeper,
      seed: 1,
      timers,
      notify: () => {},
      onFatal: (error) => {
        throw error;
      },
    });
    this.session.decisions$.subscribe((decision) => this.decisions.push(decision));
  }

  static async quoting(settings: Readonly<Record<string, string | number>> = {}): Promise<Trial> {
    // Nobody but makers, who quote wider: what is filled, a test does.
    const crowd = { noisePerS: 0, informedPerS: 0 };
    const trial = new Trial(await virtualWorld({ seed: 7, markets: [MARKET], wire: true, crowd }), settings);
    await trial.world.timers.until(trial.session.start(), 10_000);
    await trial.run(5);
    expect(trial.sides()).toEqual(['buy', 'sell']);
    return trial;
  }

  run(seconds: number): Promise<void> {
    return this.world.runTo(this.world.timers.nowUs() + seconds * MICROS_PER_SECOND);
  }

  /** Seconds until something is so; tried every 200 ms. @throws Error when it is not so within a minute and a half */
  async until(what: string, isSo: () => boolean): Promise<number> {
    for (let passed = 0; passed < 90; passed += 0.2) {
      if (isSo()) return passed;
      await this.run(0.2);
    }
    throw new Error(`not so after 90 s: ${what}; ${JSON.stringify(this.decisions.slice(-3)).slice(0, 800)}`);
  }

  give(input: Partial<Input> & { kind: Input['kind'] }): void {
    this.session.edge.accept({ ...input, seq: 0, timeUs: 0 } as Input);
  }

  command(command: Command['command'], clears?: string): void {
    this.give({ kind: 'command', command, by: 'test', ...(clears && { clears }) });
  }

  /** What of ours rests on the chain: side, tick and the chain's order id. */
  resting(): { side: Side; tick: number; orderId: number; lots: number }[] {
    const { chain, account } = this.world;
    return (['buy', 'sell'] as const).flatMap((side) =>
      chain.dex
        .book(0, side)
        .levels.flatMap(({ tick, allocations }) =>
          allocations
            .filter((one) => one.account === account)
            .map(({ orderId, lots }) => ({ side, tick, orderId, lots })),
        ),
    );
  }

  sides(): Side[] {
    return [...new Set(this.resting().map(({ side }) => side))];
  }

  /** Our spread on the chain, basis points. */
  spreadBps(): number {
    const all = this.resting();
    const bid = Math.max(...all.filter(({ side }) => side === 'buy').map(({ tick }) => tick));
    const ask = Math.min(...all.filter(({ side }) => side === 'sell').map(({ tick }) => tick));
    return ((ask - bid) / ask) * 10_000;
  }

  all<K extends Decision['kind']>(kind: K): Extract<Decision, { kind: K }>[] {
    return this.decisions.filter((one): one is Extract<Decision, { kind: K }> => one.kind === kind);
  }

  state(): string {
    return this.all('tradingState').at(-1)?.state ?? 'active';
  }

  alerts(): string[] {
    return this.all('alert').map(({ severity, code, status }) => `${severity} ${code} ${status}`);
  }

  breakers(): readonly string[] {
    return this.all('guarded').at(-1)!.breakers;
  }

  /** Runs for a while during which nothing may be placed, nor rest on the chain. */
  async nothingRests(seconds: number): Promise<void> {
    const from = this.decisions.length;
    for (let passed = 0; passed < seconds; passed += 0.2) {
      await this.run(0.2);
      expect(this.resting()).toEqual([]);
    }
    const placed = this.decisions.slice(from).filter((one) => one.kind === 'orderBatch' && one.places.length > 0);
    expect(placed).toEqual([]);
  }
}

describe('end to end on the devnet', () => {
  it('disconnected: pauses, cancels everything as soon as it can, and quotes again once blocks come', async () => {
    const trial = await Trial.quoting();
    const [node] = trial.world.nodes;
    node!.faults.cuts += 1;
    node!.cutLines();
    const tripped = await trial.until('paused', () => trial.state() === 'paused');
    expect(tripped).toBeLessThan(4);
    const decided = trial.decisions.length;
    const old = trial.resting().map(({ orderId }) => orderId);
    trial.world.crowds.get(MARKET.symbol)!.jump(1.004);
    await trial.run(10);
    expect(trial.decisions.slice(decided).filter((one) => one.kind === 'approved' && one.bids.length > 0)).toEqual([]);
    node!.faults.cuts -= 1;
    await trial.until('the old orders gone', () => trial.resting().every(({ orderId }) => !old.includes(orderId)));
    await trial.until('quoting again', () => trial.sides().length === 2 && trial.state() === 'active');
    expect(trial.alerts()).toEqual(expect.arrayContaining(['critical disconnect raised', 'info disconnect cleared']));
  });

  it('a chain that makes no blocks: the same', async () => {
    const trial = await Trial.quoting();
    trial.world.halts += 1;
    await trial.until('paused', () => trial.state() === 'paused');
    await trial.run(10);
    trial.world.halts -= 1;
    await trial.until('all cancelled', () => trial.resting().length === 0);
    await trial.until('quoting again', () => trial.sides().length === 2 && trial.state() === 'active');
    expect(trial.sides()).toHaveLength(2);
  });

  it('slow: our spread on the chain is wider, and narrow again when the chain is fast', async () => {
    const trial = await Trial.quoting({
      'breakers.latency_high_ms': 1_500,
      'breakers.latency_low_ms': 1_400,
      'breakers.latency_widen': 3,
      'breakers.disconnected_after_ms': 20_000,
      'sampling.stale_after_ms': 20_000,
    });
    const before = trial.spreadBps();
    const [node] = trial.world.nodes;
    node!.faults.slowMs += 900;
    await trial.until('widened', () => trial.breakers().includes('latency'));
    await trial.until('wider on the chain', () => trial.sides().length === 2 && trial.spreadBps() > 2 * before);
    node!.faults.slowMs -= 900;
    await trial.until('fast again', () => trial.breakers().length === 0);
    await trial.until('narrow again', () => trial.sides().length === 2 && trial.spreadBps() < 1.5 * before);
    expect(trial.alerts()).toEqual(['warning latency raised', 'info latency cleared']);
  });

  it('too much inventory: only what shrinks the position rests, until it has', async () => {
    const trial = await Trial.quoting({
      'risk.max_position_usdc': 1_000,
      'breakers.inventory_trip_pct': 50,
      'breakers.inventory_clear_pct': 20,
    });
    const crowd = trial.world.crowds.get(MARKET.symbol)!;
    const heldUsdc = (): number => {
      const lots = trial.all('position').at(-1)?.lots ?? 0;
      return Math.abs(lots) * lotValueQuote(MARKET, trial.all('fairValue').at(-1)!.fairTick);
    };
    await trial.until('a large position', () => {
      const bid = trial.resting().find(({ side }) => side === 'buy');
      if (bid !== undefined) crowd.takeNow('sell', bid.lots);
      return heldUsdc() > 500;
    });
    await trial.until('flattening', () => trial.breakers().includes('inventory'));
    await trial.until('only asks', () => trial.sides().join() === 'sell');
    const most = heldUsdc();
    await trial.until('flat enough', () => {
      const asks = trial.resting().filter(({ side }) => side === 'sell');
      expect(trial.breakers().includes('inventory') ? trial.sides() : []).not.toContain('buy');
      if (asks.length > 0) crowd.takeNow('buy', asks[0]!.lots);
      return !trial.breakers().includes('inventory');
    });
    expect(heldUsdc()).toBeLessThan(Math.min(most, 200));
    expect(trial.alerts()).toEqual(['warning inventory raised', 'info inventory cleared']);
  });

  it('an extreme market: halts, cancels everything on the chain, and stays so until the cause is cleared', async () => {
    const trial = await Trial.quoting();
    trial.world.crowds.get(MARKET.symbol)!.jump(0.95);
    await trial.until('halted', () => trial.state() === 'halted');
    const seconds = await trial.until('all cancelled', () => trial.resting().length === 0);
    expect(seconds).toBeLessThan(2);
    await trial.nothingRests(5);
    trial.command('resume');
    await trial.nothingRests(1);
    expect(trial.state()).toBe('halted');
    trial.command('resume', 'extreme-market');
    // The market itself has to be calm, too.
    await trial.until('quoting again', () => trial.sides().length === 2);
    expect(trial.alerts()).toContain('critical extreme-market raised');
  });

  it('a move that is large, not extreme: the market is left alone, and quoted again by itself', async () => {
    const trial = await Trial.quoting({ 'breakers.extreme_recover_s': 12 });
    trial.world.crowds.get(MARKET.symbol)!.jump(0.985);
    await trial.until('left alone', () => trial.breakers().includes('extreme'));
    await trial.until('all cancelled', () => trial.resting().length === 0);
    await trial.nothingRests(8);
    await trial.until('quoting again', () => trial.sides().length === 2);
    expect(trial.state()).toBe('active');
    expect(trial.alerts()).toEqual(['warning extreme raised', 'info extreme cleared']);
  });

  it('too large a loss: positions are only reduced, then everything stops until the loss is cleared', async () => {
    const trial = await Trial.quoting({
      'risk.max_drawdown_usdc': 10,
      'breakers.extreme_floor_bps': 9_000,
      'breakers.extreme_stop_bps': 10_000,
    });
    const crowd = trial.world.crowds.get(MARKET.symbol)!;
    await trial.until('halted', () => {
      const bid = trial.resting().find(({ side }) => side === 'buy');
      if (bid !== undefined) crowd.takeNow('sell', bid.lots);
      crowd.jump(0.9999);
      return trial.state() === 'halted';
    });
    const causes = trial.all('tradingState').map(({ state, cause }) => `${state} ${cause}`);
    expect(causes).toEqual(expect.arrayContaining(['reducing near-loss-limit', 'halted drawdown']));
    await trial.until('all cancelled', () => trial.resting().length === 0);
    await trial.nothingRests(5);
    trial.command('resume', 'drawdown');
    await trial.until('quoting again', () => trial.sides().length > 0 && trial.state() === 'active');
  });

  it('drift: quoting goes on, without predictions', async () => {
    const trial = await Trial.quoting();
    trial.give({ kind: 'drift', market: '', model: 'm1', drifting: true, detail: 'PSI 0.3' });
    await trial.run(2);
    expect(trial.all('guarded').at(-1)).toMatchObject({ prediction: false, breakers: ['drift'], stance: 'quote' });
    expect(trial.sides()).toHaveLength(2);
    trial.give({ kind: 'drift', market: '', model: 'm1', drifting: false, detail: 'PSI 0.1' });
    await trial.run(1);
    expect(trial.all('guarded').at(-1)).toMatchObject({ prediction: true, breakers: [] });
  });

  it('orders that are all refused: nothing is placed for a minute, then one trial', async () => {
    const trial = await Trial.quoting();
    const { contract } = trial.world.chain.dex;
    contract.refuse = (account) => (account === trial.world.account ? 'not today' : null);
    trial.world.crowds.get(MARKET.symbol)!.jump(1.004);
    await trial.until('paused', () => trial.state() === 'paused');
    await trial.until('all cancelled', () => trial.resting().length === 0);
    await trial.nothingRests(50);
    contract.refuse = () => null;
    await trial.until('quoting again', () => trial.sides().length === 2);
    expect(trial.breakers()).toEqual([]);
    expect(trial.alerts()).toEqual(['critical order_placement raised', 'info order_placement cleared']);
  });

  it('a block subscription that is cut again and again: left alone for half a minute, blocks are learnt by asking', async () => {
    const trial = await Trial.quoting();
    const [node] = trial.world.nodes;
    const open = (): boolean => trial.alerts().includes('warning sei_websocket raised');
    for (let cuts = 0; cuts < 2_000 && !open(); cuts += 1) {
      node!.cutLines();
      await trial.run(0.02);
    }
    expect(trial.breakers()).toEqual(['sei_websocket']);
    await trial.run(25);
    expect(trial.breakers()).toEqual(['sei_websocket']);
    expect([trial.state(), trial.sides().length]).toEqual(['active', 2]);
    await trial.until('subscribed again', () => trial.breakers().length === 0);
    expect(trial.alerts()).toEqual(['warning sei_websocket raised', 'info sei_websocket cleared']);
  });

  it('a journal that cannot be written: paused, everything cancelled, tried again after 20 s', async () => {
    const trial = await Trial.quoting();
    const old = trial.resting().map(({ orderId }) => orderId);
    trial.disk.fail('sync', 1e9);
    trial.disk.fail('create', 1e9);
    trial.world.crowds.get(MARKET.symbol)!.jump(1.004);
    await trial.until('paused', () => trial.state() === 'paused');
    await trial.until('all cancelled', () => trial.resting().length === 0);
    await trial.nothingRests(15);
    // The trial fails: nothing is placed that is not written down.
    await trial.until('tried again', () => trial.all('conditions').some((one) => one.breakers.database === 'halfOpen'));
    await trial.until('paused again', () => trial.state() === 'paused');
    await trial.nothingRests(5);
    trial.disk.fail('sync', 0);
    trial.disk.fail('create', 0);
    await trial.until('quoting again', () => trial.sides().length === 2 && trial.breakers().length === 0);
    expect(trial.resting().filter(({ orderId }) => old.includes(orderId))).toEqual([]);
    expect(trial.alerts()).toEqual(['critical database raised', 'info database cleared']);
  });
});
