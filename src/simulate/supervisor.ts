import type { Decision } from '../../streams/decisions.ts';
import type { Command, Input } from '../../streams/inputs.ts';
import type { Side } from '../../streams/market/types.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { MemoryAccountStore, type StoreOperation } from '../account/memory_store.ts';
import type { CommittedBlock } from '../devnet/producer.ts';
import type { SignedRecord } from '../sei/client/signed_record.ts';
import { type DiskState, SYNC_MS } from './disk.ts';
import { SimulatedProcess } from './process.ts';
import type { VirtualWorld } from './virtual_world.ts';

/**
 * Where a process can be killed: at once; when the intent of a batch is about to be forced to disk, or just was; when a
 * transaction is about to be signed for, or its record just was forced to disk; when its bytes have left, or the answer has come;
 * some inputs after the next start; while the next start reads the chain.
 */
export type KillStep =
  | 'now'
  | 'intended'
  | 'synced'
  | 'signing'
  | 'signed'
  | 'sent'
  | 'answered'
  | 'restarted'
  | 'reading';

/** A kill that waits for its step. */
export interface Kill {
  readonly step: KillStep;
  /** At which of the steps that come. */
  readonly count: number;
  /** Whether the machine loses its power, and with it what was not forced to disk. */
  readonly power: boolean;
  /** So many bytes of what was not forced to disk got there all the same. */
  readonly tornBytes: number;
  /** Until the process is started again, milliseconds. */
  readonly downMs: number;
}

/** Who looks on. Is told only of what a living process does, and of what the chain does. */
export interface Watcher {
  processStarted(process: number): void;
  /** @param how `killed`, `stopped` (it ended in good order) or `failed` */
  processEnded(process: number, how: 'killed' | 'stopped' | 'failed', remaining: number): void;
  input(input: Input): void;
  decision(decision: Decision): void;
  signed(batchId: number, record: SignedRecord): void;
  sent(txHash: string): void;
  command(command: Command['command']): void;
  block(block: CommittedBlock): void;
  /** A broadcast was answered; without a code, it failed and nobody knows what became of it. */
  answered(txHash: string, code: number | undefined): void;
  /** Somebody with the account's key has placed an order. */
  foreignOrder(orderId: string): void;
  /** The process is made to fail. */
  expectFailure(): void;
  /** The disk is made to fail, or to be slow. */
  diskFault(): void;
  /** What never may happen, whatever goes wrong outside. */
  broken(what: string): void;
}

/** What a supervisor needs. */
export interface SupervisorOptions {
  readonly world: VirtualWorld;
  readonly settings: AccountSettings;
  readonly seed: number;
  /** Numbers in [0, 1), for faults that go by chance. */
  readonly random: () => number;
  readonly watcher: Watcher;
}

/** A process that ended is started again after this, as a container is. */
const RESTART_MS = 2_000;

/** An operator tries a command again after this when nobody took it. */
const COMMAND_AGAIN_MS = 500;

/** A halt that the system has ordered itself is looked into for so long before an operator clears it. */
const CLEAR_AFTER_MS = 15_000;

/** Halts that no fault of a plan justifies: nothing but a defect, here or in the ledger, brings them about. */
const UNJUSTIFIED: ReadonlySet<string> = new Set(['ledger', 'reconciliation']);

/** Halts that an operator clears when he has looked into them. */
const CAUSES_CLEARED: ReadonlySet<string> = new Set(['daily-loss', 'drawdown', 'extreme-market']);

/** As far from the market as no price of a run jumps at once. */
const FAR_SHARE = 0.2;

/** Counts of what became of processes. */
export interface Lives {
  starts: number;
  kills: number;
  /** Ends in good order. */
  stops: number;
  /** Ends because the pipeline failed, or the process could not start. */
  failures: number;
  /** Starts whose journal and chain were found to agree. */
  recoveries: number;
}

/**
 * The machine that the trading process runs on, and who looks after both: starts it again when it has ended, and gives it the
 * operator's commands. What can happen to process, disk and clock is brought about here.
 */
