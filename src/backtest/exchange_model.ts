import type { ExchangeModel } from '../../streams/simulation/exchange.ts';
import { queueModel } from '../../streams/simulation/queue.ts';
import type { Config } from '../config/schema.ts';

const MICROS_PER_MS = 1_000;

/**
 * What of the configuration doesn't go with its exchange, in words; undefined where all does.
 *
 * @param live whether the pipeline trades: baselines have the engine's exchange in place of `own`
 */
export function unfitFor({ exchange, ...model }: Config['backtest'], live: boolean): string | undefined {
  if (model.queue_model === 'fifo' && exchange === 'sei')
    return 'backtest.queue_model fifo: expected back or power with the exchange sei, which estimates from block to block';
  if (exchange !== 'own' || !live) return undefined;
  if (model.queue_model === 'fifo') return 'backtest.queue_model fifo: expected --exchange hftbacktest with it';
  if (model.order_latencies !== '') return 'backtest.order_latencies: expected --exchange hftbacktest or sei with it';
  if (model.feed_latency_ms > 0) return 'backtest.feed_latency_ms: expected --exchange hftbacktest or sei with it';
  return undefined;
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
    // One that `own` doesn't have is refused before, or nobody trades with it.
    queue: queueModel(model.queue_model === 'power' ? 'power' : 'back', model.queue_power),
    orderLatencyUs: Math.round(model.order_latency_ms * MICROS_PER_MS),
    responseLatencyUs: Math.round(model.response_latency_ms * MICROS_PER_MS),
    crossing: 'refuse',
  };
}
