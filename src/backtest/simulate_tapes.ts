import type { OrderLatency } from '../../streams/simulation/order_latency.ts';
import { QueueExchange } from '../../streams/simulation/queue_exchange.ts';
import { type QueuePositionName, queuePositionModel } from '../../streams/simulation/queue_position.ts';
import { Simulation, type Watcher } from '../../streams/simulation/simulation.ts';
import type { Strategy } from '../../streams/simulation/strategy.ts';
import type { Tape } from '../tape/reader.ts';
import { type FeedTiming, TapePages } from './tape_pages.ts';

/** The exchange that a tape is turned into. */
export interface TapeExchange extends FeedTiming {
  readonly queue: QueuePositionName;
  /** Exponent of the queue models that are powers. */
  readonly queuePower: number;
  /** Made anew for each market, as models that read recorded latencies keep their place. */
  latency(): OrderLatency;
}

/** A simulation on tapes, ready to run. */
export interface TapeSimulation {
  readonly simulation: Simulation;
  /** One for each tape. */
  readonly pages: readonly TapePages[];
}

/**
 * Sets up a strategy on tapes, one for each market. They must have been opened with one origin, and stay open while it runs.
 *
 * @throws RangeError when two tapes count their times from different origins
 */
export function simulateTapes(
  tapes: readonly Tape[],
  exchange: TapeExchange,
  strategy: Strategy,
  watcher: Watcher = {},
): TapeSimulation {
  for (const { path, originS } of tapes) {
    if (originS !== tapes[0]!.originS)
      throw new RangeError(`${path}: times from ${originS} s, expected ${tapes[0]!.originS} s as ${tapes[0]!.path}`);
  }
  const pages = tapes.map((tape) => new TapePages(tape, exchange));
  const plans = tapes.map(({ market }, index) => {
    const model = queuePositionModel(exchange.queue, exchange.queuePower, Number(market.lotSize));
    return {
      market,
      pages: pages[index]!,
      latency: exchange.latency(),
      exchange: (answers: ConstructorParameters<typeof QueueExchange>[1]) => new QueueExchange(model, answers),
    };
  });
  return { simulation: new Simulation(plans, strategy, watcher), pages };
}
