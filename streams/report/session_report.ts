import { MICROS_PER_SECOND } from '../clock/clock.ts';
import type { Decision } from '../decisions.ts';
import type { Equity, LedgerCompared } from '../fills/types.ts';
import type { Market, Trade } from '../market/types.ts';
import { Curve } from './curve.ts';
import { type FillPoint, MarketTally } from './market_tally.ts';
import { type MarkoutFigures, MarkoutSums } from './markout_figures.ts';
import { ProfitSums } from './profit.ts';
import { type Moments, ProfitChanges, type SharpeFigures, sharpeFigures } from './profit_changes.ts';

/** The figures of one market, or of all of them together. Money in quote currency, distances in basis points. */
export interface ReportFigures {
  readonly ordersPlaced: number;
  readonly ordersCancelled: number;
  /** Orders that the venue did not take: post-only ones that would have taken, most of all. */
  readonly ordersRefused: number;
  /** Orders that filled at least in part. */
  readonly ordersFilled: number;
  readonly fills: number;
  /** Of the orders whose price traded while they rested, the share that filled at least in part, %; null before the first. */
  readonly fillRatePercent: number | null;
  /** Profit marked at the mid, fees taken off, and of the account gas too. */
  readonly pnlUsdc: number;
  /** Where it comes from: the fills' distance from the mid, and what was held as the mid moved. */
  readonly capturedUsdc: number;
  readonly inventoryUsdc: number;
  readonly feesUsdc: number;
  /** Value of everything executed. */
  readonly turnoverUsdc: number;
  /** Largest value held in one market, long or short, at the mid of the moment. */
  readonly maxPositionUsdc: number;
  /** Mean over samples of the spread at the touch, our own orders taken out. */
  readonly spreadBps: number | null;
  /** Mean over samples with a bid and an ask of ours resting. */
  readonly ourSpreadBps: number | null;
  /** Share of samples with both sides of ours resting, %. */
  readonly quotedPercent: number;
  /** At the fill, and so long after it. */
  readonly markouts: readonly MarkoutFigures[];
}

/** A session or a backtest in figures. */
export interface SessionFigures extends ReportFigures, SharpeFigures {
  readonly markets: Readonly<Record<string, ReportFigures>>;
  readonly spanSeconds: number;
  /** What transactions cost: worth when paid, and in SEI, which counts also what no market here has a price for. */
  readonly gasUsdc: number;
  readonly gasSei: number;
  /** Greatest fall of the profit from its peak so far. */
  readonly maxDrawdownUsdc: number;
  /** Of the profit's changes over 10 s. */
  readonly changes: Moments;
  /** `[seconds since the start, profit]`, at most `CURVE_MOST` points. */
  readonly equityCurve: readonly (readonly [number, number])[];
}

/** What a page draws, each curve as `[seconds since the start, value]`. */
export interface ReportCharts {
  /** First sample, integer microseconds since the epoch; -1 before it. */
  readonly startUs: number;
  readonly equity: readonly (readonly [number, number])[];
  readonly markets: Readonly<
    Record<
      string,
      {
        readonly mid: readonly (readonly [number, number])[];
        readonly positionUsdc: readonly (readonly [number, number])[];
        readonly fills: readonly FillPoint[];
        /** Fills for each that is in the list. */
        readonly fillStride: number;
      }
    >
  >;
}

/** What the ledger said when it was compared with the chain. */
export interface LedgerFigures {
  readonly comparisons: number;
  /** The newest comparison; undefined before the first. */
  readonly newest: LedgerCompared | undefined;
  /** Every comparison that found a difference: `[time, microseconds since the epoch, what was found and done]`, the newest of them. */
  readonly differences: readonly (readonly [number, string])[];
}

/** Differences of the ledger that are remembered: each is an event for people. */
const DIFFERENCES_MOST = 50;

/**
 * Adds up what the pipeline decided, and what traded, into the figures of a report. Plain sums over the events as they come:
 * the same in a live session, a backtest and a replay. A report may cover several sessions, or a part of one.
 */
export class SessionReport {
  readonly #markets: ReadonlyMap<string, MarketTally>;
  readonly #profit = new ProfitSums();
  #allMarkouts = new MarkoutSums();
  #startUs = -1;
  #nowUs = 0;
  #peakUsdc = 0;
  #maxDrawdownUsdc = 0;
  #changes = new ProfitChanges();
  #curve = new Curve();
  #comparisons = 0;
  #ledger: LedgerCompared | undefined;
  #differences: (readonly [number, string])[] = [];

  constructor(markets: readonly Market[]) {
    this.#markets = new Map(markets.map((market) => [market.symbol, new MarketTally(market)]));
  }

