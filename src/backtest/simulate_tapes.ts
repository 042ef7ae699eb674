import type { OrderLatency } from '../../streams/simulation/order_latency.ts';
import { QueueExchange } from '../../streams/simulation/queue_exchange.ts';
import { type QueuePositionName, queuePositionModel } from '../../streams/simulation/queue_position.ts';
import type { RowPages } from '../../streams/simulation/simulated_market.ts';
import { type MarketPlan, Simulation, type Watcher } from '../../streams/simulation/simulation.ts';
import type { DeskMarket, Strategy } from '../../streams/simulation/strategy.ts';

/** The exchange that a tape is turned into. */
export interface TapeExchange {
  readonly queue: QueuePositionName;
  /** Exponent of the queue models that are powers. */
  readonly queuePower: number;
  /** Made anew for each market, as models that read recorded latencies keep their place. */
  latency(): OrderLatency;
}

/** One market of a simulation: a tape's, and its rows. */
export interface TapeMarketRows {
  readonly market: DeskMarket;
  readonly pages: RowPages;
}

/** A strategy on markets out of tapes, ready to run. Their times must count from one origin, and their tapes stay open. */
export function simulateTapes(
  markets: readonly TapeMarketRows[],
  exchange: TapeExchange,
  strategy: Strategy,
  watcher: Watcher = {},
): Simulation {
  const plans = markets.map(({ market, pages }): MarketPlan => {
    const model = queuePositionModel(exchange.queue, exchange.queuePower, Number(market.lotSize));
    return {
      market,
      pages,
      latency: exchange.latency(),
      exchange: (answers) => new QueueExchange(model, answers),
    };
  });
  return new Simulation(plans, strategy, watcher);
}
