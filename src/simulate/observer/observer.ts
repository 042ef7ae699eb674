import { MICROS_PER_MS } from '../../../streams/clock/clock.ts';
import type { Decision } from '../../../streams/decisions.ts';
import type { Input } from '../../../streams/inputs.ts';
import type { OrderBatch } from '../../../streams/orders/types.ts';
import type { AccountSettings } from '../../../streams/settings.ts';
import type { CommittedBlock } from '../../devnet/producer.ts';
import type { SignedRecord } from '../../sei/client/signed_record.ts';
import type { Watcher } from '../supervisor.ts';
import type { VirtualWorld } from '../virtual_world.ts';
import { ChainFacts } from './chain_facts.ts';
import { DataQuality } from './data_quality.ts';
import { Endings } from './endings.ts';
import { Fingerprint } from './fingerprint.ts';
import { HEARD_WITHIN_MS, QuietBlocks, Tally } from './invariant.ts';
import { KnownOrders } from './known_orders.ts';
import { MoneyFacts } from './money_facts.ts';
import { PositionLimit } from './position_limit.ts';
import { ProcessFacts } from './process_facts.ts';
import { Stopped } from './stopped.ts';

/** What was counted beside the checks. */
export interface Counts {
  blocks: number;
  quotedBlocks: number;
  orders: number;
  fills: number;
  batches: number;
  inputs: number;
}

/**
 * Looks on, and holds what the system says and does against what the chain is: with its own bookkeeping, from the chain's own state
 * and from what passes between the system and the outside. Nothing of the code under test is asked.
 */
export class Observer implements Watcher {
  readonly tally: Tally;
  readonly counts: Counts = { blocks: 0, quotedBlocks: 0, orders: 0, fills: 0, batches: 0, inputs: 0 };
  /** Of every input, decision and block, by number, time and content of what goes to the chain. */
  readonly fingerprint = new Fingerprint();
  readonly #world: VirtualWorld;
  readonly #startUs: number;
  readonly #facts: ChainFacts;
  readonly #quiet = new QuietBlocks();
  readonly #position: PositionLimit;
  readonly #known: KnownOrders;
  readonly #money: MoneyFacts;
  readonly #stopped: Stopped;
  readonly #data: DataQuality;
  readonly #endings: Endings;
  #process: ProcessFacts | undefined;
  #hindrances = 0;
  /** Crashes that were brought about from outside, and account for as many failures of processes. */
  #expectedFailures = 0;
  #diskFaultMs = Number.NEGATIVE_INFINITY;
  #stateTold = false;

  constructor(world: VirtualWorld, settings: AccountSettings) {
    this.#world = world;
    this.#startUs = world.timers.nowUs();
    const facts = new ChainFacts(world);
    this.#facts = facts;
    const tally = new Tally(() => ({ atMs: this.clock(), height: facts.height }));
    this.tally = tally;
    this.#position = new PositionLimit(facts, tally, settings);
    this.#known = new KnownOrders(facts, tally, this.#quiet);
    this.#money = new MoneyFacts(facts, tally);
    this.#stopped = new Stopped(facts, tally, this.#quiet);
    this.#data = new DataQuality(facts, tally, settings);
    this.#endings = new Endings(facts, tally, this.#quiet);
  }

  /** Something begins to hinder the system. @returns what ends it */
  hinder(): () => void {
    this.#hindrances += 1;
    return () => {
      this.#hindrances -= 1;
    };
  }

  /** A process will fail, and not by its own fault. */
  expectFailure(): void {
    this.#expectedFailures += 1;
  }

  /** The disk refuses something about now. */
  diskFault(): void {
    this.#diskFaultMs = this.clock();
  }

