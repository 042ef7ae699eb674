/**
 * How long orders and answers are on their way, nanoseconds. A negative entry says that the order is refused on its way, without
 * reaching the exchange, and that we know so after that time.
 */
export interface OrderLatency {
  /** Of a request that is sent now. */
  entryNs(nowNs: number): number;
  /** Of an answer that the exchange gives now. */
  responseNs(nowNs: number): number;
}

/** The same latency at all times (hftbacktest's `ConstantLatency`). */
export function constantLatency(entryNs: number, responseNs: number): OrderLatency {
  return { entryNs: () => entryNs, responseNs: () => responseNs };
}
