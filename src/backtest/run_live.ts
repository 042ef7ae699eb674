import type { Decision } from '../../streams/decisions.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { constantLatency } from '../../streams/simulation/order_latency.ts';
import type { Config } from '../config/schema.ts';
import type { VirtualModels } from '../inference/virtual_models.ts';
import type { ArrowTapes } from './arrow_tapes.ts';
import type { BacktestOutcome } from './engine.ts';
import { LivePipeline } from './live_pipeline.ts';
import { OrderLatencies } from './order_latencies.ts';
import { simulateTapes, type TapeExchange } from './simulate_tapes.ts';

const NANOS_PER_MS = 1e6;

/** How many wakes, half a minute at 5 Hz, pass until the caller may look. */
const LOOK_EVERY_WAKES = 150;

/** The live pipeline on tapes. */
export interface LiveRun {
  readonly tapes: ArrowTapes;
  readonly settings: AccountSettings;
  readonly exchange: TapeExchange;
  readonly seed: number;
  readonly models?: VirtualModels | undefined;
  /** Sees every decision, in order. */
  readonly onDecision?: (decision: Decision) => void;
  readonly onFailure?: (description: string) => void;
}

/** What the engine calls the models of `backtest.queue_model`. */
const QUEUES = { back: 'risk_averse', power: 'power', fifo: 'fifo' } as const;

/**
 * The exchange of the simulation as the configuration has it.
 *
 * @throws TapeError when the file of recorded latencies cannot be read
 */
export async function tapeExchange(backtest: Config['backtest']): Promise<TapeExchange> {
  const recorded = backtest.order_latencies === '' ? undefined : await OrderLatencies.read(backtest.order_latencies);
  const entryNs = Math.round(backtest.order_latency_ms * NANOS_PER_MS);
  const responseNs = Math.round(backtest.response_latency_ms * NANOS_PER_MS);
  return {
    queue: QUEUES[backtest.queue_model],
    queuePower: backtest.queue_power,
    ...(backtest.exchange === 'sei' && { blockNs: Math.round(backtest.block_ms * NANOS_PER_MS) }),
    feedLatencyNs: Math.round(backtest.feed_latency_ms * NANOS_PER_MS),
    exchangeClock: backtest.exchange_clock,
    latency: (tape) => recorded?.on(tape) ?? constantLatency(entryNs, responseNs),
  };
}

/**
 * Runs the live pipeline as a strategy of the simulation, from the first row to the end of all tapes.
 *
 * @param onEvents called now and then with the number of events so far; what it throws ends the run
 * @throws TapeError when a market has several tapes
 */
export async function runLive(run: LiveRun, onEvents: (events: number) => void): Promise<BacktestOutcome> {
  const { tapes: all, exchange, ...pipeline } = run;
  const tapes = all.together();
  try {
    const originS = tapes[0]!.originS;
    const firstNs = Math.min(...tapes.map((tape) => tape.edgesNs().firstNs));
    const live = new LivePipeline({ ...pipeline, originS, firstNs });
    all.readings = live.readings;
    const { simulation } = simulateTapes(tapes, exchange, live);
    for (let wakes = 1; simulation.step(); wakes += 1) {
      await live.settled();
      if (wakes % LOOK_EVERY_WAKES === 0) onEvents(live.events);
    }
    return live.finish();
  } finally {
    for (const tape of tapes) tape.close();
  }
}
