import { MICROS_PER_SECOND } from '../../streams/clock/clock.ts';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import type { BatchRefused, OrderBatch, OrderUpdate, Recovered } from '../../streams/orders/types.ts';
import { memoryOf, type TradingStateChange } from '../../streams/trading/trading.ts';
import type { Timers } from '../runtime/timers.ts';
import type { Inlet } from '../venue/port.ts';
import type { AccountJournal } from './journal.ts';
import type { AccountRecord, SignedBatch } from './records.ts';
import { recoveredOf } from './state.ts';

/** Successes are reported for so long after a failure: a breaker that tries again hears of them then. */
const SUCCESS_TOLD_US = 60 * MICROS_PER_SECOND;

/** An order waits so long for the disk; by then its price is old, and it would keep the next batch of cancels waiting. */
const ORDER_WAIT_MS = 2_000;

/** Cancels wait so long for the disk, and then go all the same: an order that rests costs more than a missing record. */
const CANCEL_WAIT_MS = 100;

const LOST_CANCELS = 'its signature is not on disk: it may have gone out all the same';

/** What a keeper needs of the shell. */
export interface KeeperOptions {
  readonly journal: AccountJournal;
  readonly timers: Pick<Timers, 'nowUs' | 'after'>;
}

/**
 * Keeps the account's journal beside a session: gathers the facts of each turn, writes them together at its end, and answers
 * whether an order may go out, which is when its intent is on disk.
 *
 * A disk that fails stops new orders, not cancels. The pipeline is told of each failure (component `database`), and of what
 * succeeds after it; what follows is its own decision.
 */
