import type { ExchangeModel } from '../../streams/simulation/exchange.ts';
import { queueModel } from '../../streams/simulation/queue.ts';
import type { Config } from '../config/schema.ts';

const MICROS_PER_MS = 1_000;

/** How the simulated exchange treats orders, out of the configuration. */
export function exchangeModel(model: Config['backtest']): ExchangeModel {
  return {
    queue: queueModel(model.queue_model, model.queue_power),
    orderLatencyUs: Math.round(model.order_latency_ms * MICROS_PER_MS),
    responseLatencyUs: Math.round(model.response_latency_ms * MICROS_PER_MS),
    crossing: 'refuse',
  };
}
