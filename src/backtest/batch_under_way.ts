import type { Settlement } from '../../streams/orders/types.ts';
import type { AnswerKind, OwnOrder } from '../../streams/simulation/strategy.ts';

/** A batch of the pipeline's whose orders and cancels the exchange answers one by one. */
export class BatchUnderWay {
  readonly batchId: number;
  /** Of each order placed, in order: its id, or the empty string where the exchange refused it. */
  readonly orderIds: string[] = [];
  /** What filled before all was answered: the pipeline doesn't know these orders yet. */
  readonly settlements: Settlement[] = [];
  readonly #placing = new Map<OwnOrder, number>();
  readonly #cancelling = new Set<OwnOrder>();
  #unanswered = 0;

  constructor(batchId: number) {
    this.batchId = batchId;
  }

  /** Whether everything has been answered. */
  get done(): boolean {
    return this.#unanswered === 0;
  }

  /** Whether the batch has placed an order. */
  places(order: OwnOrder): boolean {
    return this.#placing.has(order);
  }

  /** An order has been sent. */
  place(order: OwnOrder, orderId: string): void {
    this.#placing.set(order, this.orderIds.push(orderId) - 1);
    this.#unanswered += 1;
  }

  /** A cancel has been sent. */
  cancel(order: OwnOrder): void {
    this.#cancelling.add(order);
    this.#unanswered += 1;
  }

  /** An answer that is no fill. */
  answered(order: OwnOrder, kind: Exclude<AnswerKind, 'filled'>): void {
    const place = this.#placing.get(order);
    if (place !== undefined) {
      if (kind !== 'accepted') this.orderIds[place] = '';
      this.#unanswered -= 1;
    } else if (this.#cancelling.delete(order)) this.#unanswered -= 1;
  }
}
