/**
 * How long orders and answers are on their way, nanoseconds. A negative entry says that the order is refused on its way, without
 * reaching the exchange, and that we know so after that time.
 */
export interface OrderLatency {
  /** Of a request that is sent now. Times don't fall from call to call, and neither do those of `responseNs`. */
  entryNs(nowNs: number): number;
  /** Of an answer that the exchange gives now. */
  responseNs(nowNs: number): number;
}

/** The same latency at all times (hftbacktest's `ConstantLatency`). */
export function constantLatency(entryNs: number, responseNs: number): OrderLatency {
  return { entryNs: () => entryNs, responseNs: () => responseNs };
}

/**
 * Round trips of orders as they were recorded, nanoseconds from the tapes' origin, in the order of sending: when each was sent, when the
 * exchange had it (NaN: it never did), and when the answer was here.
 */
export interface RoundTrips {
  readonly sentNs: readonly number[];
  readonly exchangeNs: readonly number[];
  readonly answeredNs: readonly number[];
}

/**
 * Latencies between two recorded round trips are on the line between theirs, and beyond the first and the last as theirs
 * (hftbacktest's `IntpOrderLatency`). Where either of the two never reached the exchange, neither does an order in between.
 *
 * @throws RangeError when there is no round trip, or one that goes back in time
 */
export function recordedLatency({ sentNs, exchangeNs, answeredNs }: RoundTrips): OrderLatency {
  if (sentNs.length === 0) throw new RangeError('recorded latencies: expected at least one round trip');
  for (const [at, sent] of sentNs.entries()) {
    const reached = Number.isNaN(exchangeNs[at]!) ? sent : exchangeNs[at]!;
    if (!(sent <= reached && reached <= answeredNs[at]! && (at === 0 || sentNs[at - 1]! <= sent)))
      throw new RangeError(`recorded latencies, round trip ${at + 1}: expected times that don't go back`);
  }
  // An order that never arrives is known as such when its answer is here: minus that time.
  const entries = sentNs.map((sent, at) =>
    Number.isNaN(exchangeNs[at]!) ? sent - answeredNs[at]! : exchangeNs[at]! - sent,
  );
  const lost = sentNs.map((sent, at) => sent - answeredNs[at]!);
  // One order may overtake another on its way: answers go by the exchange's own order.
  const arrived = sentNs
    .map((_, at) => at)
    .filter((at) => !Number.isNaN(exchangeNs[at]!))
    .sort((one, other) => exchangeNs[one]! - exchangeNs[other]!);
  const entry = new Line(sentNs, entries);
  const loss = new Line(sentNs, lost);
  const response = new Line(
    arrived.map((at) => exchangeNs[at]!),
    arrived.map((at) => answeredNs[at]! - exchangeNs[at]!),
  );
  return {
    entryNs: (nowNs) => (entry.reach(nowNs).some((latencyNs) => latencyNs < 0) ? loss.at(nowNs) : entry.at(nowNs)),
    responseNs: (nowNs) => response.at(nowNs),
  };
}

/** Values at times, on the line between two and level beyond the ends. Asked for times that don't fall. */
class Line {
  readonly #times: readonly number[];
  readonly #values: readonly number[];
  #index = 0;

  constructor(times: readonly number[], values: readonly number[]) {
    this.#times = times;
    this.#values = values;
  }

  /** The values on whose line a time lies: two, or one beyond the ends. */
  reach(time: number): readonly number[] {
    this.#goTo(time);
    const values = this.#values;
    return time < this.#times[0]! ? values.slice(0, 1) : values.slice(this.#index, this.#index + 2);
  }

  /** Cut to a whole number, towards the earlier value. */
  at(time: number): number {
    this.#goTo(time);
    const [times, values, at] = [this.#times, this.#values, this.#index];
    if (at + 1 >= times.length || time < times[0]!) return values[at]!;
    const slope = (values[at + 1]! - values[at]!) / (times[at + 1]! - times[at]!);
    return Math.trunc(slope * (time - times[at]!)) + values[at]!;
  }

  #goTo(time: number): void {
    while (this.#index + 1 < this.#times.length && time >= this.#times[this.#index + 1]!) this.#index += 1;
  }
}