  /** Takes in a decision, in order. */
  decided(decision: Decision): void {
    const tally = 'market' in decision ? this.#markets.get(decision.market) : undefined;
    switch (decision.kind) {
      case 'equity':
        this.#valued(decision);
        return;
      case 'ledger':
        this.#compared(decision);
        return;
      case 'fairValue':
        if (this.#startUs < 0) this.#startUs = decision.timeUs;
        this.#nowUs = decision.timeUs;
        if (decision.quality === 'live') tally?.sampled(decision, this.#startUs);
        return;
      case 'order':
        tally?.ordered(decision);
        return;
      case 'working':
        tally?.working(decision.orders);
        return;
      case 'fill':
        tally?.filled(decision, this.#startUs);
        return;
      case 'position':
        tally?.held(decision);
        return;
      case 'markout':
        if (tally === undefined) return;
        tally.markouts.add(tally.market, decision);
        this.#allMarkouts.add(tally.market, decision);
        return;
    }
  }

  /** Takes in a trade between others: it shows which of our prices traded. */
  traded(trade: Trade): void {
    this.#markets.get(trade.market)?.traded(trade);
  }

  /** What was counted until now is left out: the report begins here, in the middle of a session. */
  restart(): void {
    this.#profit.restart();
    for (const tally of this.#markets.values()) tally.restart();
    this.#allMarkouts = new MarkoutSums();
    this.#startUs = -1;
    this.#peakUsdc = 0;
    this.#maxDrawdownUsdc = 0;
    this.#changes = new ProfitChanges();
    this.#curve = new Curve();
    this.#comparisons = 0;
    this.#differences = [];
  }

  /** What follows is of another session, with its own orders, and a profit that begins at zero. */
  nextSession(): void {
    this.#profit.nextSession();
    for (const tally of this.#markets.values()) tally.nextSession();
  }

  /** The figures so far. */
  figures(): SessionFigures {
    const tallies = [...this.#markets.values()];
    const markets = Object.fromEntries(tallies.map((tally) => [tally.market.symbol, this.#figuresOf([tally])]));
    const { pnlUsdc, gasUsdc, gasSei } = this.#profit.account;
    return {
      ...this.#figuresOf(tallies),
      pnlUsdc,
      gasUsdc,
      gasSei,
      markouts: this.#allMarkouts.figures(),
      markets,
      spanSeconds: this.#startUs < 0 ? 0 : (this.#nowUs - this.#startUs) / MICROS_PER_SECOND,
      maxDrawdownUsdc: this.#maxDrawdownUsdc,
      ...sharpeFigures(this.#changes.moments),
      changes: this.#changes.moments,
      equityCurve: this.#curve.points,
    };
  }

  /** The curves of a page. */
  charts(): ReportCharts {
    const markets = [...this.#markets].map(([symbol, { prices, positions, fillPoints }]) => [
      symbol,
      { mid: prices.points, positionUsdc: positions.points, fills: fillPoints.items, fillStride: fillPoints.stride },
    ]);
    return { startUs: this.#startUs, equity: this.#curve.points, markets: Object.fromEntries(markets) };
  }

  ledger(): LedgerFigures {
    return { comparisons: this.#comparisons, newest: this.#ledger, differences: [...this.#differences] };
  }

  #compared(compared: LedgerCompared): void {
    if (compared.status === 'waiting') return;
    this.#comparisons += 1;
    this.#ledger = compared;
    if (compared.text === '') return;
    this.#differences.push([compared.timeUs, compared.text]);
    if (this.#differences.length > DIFFERENCES_MOST) this.#differences.shift();
  }

  #valued(equity: Equity): void {
    this.#profit.add(equity);
    // Before the first sample nothing can have been made.
    if (this.#startUs < 0) return;
    const { timeUs } = equity;
    const pnl = this.#profit.account.pnlUsdc;
    this.#peakUsdc = Math.max(this.#peakUsdc, pnl);
    this.#maxDrawdownUsdc = Math.max(this.#maxDrawdownUsdc, this.#peakUsdc - pnl);
    this.#curve.add(timeUs, this.#startUs, pnl);
    this.#changes.add(timeUs, pnl);
  }

  #figuresOf(tallies: readonly MarketTally[]): ReportFigures {
    const sum = (of: (tally: MarketTally) => number): number => tallies.reduce((total, tally) => total + of(tally), 0);
    const profit = (key: 'profitUsdc' | 'capturedUsdc' | 'inventoryUsdc' | 'feesUsdc'): number =>
      sum(({ market }) => this.#profit.market(market.symbol)[key]);
    const samples = sum(({ counts }) => counts.samples);
    const ourSamples = sum(({ counts }) => counts.ourSamples);
    const touched = sum(({ counts, open }) => counts.touched + open[0]);
    const touchedAndFilled = sum(({ counts, open }) => counts.touchedAndFilled + open[1]);
    return {
      ordersPlaced: sum(({ counts }) => counts.placed),
      ordersCancelled: sum(({ counts }) => counts.cancelled),
      ordersRefused: sum(({ counts }) => counts.refused),
      ordersFilled: sum(({ counts }) => counts.filled),
      fills: sum(({ counts }) => counts.fills),
      fillRatePercent: touched === 0 ? null : (100 * touchedAndFilled) / touched,
      pnlUsdc: profit('profitUsdc'),
      capturedUsdc: profit('capturedUsdc'),
      inventoryUsdc: profit('inventoryUsdc'),
      feesUsdc: profit('feesUsdc'),
      turnoverUsdc: sum(({ counts }) => counts.turnoverUsdc),
      maxPositionUsdc: tallies.reduce((most, { counts }) => Math.max(most, counts.maxPositionUsdc), 0),
      spreadBps: samples === 0 ? null : sum(({ counts }) => counts.spreadSum) / samples,
      ourSpreadBps: ourSamples === 0 ? null : sum(({ counts }) => counts.ourSpreadSum) / ourSamples,
      quotedPercent: samples === 0 ? 0 : (100 * ourSamples) / samples,
      markouts: tallies.length === 1 ? tallies[0]!.markouts.figures() : [],
    };
  }
}
