import { Subject } from 'rxjs';
import { Kernel } from '../streams/actor/kernel.ts';
import type { Failure } from '../streams/actor/supervision.ts';
import { HeapClock } from '../streams/clock/heap_clock.ts';
import type { Decision } from '../streams/decisions.ts';
import type { Input } from '../streams/inputs.ts';
import type { Levels, Market } from '../streams/market/types.ts';
import type { OrderBatch } from '../streams/orders/types.ts';
import { pipeline } from '../streams/pipeline.ts';
import type { AccountSettings, MarketSettings } from '../streams/settings.ts';

/** A market in dollars and cents, one lot a coin. */
export function marketOf(symbol: string): Market {
  return {
    symbol,
    venue: 'sei',
    base: symbol,
    quote: 'USDC',
    tickSize: '0.01',
    lotSize: '1',
    contract: 'linear',
    contractSize: '1',
  };
}

/** Settings that quote 1 lot of about 100 USDC, 10 bps from the fair value. */
export function settingsOf(symbol: string): MarketSettings {
  return {
    market: marketOf(symbol),
    sampling: { periodMs: 200, staleAfterMs: 1_000 },
    features: null,
    fairValue: {
      flowWeight: 0,
      flowHalfLifeMs: 500,
      sigmaHalfLifeMs: 1e12,
      sigmaFloorBps: 0.1,
      sigmaCeilingBps: 100,
      arrivalsEstimated: false,
      priorArrivalsPerS: 1,
      priorKappa: 1,
      arrivalHalfLifeMs: 60_000,
    },
    quotes: {
      model: 'avellaneda-stoikov',
      spreadModel: 'aggressive',
      gamma: 0.1,
      horizonS: 10,
      sessionS: 0,
      inventoryMostClips: 20,
      naiveHalfSpreadBps: 10,
      minConfidence: 0.5,
      predictionWeight: 0.5,
      predictionReachMs: 500,
      orderSizeUsdc: 100,
      levels: 1,
      levelSpacingBps: 2,
      levelSizeFactor: 1,
      minEdgeBps: 10,
      makerFeeBps: 0,
      maxSkewBps: 5,
      hysteresisBps: 1,
      competition: 'ignore',
      postOnlyMarginTicks: 0,
    },
    risk: {
      maxPositionUsdc: 2_000,
      maxInventoryPct: 100,
      capitalUsdc: 100_000,
      priceCollarBps: 100,
      lastTradeExpiresMs: 30_000,
      maxOrderUsdc: 500,
      minOrderUsdc: 1,
    },
    guard: {
      inventoryTripPct: 105,
      inventoryClearPct: 75,
      extremeWindowMs: 10_000,
      extremeStopBps: 1_000,
      extremeSigmas: 8,
      extremeFloorBps: 500,
      extremeSpreadBps: 200,
      extremeRecoverMs: 30_000,
    },
    predictions: null,
  };
}

/** Account settings for some symbols. */
export function accountOf(...symbols: string[]): AccountSettings {
  return {
    markets: symbols.map(settingsOf),
    conditions: {
      disconnectedAfterMs: 0,
      latencyHighMs: 3_000,
      latencyLowMs: 1_500,
      latencyWiden: 2,
      latencyRecoverMs: 5_000,
    },
    trading: {
      maxDailyLossUsdc: 500,
      maxDrawdownUsdc: 1_000,
      reduceFromPct: 80,
      reduceUntilPct: 60,
      maxGrossUsdc: 8_000,
    },
    exposure: { maxGrossUsdc: 8_000, maxNetInventoryPct: 100, capitalUsdc: 100_000, maxOpenOrders: 64 },
    orders: { maxOrdersPerS: 10, wishExpiresMs: 1_000 },
    fees: { makerFeeBps: 0, takerFeeBps: 5 },
    wakePeriodMs: 200,
    wakeDelayMs: 0,
  };
}

/** The start of every test, microseconds: a grid instant. */
export const START_US = 1_700_000_000_000_000;

/** The pipeline with its inputs in the test's hand: stamps them as the edge does, and keeps every decision. */
export class World {
  readonly clock = new HeapClock(START_US);
  readonly kernel: Kernel;
  readonly decisions: Decision[] = [];
  readonly failures: Failure[] = [];
  readonly #inputs = new Subject<Input>();
  #seq = 0;
  failed: unknown;

  constructor(account: AccountSettings, options: { snapshot?: ReturnType<Kernel['snapshot']> } = {}) {
    this.kernel = new Kernel({
      clock: this.clock,
      random: () => 0.5,
      onFailure: (failure) => this.failures.push(failure),
      ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot }),
    });
    pipeline(this.kernel, this.#inputs, account).subscribe({
      next: (decision) => this.decisions.push(decision),
      error: (error) => {
        this.failed = error;
      },
    });
  }

  /** Delivers an input at `afterMs` from the start. */
  at(afterMs: number, input: Record<string, unknown> & { kind: Input['kind'] }): void {
    const timeUs = START_US + afterMs * 1_000;
    this.clock.advanceTo(timeUs);
    this.#seq += 1;
    this.#inputs.next({ ...input, seq: this.#seq * 256, timeUs } as unknown as Input);
  }

  /** Lets time pass. */
  until(afterMs: number): void {
    this.clock.advanceTo(START_US + afterMs * 1_000);
  }

  book(afterMs: number, market: string, lastId: number, bids: Levels = [9_999, 50], asks: Levels = [10_001, 50]): void {
    this.at(afterMs, { kind: 'bookSnapshot', market, lastId, eventUs: 0, bids, asks });
  }

  block(afterMs: number, height: number): void {
    this.at(afterMs, { kind: 'block', height, chainTimeUs: 0 });
  }

  /** Reports the newest batch as committed, with ids `<batch>-<n>`. */
  commit(afterMs: number, height: number): OrderBatch {
    const batch = this.last('orderBatch');
    const orderIds = batch.places.map((_, i) => `${batch.batchId}-${i}`);
    this.at(afterMs, { kind: 'batchCommitted', batchId: batch.batchId, txHash: 'AB', height, orderIds });
    return batch;
  }

  settle(
    afterMs: number,
    market: string,
    orderId: string,
    side: 'buy' | 'sell',
    lots: number,
    tick: number,
    height = 2,
  ): void {
    const settlementId = `${height}/${orderId}/${lots}`;
    const microTicks = tick * 1_000_000;
    this.at(afterMs, {
      kind: 'settlement',
      market,
      orderId,
      side,
      lots,
      microTicks,
      liquidity: 'maker',
      height,
      settlementId,
    });
  }

  all<K extends Decision['kind']>(kind: K): Extract<Decision, { kind: K }>[] {
    return this.decisions.filter((decision): decision is Extract<Decision, { kind: K }> => decision.kind === kind);
  }

  /** The newest decision of a kind. @throws Error when there is none */
  last<K extends Decision['kind']>(kind: K): Extract<Decision, { kind: K }> {
    const found = this.all(kind).at(-1);
    if (found === undefined) throw new Error(`no ${kind} among ${this.decisions.length} decisions`);
    return found;
  }
}
