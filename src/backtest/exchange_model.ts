import type { ExchangeModel } from '../../streams/simulation/exchange.ts';
import { queueModel } from '../../streams/simulation/queue.ts';
import type { Config } from '../config/schema.ts';

const MICROS_PER_MS = 1_000;

/** What of the configuration the exchange `own` knows nothing of; undefined where it knows all. */
export function unknownToOwn({ order_latencies, feed_latency_ms }: Config['backtest']): string | undefined {
  if (order_latencies !== '') return 'backtest.order_latencies';
  return feed_latency_ms > 0 ? 'backtest.feed_latency_ms' : undefined;
}

/** How long orders take, in words. */
export function latencyText({
  order_latencies,
  order_latency_ms,
  response_latency_ms,
  ...model
}: Config['backtest']): string {
  const feed = model.feed_latency_ms === 0 ? '' : `, the feed ${model.feed_latency_ms} ms beyond the tape`;
  const blocks = model.exchange === 'sei' ? `, a block ${model.block_ms} ms` : '';
  if (order_latencies !== '') return `orders and reports take what ${order_latencies} says${feed}${blocks}`;
  return `orders take ${order_latency_ms} ms, reports ${response_latency_ms} ms${feed}${blocks}`;
}

/** How the simulated exchange treats orders, out of the configuration. */
export function exchangeModel(model: Config['backtest']): ExchangeModel {
  return {
    queue: queueModel(model.queue_model, model.queue_power),
    orderLatencyUs: Math.round(model.order_latency_ms * MICROS_PER_MS),
    responseLatencyUs: Math.round(model.response_latency_ms * MICROS_PER_MS),
    crossing: 'refuse',
  };
}