export class Supervisor {
  readonly lives: Lives = { starts: 0, kills: 0, stops: 0, failures: 0, recoveries: 0 };
  readonly #options: SupervisorOptions;
  readonly #disk: DiskState = { syncMs: SYNC_MS };
  #bytes = new MemoryAccountStore();
  #process: SimulatedProcess | undefined;
  #clockStepUs = 0;
  #kills: { kill: Kill; left: number }[] = [];
  #pauses = 0;
  #halts = 0;
  #rejecting = 0;
  readonly #clearing = new Set<string>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { world, watcher, random } = options;
    world.producer.onBlock((block) => watcher.block(block));
    world.chain.dex.contract.refuse = (account) =>
      account === world.account && this.#rejecting > 0 && random() * 100 < this.#rejecting
        ? 'the contract is out of order'
        : null;
  }

  /** The process that trades now; undefined while there is none. */
  get process(): SimulatedProcess | undefined {
    return this.#process;
  }

  /** Starts the process. */
  start(): void {
    const { world, settings, seed, watcher } = this.#options;
    this.lives.starts += 1;
    const number = this.lives.starts;
    watcher.processStarted(number);
    const process = new SimulatedProcess({
      ...{ world, settings, watcher, number, bytes: this.#bytes, disk: this.#disk, seed: seed + number },
      at: (step) => this.#reached(step),
      onDecision: (decision) => this.decided(decision),
      onEnd: (how, remaining) => this.#ended(process, how, remaining),
    });
    process.timers.clockStepUs = this.#clockStepUs;
    this.#process = process;
    this.#armReading();
    process.run();
  }

  /** Kills the process when it comes to a step. */
  killAt(kill: Kill): void {
    if (kill.step === 'now') this.#kill(kill);
    else if (kill.step === 'restarted' || kill.step === 'reading') {
      this.#kill({ ...kill, downMs: Math.min(kill.downMs, RESTART_MS) });
      this.#kills.push({ kill, left: kill.count });
    } else this.#kills.push({ kill, left: kill.count });
  }

  /** Stops the process in good order, and starts it again. */
  restart(): void {
    this.#process?.stop('sigterm');
  }

  failDisk(operation: StoreOperation, times: number): void {
    this.#options.watcher.diskFault();
    this.#bytes.fail(operation, times);
  }

  slowDisk(ms: number): () => void {
    this.#disk.syncMs += ms;
    return () => {
      this.#options.watcher.diskFault();
      this.#disk.syncMs -= ms;
    };
  }

  stepClock(byUs: number): () => void {
    this.#step(byUs);
    return () => this.#step(-byUs);
  }

  /** A book that no parser lets through reaches the market's actor. */
  poisonMarket(): void {
    const { settings, world } = this.#options;
    const market = settings.markets[0]!.market.symbol;
    const stamp = { seq: 0, timeUs: 0, eventUs: 0 };
    const book = { kind: 'bookSnapshot', ...stamp, market, lastId: world.chain.height + 1, bids: [], asks: undefined };
    this.#process?.accept(book as unknown as Input);
  }

  /** A settlement that no client makes reaches the account's actors. */
  poisonAccount(): void {
    const market = this.#options.settings.markets[0]!.market.symbol;
    const poison = { kind: 'settlement', seq: 0, timeUs: 0, market, orderId: '', side: 'buy', settlementId: 'poison' };
    Object.defineProperty(poison, 'lots', {
      enumerable: true,
      get: () => {
        throw new Error('poisoned');
      },
    });
    if (this.#process?.trading !== true) return;
    this.#options.watcher.expectFailure();
    this.#process.accept(poison as unknown as Input);
  }

  /** The account's sequence moves on without the process: its next transaction, or the one that waits, is no longer valid. */
  useSequence(): void {
    const { chain, account } = this.#options.world;
    const found = chain.account(account) as { sequence: number } | undefined;
    if (found !== undefined) found.sequence += 1;
  }

  /** Somebody with the account's key places an order by hand, so far from the market that it does not fill. */
  placeByHand(side: Side, lots: number): void {
    const { chain, account } = this.#options.world;
    const [bid, ask] = [chain.dex.book(0, 'buy').best(), chain.dex.book(0, 'sell').best()];
    if (bid === undefined || ask === undefined) return;
    const tick = Math.round(side === 'buy' ? bid.tick * (1 - FAR_SHARE) : ask.tick * (1 + FAR_SHARE));
    const orderId = chain.place({ account, market: 0, side, type: 'limit', tick, lots });
    this.#options.watcher.foreignOrder(String(orderId));
  }

  rejectOrders(percent: number): () => void {
    this.#rejecting += percent;
    return () => {
      this.#rejecting -= percent;
    };
  }

  takeEveryBlock(lots: number): () => void {
    const { world } = this.#options;
    let blocks = 0;
    return world.producer.onBlock(() => {
      blocks += 1;
      for (const crowd of world.crowds.values()) crowd.takeNow(blocks % 2 === 0 ? 'buy' : 'sell', lots);
    });
  }

  pause(): () => void {
    this.#pauses += 1;
    this.#command({ command: 'pause' }, () => this.#pauses > 0);
    return () => {
      this.#pauses -= 1;
      if (this.#pauses === 0) this.#command({ command: 'resume' }, () => this.#pauses === 0);
    };
  }

  emergencyStop(): () => void {
    this.#halts += 1;
    this.#command({ command: 'halt' }, () => this.#halts > 0);
    return () => {
      this.#halts -= 1;
      if (this.#halts === 0) this.#command({ command: 'resume', clears: 'emergency-stop' }, () => this.#halts === 0);
    };
  }

  cancelAll(): void {
    this.#command({ command: 'cancelAll' }, () => true);
  }

  /** What the process has decided, before the watcher is told. */
  decided(decision: Decision): void {
    if (decision.kind === 'reconciled' && decision.ok) this.lives.recoveries += 1;
    if (decision.kind !== 'tradingState') return;
    for (const { code } of decision.holds) {
      if (UNJUSTIFIED.has(code)) this.#options.watcher.broken(`halted for '${code}': ${decision.text}`);
      else if (CAUSES_CLEARED.has(code) && !this.#clearing.has(code)) this.#clear(code);
    }
  }

  /** Clears a halt that the system has ordered itself, as an operator does who has looked into it. */
  #clear(clears: string): void {
    this.#clearing.add(clears);
    this.#options.world.timers.after(CLEAR_AFTER_MS, () => {
      this.#clearing.delete(clears);
      this.#command({ command: 'resume', clears }, () => true);
    });
  }

  /** Gives a command to the process; while there is none that trades, again and again, as long as it is wanted. */
  #command(command: Pick<Command, 'command' | 'clears'>, wanted: () => boolean): void {
    if (!wanted()) return;
    const { world, watcher } = this.#options;
    if (this.#process?.trading === true) {
      this.#process.accept({ kind: 'command', seq: 0, timeUs: 0, by: 'operator', ...command });
      watcher.command(command.command);
    } else world.timers.after(COMMAND_AGAIN_MS, () => this.#command(command, wanted));
  }

  #step(byUs: number): void {
    this.#clockStepUs += byUs;
    if (this.#process !== undefined) this.#process.timers.clockStepUs = this.#clockStepUs;
  }

  /** The next kill that waits for this step comes nearer. */
  #reached(step: KillStep): void {
    const waiting = this.#kills.find(({ kill }) => kill.step === step);
    if (waiting === undefined || this.#process === undefined) return;
    waiting.left -= 1;
    if (waiting.left > 0) return;
    this.#kills = this.#kills.filter((one) => one !== waiting);
    this.#kill(waiting.kill);
  }

  #armReading(): void {
    const waiting = this.#kills.find(({ kill }) => kill.step === 'reading');
    if (waiting === undefined) return;
    this.#kills = this.#kills.filter((one) => one !== waiting);
    const process = this.#process;
    this.#options.world.timers.after(7 * waiting.kill.count, () => {
      if (process === this.#process) this.#kill(waiting.kill);
    });
  }

  #kill({ power, tornBytes, downMs }: Kill): void {
    const process = this.#process;
    if (process === undefined) return;
    this.lives.kills += 1;
    process.kill();
    this.#process = undefined;
    // The dead process keeps the old bytes, whatever it still does to them.
    this.#bytes = power ? this.#bytes.crash(tornBytes) : this.#bytes.kill();
    this.#options.watcher.processEnded(process.number, 'killed', 0);
    this.#options.world.timers.after(downMs, () => this.start());
  }

  #ended(process: SimulatedProcess, how: 'stopped' | 'failed', remaining: number): void {
    if (process !== this.#process) return;
    this.lives[how === 'stopped' ? 'stops' : 'failures'] += 1;
    process.kill();
    this.#process = undefined;
    this.#bytes = this.#bytes.kill();
    this.#options.watcher.processEnded(process.number, how, remaining);
    this.#options.world.timers.after(RESTART_MS, () => this.start());
  }
}
