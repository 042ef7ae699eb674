import type { OrderLatency } from '../../streams/simulation/order_latency.ts';
import { type FillModel, QueueExchange } from '../../streams/simulation/queue_exchange.ts';
import { type QueuePositionName, queuePositionModel } from '../../streams/simulation/queue_position.ts';
import { SeiExchange } from '../../streams/simulation/sei_exchange.ts';
import type { RowPages } from '../../streams/simulation/simulated_market.ts';
import { type MarketPlan, Simulation, type Watcher } from '../../streams/simulation/simulation.ts';
import type { Strategy } from '../../streams/simulation/strategy.ts';
import type { Tape } from '../tape/reader.ts';
import { type FeedTiming, TapePages } from './tape_pages.ts';

/** The exchange that a tape is turned into. */
export interface TapeExchange extends FeedTiming {
  readonly queue: QueuePositionName;
  /** Exponent of the queue models that are powers. */
  readonly queuePower: number;
  /** From block to block where it matches as Sei does; as hftbacktest's where nothing is said. */
  readonly blockNs?: number;
  /** Whole where nothing is said. */
  readonly fills?: FillModel;
  /**
   * Made anew for each market, as models that read recorded latencies keep their place.
   *
   * @throws TapeError when recorded latencies have nothing of the tape's time
   */
  latency(tape: Tape): OrderLatency;
}

/**
 * Sets up a strategy on tapes, one for each market, read as they go. They must have been opened with one origin, and stay open
 * while it runs.
 *
 * @param pages what reads a tape; `LoadedPages` where several runs share one
 * @throws RangeError when two tapes count their times from different origins
 */
export function simulateTapes(
  tapes: readonly Tape[],
  exchange: TapeExchange,
  strategy: Strategy,
  watcher: Watcher = {},
  pages: (tape: Tape) => RowPages = (tape) => new TapePages(tape, exchange),
): { readonly simulation: Simulation } {
  for (const { path, originS } of tapes) {
    if (originS !== tapes[0]!.originS)
      throw new RangeError(`${path}: times from ${originS} s, expected ${tapes[0]!.originS} s as ${tapes[0]!.path}`);
  }
  const plans = tapes.map((tape): MarketPlan => {
    const { market } = tape;
    const model = queuePositionModel(exchange.queue, exchange.queuePower, Number(market.lotSize));
    return {
      market,
      pages: pages(tape),
      latency: exchange.latency(tape),
      exchange: (answers) =>
        exchange.blockNs === undefined
          ? new QueueExchange(model, answers, exchange.fills ?? 'whole')
          : new SeiExchange(model, answers, exchange.blockNs),
    };
  });
  return { simulation: new Simulation(plans, strategy, watcher) };
}
