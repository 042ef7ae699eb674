import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { AccountJournal } from '../account/journal.ts';
import { AccountKeeper } from '../account/keeper.ts';
import type { MemoryAccountStore } from '../account/memory_store.ts';
import { AccountJournalError } from '../account/read.ts';
import { Session } from '../runtime/session.ts';
import type { SignedRecord } from '../sei/client/signed_record.ts';
import type { NodePort } from '../sei/node.ts';
import type { SeiVenue } from '../sei/venue.ts';
import { type DiskState, ProcessDisk } from './disk.ts';
import type { KillStep, Watcher } from './supervisor.ts';
import type { ProcessTimers } from './virtual_time.ts';
import type { VirtualProcess, VirtualWorld } from './virtual_world.ts';

/** What a process is started with. */
export interface SimulatedProcessOptions {
  readonly world: VirtualWorld;
  readonly settings: AccountSettings;
  readonly seed: number;
  readonly number: number;
  /** What is on the machine's disk. */
  readonly bytes: MemoryAccountStore;
  readonly disk: Readonly<DiskState>;
  readonly watcher: Watcher;
  /** Told of every step at which it may be killed, before anything follows from it. */
  readonly at: (step: KillStep) => void;
  readonly onDecision: (decision: Decision) => void;
  readonly onEnd: (how: 'stopped' | 'failed', remaining: number) => void;
}

/**
 * The trading process as `flashmm start` puts it together: account journal, keeper, venue and session, all the real ones, on a
 * virtual world's time, nodes and disk. It may be killed at any step, and nothing of it has any effect from then on.
 */
export class SimulatedProcess {
  readonly number: number;
  readonly #options: SimulatedProcessOptions;
  readonly #process: VirtualProcess;
  #session: Session | undefined;
  #trading = false;
  #ending = false;
  /** A batch was decided whose intent is not on disk yet. */
  #intending = false;

  constructor(options: SimulatedProcessOptions) {
    this.#options = options;
    this.number = options.number;
    this.#process = options.world.process();
    for (const node of this.#process.network.nodes) this.#gate(node);
  }

  get timers(): ProcessTimers {
    return this.#process.timers;
  }

  /** Whether it is up and takes commands. */
  get trading(): boolean {
    return this.#trading && !this.#ending && this.timers.alive;
  }

  /** Starts; comes to its own end through `onEnd`, unless it is killed. */
  run(): void {
    void this.#run();
  }

  /** From here on it does nothing any more. */
  kill(): void {
    this.#process.kill();
  }

  /** Hands it an input out of turn: an operator's, or a poisoned one. */
  accept(input: Input): void {
    if (this.timers.alive) this.#session?.edge.accept(input);
  }

  /** Ends it in good order. */
  stop(by: string): void {
    if (this.trading) void this.#end(by, 'stopped');
  }

  async #run(): Promise<void> {
    const { watcher, onEnd } = this.#options;
    try {
      const session = this.#assemble();
      this.#session = session;
      await session.start();
      this.#trading = true;
    } catch (error) {
      if (!this.timers.alive) return;
      if (error instanceof AccountJournalError) watcher.broken(`the account journal is refused: ${error.message}`);
      onEnd('failed', 0);
    }
  }

  #assemble(): Session {
    const { world, settings, seed, bytes, disk, watcher, at, onDecision } = this.#options;
    const { timers } = this;
    const store = new ProcessDisk(bytes, timers, disk, (step) => this.#diskStep(step));
    const { chainId } = world.chain;
    const journal = new AccountJournal({
      ...{ store, chainId, account: world.account, flashmm: 'simulation', nowUs: timers.nowUs },
    });
    const keeper = new AccountKeeper({ journal, timers });
    const venue = this.#venue(keeper);
    const session = new Session({
      ...{ settings, venue, account: keeper, seed, timers, notify: () => {}, digests: false, latencies: false },
      onInput: (input) => {
        if (!timers.alive) return;
        watcher.input(input);
        at('restarted');
      },
      onFatal: () => void this.#end('fatal', 'failed'),
    });
    session.decisions$.subscribe((decision) => {
      if (!timers.alive) return;
      if (decision.kind === 'orderBatch') this.#intending = true;
      watcher.decision(decision);
      onDecision(decision);
    });
    return session;
  }

  #venue(keeper: AccountKeeper): SeiVenue {
    const { watcher, at } = this.#options;
    const signed = async (batchId: number, record: SignedRecord): Promise<void> => {
      at('signing');
      if (!this.timers.alive) return never();
      watcher.signed(batchId, record);
      await keeper.signed(batchId, record);
      at('signed');
      if (!this.timers.alive) return never();
    };
    return this.#process.venue({ ...keeper.former, onSigned: signed });
  }

  #diskStep(step: 'syncing' | 'synced'): void {
    if (!this.timers.alive || !this.#intending) return;
    if (step === 'synced') this.#intending = false;
    this.#options.at(step === 'syncing' ? 'intended' : 'synced');
  }

  /** Puts the steps of sending around a node's broadcasts. */
  #gate(node: NodePort): void {
    const { watcher, at } = this.#options;
    const broadcast = node.broadcast.bind(node);
    node.broadcast = async (tx) => {
      if (!this.timers.alive) return never();
      watcher.sent(tx.hash);
      const answer = broadcast(tx);
      answer.then(
        ({ code }) => watcher.answered(tx.hash, code),
        () => watcher.answered(tx.hash, undefined),
      );
      at('sent');
      const checked = await answer;
      at('answered');
      return this.timers.alive ? checked : never();
    };
  }

  async #end(by: string, how: 'stopped' | 'failed'): Promise<void> {
    if (this.#ending || this.#session === undefined) return;
    this.#ending = true;
    const { remaining } = await this.#session.stop(by);
    if (this.timers.alive) this.#options.onEnd(how, remaining);
  }
}

/** What a dead process waits for. */
function never<T>(): Promise<T> {
  return new Promise(() => {});
}
