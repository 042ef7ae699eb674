import { AccountJournal } from '../src/account/journal.ts';
import { AccountKeeper } from '../src/account/keeper.ts';
import { MemoryAccountStore } from '../src/account/memory_store.ts';
import { accountSettings } from '../src/config/account.ts';
import { loadConfig } from '../src/config/load.ts';
import { DEFAULT_MARKETS } from '../src/devnet/market.ts';
import { Session } from '../src/runtime/session.ts';
import { type VirtualProcess, type VirtualWorld, virtualWorld } from '../src/simulate/virtual_world.ts';
import { MICROS_PER_MS } from '../streams/clock/clock.ts';
import type { Decision } from '../streams/decisions.ts';
import type { Input } from '../streams/inputs.ts';
import type { Market } from '../streams/market/types.ts';

const { config } = loadConfig({ env: {}, flags: [] });

/** One life of the market maker: a process, its session, and all that it took in and decided. */
export interface Life {
  readonly process: VirtualProcess;
  readonly session: Session;
  readonly journal: AccountJournal;
  readonly inputs: Input[];
  readonly decisions: Decision[];
  readonly fatal: unknown[];
}

/** The whole market maker on a chain in virtual time, with a disk that outlives it. */
export class Machine {
  readonly world: VirtualWorld;
  store = new MemoryAccountStore();
  unknownOrders: 'cancel' | 'adopt' = 'cancel';

  constructor(world: VirtualWorld) {
    this.world = world;
  }

  /** In a world of its own with some of the devnet's markets. */
  static async of(seed: number, markets: readonly Market[] = DEFAULT_MARKETS.slice(0, 2)): Promise<Machine> {
    return new Machine(await virtualWorld({ seed, markets }));
  }

  async start(): Promise<Life> {
    const { world, store } = this;
    const process = world.process();
    const { timers } = process;
    const owner = { chainId: 'virtual-1', account: world.account, flashmm: '0', nowUs: timers.nowUs };
    const journal = new AccountJournal({ store, ...owner });
    const keeper = new AccountKeeper({ journal, timers });
    const inputs: Input[] = [];
    const decisions: Decision[] = [];
    const fatal: unknown[] = [];
    const base = accountSettings(config, world.markets);
    const session = new Session({
      settings: { ...base, orders: { ...base.orders, unknownOrders: this.unknownOrders } },
      venue: process.venue({ onSigned: (id, signed) => keeper.signed(id, signed), ...keeper.former }),
      account: keeper,
      seed: 1,
      timers,
      notify: () => {},
      onInput: (input) => inputs.push(input),
      onFatal: (error) => fatal.push(error),
    });
    session.decisions$.subscribe((decision) => decisions.push(decision));
    await world.timers.until(session.start(), 10_000);
    return { process, session, journal, inputs, decisions, fatal };
  }

  async run(ms: number): Promise<void> {
    await this.world.runTo(this.world.timers.nowUs() + ms * MICROS_PER_MS);
  }

  /** Runs until something holds, looked at every millisecond. */
  async until(what: string, holds: () => boolean): Promise<void> {
    for (let i = 0; i < 30_000; i += 1) {
      if (holds()) return;
      await this.run(1);
    }
    throw new Error(`${what}: not within 30 s`);
  }

  /** The machine dies: the process is gone, and of the disk's bytes those that were forced to it are left. */
  die({ process }: Life): void {
    process.kill();
    this.store = this.store.crash();
  }

  /** Ids of the account's orders that rest, by the chain itself. */
  resting(): string[] {
    const { chain, account } = this.world;
    const levels = chain.markets.flatMap(({ index }) =>
      (['buy', 'sell'] as const).flatMap((side) => [...chain.dex.levelsAt(chain.height, index, side)]),
    );
    const ours = levels.flatMap(({ allocations }) => allocations).filter((one) => one.account === account);
    return ours.map(({ orderId }) => String(orderId)).sort();
  }

  /** Ids of all executions of the account, by the chain itself. */
  executions(): string[] {
    const { chain, account } = this.world;
    return chain.dex.matches
      .flatMap(({ height, settlements }) =>
        settlements.flatMap((one, i) => (one.account === account ? [`${height}/${i}/${one.orderId}`] : [])),
      )
      .sort();
  }
}

/** The decisions of a kind. */
export const of = <K extends Decision['kind']>(life: Life, kind: K) =>
  life.decisions.filter((one): one is Extract<Decision, { kind: K }> => one.kind === kind);