  processStarted(number: number): void {
    const facts = this.#facts;
    this.#process = new ProcessFacts(
      number,
      facts.height,
      (...at) => facts.ownLots(...at),
      (orderIds, book) => facts.lacks(orderIds, book),
    );
    this.#stateTold = false;
    this.#endings.started();
    this.#data.started();
  }

  processEnded(_number: number, how: 'killed' | 'stopped' | 'failed', remaining: number): void {
    const before = this.#process;
    this.#process = undefined;
    this.#facts.processEnded();
    if (how === 'stopped') this.#stopped.ended(remaining);
    // A process that could not start, since nothing answered, is no defect.
    if (how !== 'failed' || before === undefined || before.toldHeight === 0) return;
    if (this.#expectedFailures > 0) this.#expectedFailures -= 1;
    else this.#endings.failed('the process failed by itself');
  }

  input(input: Input): void {
    const process = this.#process;
    if (process === undefined) return;
    this.counts.inputs += 1;
    this.fingerprint.add(input.seq);
    this.fingerprint.add(input.timeUs);
    if (input.kind === 'block' && input.height > process.toldHeight) this.#money.told(input.height, process);
    if (input.kind === 'batchRefused') this.#facts.refused(process.number, input.batchId);
    process.input(input, this.#world.timers.nowUs());
  }

  decision(decision: Decision): void {
    const process = this.#process;
    if (process === undefined) return;
    this.fingerprint.add(decision.seq);
    this.fingerprint.add(decision.timeUs);
    process.decision(decision, this.#facts.height);
    switch (decision.kind) {
      case 'quote':
        this.#data.quoted(decision, process);
        return;
      case 'orderBatch':
        this.#decided(decision, process);
        return;
      case 'order':
        this.#endings.order(decision);
        return;
      case 'fill':
        this.counts.fills += 1;
        this.#money.fill(decision, process);
        return;
      case 'tradingState':
        this.#state(decision.state);
        return;
      case 'ledger':
        this.#money.compared(decision);
        return;
      case 'ledgerBreak':
        this.#money.broke(decision.text);
        return;
      case 'alert':
        if (decision.code === 'ledger-gas') this.#money.gasFound(decision.text, this.clock() - this.#diskFaultMs);
        return;
      case 'reject':
        this.#endings.rejected(decision.source, decision.reason, decision.detail);
        return;
      default:
        return;
    }
  }

  signed(batchId: number, { txHash, timeoutHeight }: SignedRecord): void {
    const { number } = this.#process!;
    this.#endings.signed(number, batchId, txHash);
    const batch = this.#facts.outstanding.find((one) => one.process === number && one.batchId === batchId);
    batch?.copies.set(txHash, { timeoutHeight, sending: 0, taken: false });
  }

  sent(txHash: string): void {
    this.#facts.sent(txHash);
  }

  answered(txHash: string, code: number | undefined): void {
    this.#facts.answered(txHash, code);
  }

  command(): void {}

  foreignOrder(orderId: string): void {
    this.#facts.foreign.add(orderId);
  }

  block(block: CommittedBlock): void {
    this.counts.blocks += 1;
    this.fingerprint.add(block.timeUs);
    for (const { lots } of block.match?.settlements ?? []) this.fingerprint.add(lots);
    const process = this.#process;
    this.#quiet.block(block.height, this.#isQuiet(process));
    this.#facts.block(block);
    if (this.#facts.resting.size > 0) this.counts.quotedBlocks += 1;
    for (const { hash, result } of block.txs) if (result.code === 0) this.#endings.included(hash);
    this.#position.block();
    this.#known.block(process);
    this.#money.block(block);
    this.#stopped.block(process);
    this.#data.block();
    this.#endings.block(process);
  }

  broken(what: string): void {
    this.#endings.failed(what);
  }

  /** The run is over. */
  end(): void {
    this.#endings.end(this.#process);
  }

  /** Milliseconds since the beginning of the run. */
  clock(): number {
    return (this.#world.timers.nowUs() - this.#startUs) / MICROS_PER_MS;
  }

  #decided(batch: OrderBatch, process: ProcessFacts): void {
    this.counts.batches += 1;
    this.counts.orders += batch.places.length;
    const { batchId, places } = batch;
    for (const { tick, lots } of places) {
      this.fingerprint.add(tick);
      this.fingerprint.add(lots);
    }
    this.#facts.outstanding.push({ process: process.number, batchId, places, copies: new Map(), ended: false });
    this.#endings.decided(batch);
    if (places.length === 0) return;
    this.#position.decided(batch);
    this.#stopped.decided(batch, process);
    this.#data.decided(batch, process);
  }

  #state(state: string): void {
    // A process begins like this, before it knows of a halt; once it has told one, the halt was cleared while it is still starting.
    if (state === 'starting' && !this.#stateTold) return;
    const nowMs = this.clock();
    if (!this.#stateTold) this.#stopped.restarted(state, nowMs, this.#diskFaultMs);
    this.#stateTold = true;
    this.#stopped.state(state, nowMs);
  }

  #isQuiet(process: ProcessFacts | undefined): boolean {
    if (this.#hindrances > 0 || process === undefined || !process.reconciled) return false;
    return this.#world.timers.nowUs() - process.toldUs <= HEARD_WITHIN_MS * MICROS_PER_MS;
  }
}
