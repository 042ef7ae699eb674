import { SimulatedOrder } from './simulated_order.ts';
import type { AnswerKind } from './strategy.ts';

/** What a message between us and the exchange says: a request of ours or an answer. */
export type MessageKind = 'place' | 'cancel' | AnswerKind;

/** One message. A bus has slots of them and uses them again. */
export interface Message {
  arrivesNs: number;
  kind: MessageKind;
  order: SimulatedOrder;
  /** Of an answer, when it happened at the exchange. */
  exchangeNs: number;
  /** Of a fill: its price, its size, and whether we were the maker. */
  tick: number;
  lots: number;
  maker: boolean;
}

const SLOTS_FIRST = 16;

/** What an empty slot holds, so that slots are all of one shape. */
const NO_ORDER = new SimulatedOrder(0, 1, 0, 0, 'postOnly');

/**
 * Messages on their way in one direction, in the order in which they were sent: one that would overtake another arrives with it,
 * as in hftbacktest's `OrderBus`. A ring of slots, which grows to the most that were ever on their way at once.
 */
export class OrderBus {
  /** When the next message arrives, +∞ when none is on its way. */
  nextNs = Number.POSITIVE_INFINITY;
  #slots: Message[] = Array.from({ length: SLOTS_FIRST }, emptySlot);
  #head = 0;
  #count = 0;

  /** Sends a message: the caller fills in the slot that it gets. */
  send(arrivesNs: number, kind: MessageKind, order: SimulatedOrder): Message {
    if (this.#count === this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    const slot = this.#slots[(this.#head + this.#count) & mask]!;
    const last = this.#count === 0 ? arrivesNs : this.#slots[(this.#head + this.#count - 1) & mask]!.arrivesNs;
    slot.arrivesNs = Math.max(arrivesNs, last);
    slot.kind = kind;
    slot.order = order;
    this.#count += 1;
    if (this.#count === 1) this.nextNs = slot.arrivesNs;
    return slot;
  }

  /** Takes off the next message, which must be there. It is valid until the next one is sent. */
  take(): Message {
    const mask = this.#slots.length - 1;
    const message = this.#slots[this.#head]!;
    this.#head = (this.#head + 1) & mask;
    this.#count -= 1;
    this.nextNs = this.#count === 0 ? Number.POSITIVE_INFINITY : this.#slots[this.#head]!.arrivesNs;
    return message;
  }

  #grow(): void {
    const inOrder = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)];
    this.#slots = [...inOrder, ...inOrder.map(emptySlot)];
    this.#head = 0;
  }
}

function emptySlot(): Message {
  return { arrivesNs: 0, kind: 'place', order: NO_ORDER, exchangeNs: 0, tick: 0, lots: 0, maker: false };
}
