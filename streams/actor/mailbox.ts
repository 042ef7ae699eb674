/**
 * What a full mailbox does with one message more. No policy is a default.
 *
 * - `dropHead` drops the oldest waiting message, `dropTail` the youngest, `dropNew` the arriving one, `dropBuffer` all that wait.
 * - `fail` refuses: the actor fails with {@link MailboxOverflowError}, which escalates, so that nothing is lost unseen.
 * - `conflate` folds the arriving message into the waiting one of the same key; capacity bounds the number of keys.
 */
export type Mailbox<In> =
  | { readonly capacity: number; readonly overflow: 'dropHead' | 'dropTail' | 'dropNew' | 'dropBuffer' | 'fail' }
  | {
      readonly capacity: number;
      readonly overflow: 'conflate';
      readonly key: (message: In) => string;
      readonly fold: (waiting: In, arriving: In) => In;
    };

/** A mailbox whose policy is `fail` (or `conflate`, with too many keys) was full. */
export class MailboxOverflowError extends Error {
  constructor(capacity: number) {
    super(`mailbox is full: ${capacity} messages wait and its policy is to fail`);
    this.name = 'MailboxOverflowError';
  }
}

/** A bounded queue with one of the {@link Mailbox} policies. `offer` returns how many messages were dropped or folded. */
export interface MessageQueue<In> {
  readonly depth: number;
  /** @throws MailboxOverflowError as the policy says */
  offer(message: In): number;
  take(): In | undefined;
  clear(): void;
}

/** @throws RangeError unless the capacity is a positive integer */
export function messageQueue<In>(mailbox: Mailbox<In>): MessageQueue<In> {
  if (!Number.isInteger(mailbox.capacity) || mailbox.capacity < 1) {
    throw new RangeError(`mailbox capacity ${mailbox.capacity}: expected a positive integer`);
  }
  return mailbox.overflow === 'conflate' ? new ConflatingQueue(mailbox) : new BoundedQueue(mailbox);
}

class BoundedQueue<In> implements MessageQueue<In> {
  readonly #capacity: number;
  readonly #overflow: Exclude<Mailbox<In>['overflow'], 'conflate'>;
  // A ring that doubles up to the capacity, so that an idle actor holds next to nothing.
  #ring: (In | undefined)[] = new Array(4);
  #head = 0;
  #depth = 0;

  constructor(mailbox: Exclude<Mailbox<In>, { overflow: 'conflate' }>) {
    this.#capacity = mailbox.capacity;
    this.#overflow = mailbox.overflow;
  }

  get depth(): number {
    return this.#depth;
  }

  offer(message: In): number {
    if (this.#depth < this.#capacity) {
      this.#append(message);
      return 0;
    }
    switch (this.#overflow) {
      case 'dropHead':
        this.take();
        this.#append(message);
        return 1;
      case 'dropTail':
        this.#ring[(this.#head + this.#depth - 1) % this.#ring.length] = message;
        return 1;
      case 'dropNew':
        return 1;
      case 'dropBuffer': {
        const dropped = this.#depth;
        this.clear();
        this.#append(message);
        return dropped;
      }
      case 'fail':
        throw new MailboxOverflowError(this.#capacity);
    }
  }

  take(): In | undefined {
    if (this.#depth === 0) return undefined;
    const message = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#ring.length;
    this.#depth -= 1;
    return message;
  }

  clear(): void {
    this.#ring = new Array(4);
    this.#head = 0;
    this.#depth = 0;
  }

  #append(message: In): void {
    if (this.#depth === this.#ring.length) {
      const grown: (In | undefined)[] = new Array(this.#depth * 2);
      for (let i = 0; i < this.#depth; i += 1) grown[i] = this.#ring[(this.#head + i) % this.#depth];
      this.#ring = grown;
      this.#head = 0;
    }
    this.#ring[(this.#head + this.#depth) % this.#ring.length] = message;
    this.#depth += 1;
  }
}

class ConflatingQueue<In> implements MessageQueue<In> {
  readonly #mailbox: Extract<Mailbox<In>, { overflow: 'conflate' }>;
  // A Map keeps the order of first arrival, so a busy key cannot starve the others.
  readonly #waiting = new Map<string, In>();

  constructor(mailbox: Extract<Mailbox<In>, { overflow: 'conflate' }>) {
    this.#mailbox = mailbox;
  }

  get depth(): number {
    return this.#waiting.size;
  }

  offer(message: In): number {
    const key = this.#mailbox.key(message);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined && this.#waiting.size >= this.#mailbox.capacity) {
      throw new MailboxOverflowError(this.#mailbox.capacity);
    }
    this.#waiting.set(key, waiting === undefined ? message : this.#mailbox.fold(waiting, message));
    return waiting === undefined ? 0 : 1;
  }

  take(): In | undefined {
    for (const [key, message] of this.#waiting) {
      this.#waiting.delete(key);
      return message;
    }
    return undefined;
  }

  clear(): void {
    this.#waiting.clear();
  }
}
