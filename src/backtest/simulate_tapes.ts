import { FifoExchange } from '../../streams/simulation/fifo_exchange.ts';
import type { OrderLatency } from '../../streams/simulation/order_latency.ts';
import { type FillModel, QueueExchange } from '../../streams/simulation/queue_exchange.ts';
import { type QueuePositionName, queuePositionModel } from '../../streams/simulation/queue_position.ts';
import { KIND } from '../../streams/simulation/rows.ts';
import { SeiExchange } from '../../streams/simulation/sei_exchange.ts';
import type { RowPages } from '../../streams/simulation/simulated_market.ts';
import { type MarketPlan, Simulation, type Watcher } from '../../streams/simulation/simulation.ts';
import type { Strategy } from '../../streams/simulation/strategy.ts';
import type { Tape } from '../tape/reader.ts';
import { TapeError } from '../tape/tape_error.ts';
import { type FeedTiming, TapePages } from './tape_pages.ts';

/** The exchange that a tape is turned into. */
export interface TapeExchange extends FeedTiming {
  /** A model of where we stand in a level; `fifo` where the tape tells single orders, and it is known. */
  readonly queue: QueuePositionName | 'fifo';
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
 * @throws TapeError when the queue model wants single orders and a tape has none
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
    return {
      market,
      pages: pages(tape),
      latency: exchange.latency(tape),
      exchange: exchangeOf(tape, exchange),
    };
  });
  return { simulation: new Simulation(plans, strategy, watcher) };
}

function exchangeOf(tape: Tape, { queue, queuePower, fills = 'whole', blockNs }: TapeExchange): MarketPlan['exchange'] {
  if (queue === 'fifo') {
    if (!tellsOrders(tape)) {
      throw new TapeError(tape.path, 'tells levels and no single orders: expected level 3 for the queue model fifo');
    }
    return (answers) => new FifoExchange(answers);
  }
  const model = queuePositionModel(queue, queuePower, Number(tape.market.lotSize));
  if (blockNs !== undefined) return (answers) => new SeiExchange(model, answers, blockNs);
  return (answers) => new QueueExchange(model, answers, fills);
}

/** Whether a tape has a row of a single order. */
function tellsOrders(tape: Tape): boolean {
  for (const { length, kind } of tape.batches()) if (kind.subarray(0, length).includes(KIND.orderAdd)) return true;
  return false;
}
