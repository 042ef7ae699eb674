import type { Decision } from '../../streams/decisions.ts';
import type { FairValue } from '../../streams/fairvalue/fair_value.ts';
import type { Position } from '../../streams/fills/positions.ts';
import type { Guarded } from '../../streams/guard/guard.ts';
import { lotValueQuote } from '../../streams/market/money.ts';
import type { Sample } from '../../streams/market/sample.ts';
import type { Levels, Side } from '../../streams/market/types.ts';
import { decimalOf, type MarketScales, scalesOf } from '../../streams/market/units.ts';
import type { Fill, LiveOrder } from '../../streams/orders/types.ts';
import type { Accuracy } from '../../streams/predictions/predictions.ts';
import type { Prediction } from '../../streams/predictions/types.ts';
import type { ReportFigures } from '../../streams/report/session_report.ts';
import type { Approved } from '../../streams/risk/risk.ts';
import type { MarketSettings } from '../../streams/settings.ts';
import { FILLS_MAX, type MarketStatus } from '../api/status.ts';
import { Rate } from './rates.ts';

const MICRO = 1_000_000;
const BPS = 10_000;

/** The newest of what the pipeline decided for one market, kept for whoever looks at it. */
export class MarketView {
  readonly #settings: MarketSettings;
  readonly #scales: MarketScales;
  readonly #rate = new Rate();
  #decisions = 0;
  #sample: Sample | undefined;
  #fair: FairValue | undefined;
  #guarded: Guarded | undefined;
  #approved: Approved | undefined;
  #prediction: Prediction | undefined;
  #accuracy: Accuracy | undefined;
  #reason = '';
  #working: readonly LiveOrder[] = [];
  #position: Position | undefined;
  #fills: Fill[] = [];

  constructor(settings: MarketSettings) {
    this.#settings = settings;
    this.#scales = scalesOf(settings.market);
  }

  /** Orders that rest or may rest. */
  get openOrders(): number {
    return this.#working.length;
  }

  /** Whether the market's book may be quoted from. */
  get live(): boolean {
    return this.#sample?.quality === 'live';
  }

  /** Takes in a decision that names this market. */
  decided(decision: Decision): void {
    switch (decision.kind) {
      case 'sample':
        this.#sample = decision;
        break;
      case 'fairValue':
        this.#fair = decision;
        break;
      case 'guarded':
        this.#guarded = decision;
        break;
      case 'quote':
        this.#reason = decision.reason === 'ok' ? '' : decision.reason;
        break;
      case 'prediction':
        this.#prediction = decision;
        break;
      case 'accuracy':
        this.#accuracy = decision;
        break;
      case 'approved':
        this.#approved = decision;
        this.#decisions += 1;
        break;
      case 'working':
        this.#working = decision.orders;
        break;
      case 'position':
        this.#position = decision;
        break;
      case 'fill':
        this.#fills = [decision, ...this.#fills].slice(0, FILLS_MAX);
        break;
    }
  }

  /** The market as a status shows it. */
  status(figures: ReportFigures, nowMs: number): MarketStatus {
    const { market, risk } = this.#settings;
    const fair = this.#fair;
    const lots = this.#position?.lots ?? 0;
    const value = fair === undefined ? 0 : lots * lotValueQuote(market, fair.micropriceTick);
    const approved = this.#approved;
    return {
      symbol: market.symbol,
      base: market.base,
      quote: market.quote,
      state: this.#sample?.quality ?? 'syncing',
      book: { bids: this.#levels('buy'), asks: this.#levels('sell') },
      fair_value: fair === undefined || fair.fairTick <= 0 ? null : this.#price(fair.fairTick, 1),
      spread_bps: fair?.quality === 'live' ? ((fair.askTick - fair.bidTick) / fair.micropriceTick) * BPS : null,
      our_bid: approved === undefined ? null : this.#wish(approved.bids[0] ?? 0, approved.bids[1] ?? 0),
      our_ask: approved === undefined ? null : this.#wish(approved.asks[0] ?? 0, approved.asks[1] ?? 0),
      our_spread_bps: this.#ourSpread(),
      withheld: [this.#reason, ...(approved?.limits ?? [])].filter((one) => one !== '').join(', '),
      stance: this.#guarded?.stance ?? 'withdraw',
      widen: this.#guarded?.widen ?? 1,
      breakers: [...(this.#guarded?.breakers ?? [])],
      prediction: this.#prediction === undefined ? null : predictionStatus(this.#prediction),
      accuracy: (this.#accuracy?.models ?? []).map(accuracyStatus),
      drifting: this.#accuracy?.drifting ?? false,
      position: decimalOf(lots, this.#scales.size),
      position_usdc: value.toFixed(2),
      position_limit_usdc: risk.maxPositionUsdc.toFixed(2),
      pnl_usdc: figures.pnlUsdc.toFixed(4),
      fees_usdc: figures.feesUsdc.toFixed(4),
      fills: figures.fills,
      last_fills: this.#fills.map(({ timeUs, side, microTicks, lots: filled, liquidity }) => ({
        time_ms: Math.floor(timeUs / 1_000),
        side,
        price: this.#price(microTicks / MICRO, 1),
        size: decimalOf(filled, this.#scales.size),
        liquidity,
      })),
      decisions_per_s: this.#rate.read(this.#decisions, nowMs),
    };
  }

  /** A price that need not be a whole number of ticks, with some digits more than a tick has. */
  #price(tick: number, digits: number): string {
    return (tick * Number(this.#settings.market.tickSize)).toFixed(this.#scales.price.decimals + digits);
  }

  #wish(tick: number, lots: number): { price: string; size: string } | null {
    if (lots === 0) return null;
    return { price: decimalOf(tick, this.#scales.price), size: decimalOf(lots, this.#scales.size) };
  }

  #ourSpread(): number | null {
    const approved = this.#approved;
    if (approved === undefined || approved.bids.length === 0 || approved.asks.length === 0) return null;
    return ((approved.asks[0]! - approved.bids[0]!) / approved.fairTick) * BPS;
  }

  #levels(side: Side): MarketStatus['book']['bids'] {
    const levels: Levels = (side === 'buy' ? this.#sample?.bids : this.#sample?.asks) ?? [];
    const shown: MarketStatus['book']['bids'] = [];
    for (let i = 0; i < levels.length; i += 2) {
      const tick = levels[i]!;
      const own = this.#working
        .filter((order) => order.resting && order.side === side && order.tick === tick)
        .reduce((sum, order) => sum + order.lots, 0);
      const { price, size } = this.#scales;
      shown.push({
        price: decimalOf(tick, price),
        size: decimalOf(levels[i + 1]!, size),
        own_size: decimalOf(Math.min(own, levels[i + 1]!), size),
      });
    }
    return shown;
  }
}

function predictionStatus({ timeUs, model, horizons }: Prediction): MarketStatus['prediction'] {
  return {
    time_ms: Math.floor(timeUs / 1_000),
    model,
    horizons: horizons.map(({ horizonMs, bearish, neutral, bullish, uncertainty }) => ({
      ...{ horizon_ms: horizonMs, bearish, neutral, bullish, uncertainty },
    })),
  };
}

function accuracyStatus({ model, role, horizons }: Accuracy['models'][number]): MarketStatus['accuracy'][number] {
  return {
    model,
    role,
    horizons: horizons.map((one) => ({
      ...{ horizon_ms: one.horizonMs, known: one.known, moves: one.moves, accuracy: one.accuracy },
      ...{ macro_f1: one.macroF1, direction_accuracy: one.directionAccuracy },
      ...{ brier: one.brier, calibration_error: one.calibrationError },
    })),
  };
}