export class AccountKeeper {
  readonly #journal: AccountJournal;
  readonly #options: KeeperOptions;
  #inlet: Inlet | undefined;
  #turn: AccountRecord[] = [];
  /** Whether a fact of the turn should be on disk soon. */
  #weighty = false;
  #flushing = false;
  #flushAgain = false;
  /** Settlements told that are no fills yet, by id: their blocks are not booked. */
  readonly #unbooked = new Map<string, number>();
  #failedUs = Number.NEGATIVE_INFINITY;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#journal = options.journal;
  }

  /** What a venue needs to go on: the transactions whose fate is not known, and the block up to which all is booked. */
  get former(): { readonly resume: readonly SignedBatch[]; readonly fromHeight: number | undefined } {
    const { signed, height } = this.#journal.state;
    return { resume: [...signed], fromHeight: height > 0 ? height : undefined };
  }

  /** Markets in which orders of ours may rest. */
  get liveMarkets(): readonly string[] {
    return [...new Set(Object.values(this.#journal.state.orders).map(({ market }) => market))];
  }

  /** Tells the pipeline what is known from before, and from now on how the disk does. */
  begin(inlet: Inlet): void {
    this.#inlet = inlet;
    const { state } = this.#journal;
    const recovered: Recovered = structuredClone(recoveredOf(state));
    const { inFlight, signed } = state;
    const unsigned = inFlight !== null && !signed.some(({ batchId }) => batchId === inFlight.batchId);
    inlet.accept(recovered);
    if (!unsigned) return;
    const nothing = refused(inFlight.batchId, 'flashmm', 'the process ended before it was signed');
    // Orders go after their signature is on disk. Cancels do not wait for it.
    inlet.accept(inFlight.places.length > 0 ? nothing : { ...nothing, reason: LOST_CANCELS });
  }

  /** Takes note of a decision of the turn under way. */
  decision(decision: Decision): void {
    switch (decision.kind) {
      case 'order':
        this.#turn.push(orderRecord(decision));
        return;
      case 'orderBatch':
        this.#turn.push({ kind: 'intent', batchId: decision.batchId, ...idsOf(decision) });
        return;
      case 'fill': {
        const { settlementId, clientOrderId, height } = decision;
        this.#unbooked.delete(settlementId);
        this.#note({ kind: 'fill', settlementId, clientOrderId, height });
        return;
      }
      case 'moneyRecord':
        // The newest says all that the ones before did.
        this.#turn = this.#turn.filter(({ kind }) => kind !== 'money');
        this.#turn.push({ kind: 'money', record: decision.record });
        return;
      case 'tradingState':
        this.#tradingState(decision);
        return;
      default:
        return;
    }
  }

  /** The turn that an input brought about is over: its facts are written, together. */
  turnEnded(input: Input): void {
    switch (input.kind) {
      case 'batchCommitted':
        this.#note({ kind: 'outcome', batchId: input.batchId, committed: true, txHash: input.txHash, reason: '' });
        break;
      case 'batchRefused':
        this.#note({
          kind: 'outcome',
          batchId: input.batchId,
          committed: false,
          txHash: input.txHash,
          reason: input.reason.slice(0, 300),
        });
        break;
      case 'settlement':
        if (!this.#turn.some((one) => one.kind === 'fill' && one.settlementId === input.settlementId))
          this.#await(input.settlementId, input.height);
        break;
      case 'block':
        this.#booked(input.height - 1);
        break;
      default:
        break;
    }
    if (this.#turn.length > 0) this.#journal.record(this.#turn);
    const soon = this.#weighty || (this.#turn.length > 0 && !this.#journal.healthy);
    this.#turn = [];
    this.#weighty = false;
    if (soon) void this.#flush();
  }

  /**
   * Waits until the intent of a batch, recorded in the turn that made it, is on disk. Cancels alone do not wait long.
   *
   * @throws Error when the disk refuses, and the batch would place orders: it must not be sent
   */
  async intended(batch: OrderBatch): Promise<void> {
    await this.#before(batch.places.length > 0);
  }

  /**
   * Records a signed transaction, and waits until that is on disk: to be called before its bytes leave.
   *
   * @throws Error as {@link intended}
   */
  async signed(batchId: number, signed: Omit<SignedBatch, 'batchId'>): Promise<void> {
    const { inFlight } = this.#journal.state;
    this.#journal.record([{ kind: 'signed', batchId, ...signed }]);
    await this.#before(inFlight?.batchId === batchId && inFlight.places.length > 0);
  }

  /** Writes what is left. Never throws. @returns what went wrong, or undefined */
  async close(): Promise<string | undefined> {
    this.#inlet = undefined;
    try {
      await this.#journal.durable();
      return undefined;
    } catch (error) {
      return `the account's journal: ${(error as Error).message}`;
    } finally {
      this.#journal.close();
    }
  }

  async #before(places: boolean): Promise<void> {
    const waitMs = places ? ORDER_WAIT_MS : CANCEL_WAIT_MS;
    const written = this.#durable();
    const inTime = new Promise<void>((resolve, reject) => {
      const forget = this.#options.timers.after(waitMs, () => {
        reject(new Error(places ? this.#failed(`no answer of the disk within ${waitMs} ms`) : 'late'));
      });
      written.then(resolve, reject).finally(forget);
    });
    if (places) await inTime;
    else await inTime.catch(() => undefined);
  }

  /** @throws Error when the disk refuses */
  async #durable(): Promise<void> {
    const { nowUs } = this.#options.timers;
    try {
      await this.#journal.durable();
    } catch (error) {
      throw new Error(this.#failed((error as Error).message));
    }
    if (nowUs() - this.#failedUs < SUCCESS_TOLD_US) this.#tell('success', "the account's journal is written");
  }

  /** Tells of a failure. @returns the whole of it in words */
  #failed(why: string): string {
    this.#failedUs = this.#options.timers.nowUs();
    const detail = `the account's journal cannot be written: ${why}`;
    this.#tell('failure', detail);
    return detail;
  }

  /** Sees that what was recorded gets to disk; what is recorded meanwhile goes with the next call. */
  async #flush(): Promise<void> {
    if (this.#flushing) {
      this.#flushAgain = true;
      return;
    }
    this.#flushing = true;
    do {
      this.#flushAgain = false;
      // The pipeline was told.
      await this.#durable().catch(() => undefined);
    } while (this.#flushAgain);
    this.#flushing = false;
  }

  #tell(outcome: 'success' | 'failure', detail: string): void {
    this.#inlet?.accept({ kind: 'component', seq: 0, timeUs: 0, component: 'database', outcome, detail });
  }

  #note(record: AccountRecord): void {
    this.#turn.push(record);
    this.#weighty = true;
  }

  /** A halt outlives the process, and so does an operator's hold; what the pipeline holds by itself it finds out again. */
  #tradingState(change: TradingStateChange): void {
    const trading = memoryOf(change);
    if (trading === null && this.#journal.state.trading === null) return;
    this.#note({ kind: 'trading', trading, by: change.by });
  }

  #await(settlementId: string, height: number): void {
    const { state } = this.#journal;
    const known = height <= state.height || state.settled.some((one) => one.settlementId === settlementId);
    if (!known) this.#unbooked.set(settlementId, height);
  }

  #booked(height: number): void {
    let booked = height;
    for (const waits of this.#unbooked.values()) booked = Math.min(booked, waits - 1);
    if (booked > this.#journal.state.height) this.#turn.push({ kind: 'height', height: booked });
  }
}

/** A batch that certainly was not sent, as the venue would tell it. */
export function refused(batchId: number, codespace: 'store' | 'flashmm', reason: string): BatchRefused {
  return {
    kind: 'batchRefused',
    seq: 0,
    timeUs: 0,
    batchId,
    txHash: '',
    code: -1,
    codespace,
    reason: `not sent: ${reason}`,
  };
}

function idsOf({ places, cancels }: OrderBatch): { places: string[]; cancels: string[] } {
  return {
    places: places.map(({ clientOrderId }) => clientOrderId),
    cancels: cancels.map(({ clientOrderId }) => clientOrderId),
  };
}

function orderRecord(update: OrderUpdate): AccountRecord {
  const { clientOrderId, orderId, market, side, tick, lots, remainingLots, status } = update;
  const order = { clientOrderId, orderId, market, side, tick, lots, remainingLots };
  switch (status) {
    case 'placing':
    case 'resting':
    case 'cancelling':
      return { kind: 'order', order: { ...order, status } };
    case 'adopted':
      return { kind: 'order', order: { ...order, status: 'resting' } };
    default:
      return { kind: 'orderEnded', clientOrderId, status };
  }
}
