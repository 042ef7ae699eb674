import { MICROS_PER_SECOND } from '../clock/clock.ts';
import { denomsOf, GAS_DENOM, priceE18Of, UNITS_PER_ASSET } from '../market/denoms.ts';
import { floorOf, type Quanta, quoteE18, worthOf } from '../market/money.ts';
import type { Market } from '../market/types.ts';
import type { Caused } from '../orders/types.ts';
import { banked, emptyLedger, type Ledger } from './ledger.ts';
import { type Comparison, noComparison } from './looks.ts';
import { type Markouts, noMarkouts } from './markouts.ts';
import { flat, type Holding } from './positions.ts';
import type { Equity, MarketProfit } from './types.ts';

/** The money of one market. */
export interface MarketMoney {
  readonly holding: Holding;
  /** The newest mid, millionths of a tick, and when it was seen; 0 before the first. */
  midMicroTicks: number;
  midUs: number;
  /** Of this session: what fills were away from the mid, and what holdings made as it moved. In quanta. */
  captured: Quanta;
  inventory: Quanta;
  /** Cash plus worth, and fees, when this session began. In quanta. */
  profitBefore: Quanta;
  feesBefore: Quanta;
  readonly markouts: Markouts;
}

/** The money of the account: the state of the money stage. Amounts are integers of any size; `encodeMoney` makes it plain. */
export interface AccountMoney {
  readonly markets: Record<string, MarketMoney>;
  readonly ledger: Ledger;
  readonly looks: Comparison;
  /** Gas paid, and the part of it that waits for a price, smallest units. */
  gasUsei: bigint;
  unpricedUsei: bigint;
  /** Units of 10⁻¹⁸ of the quote currency, all below. */
  gas: bigint;
  adjustments: bigint;
  /** What {@link gasUsei}, {@link gas} and {@link adjustments} were when this session began. */
  gasUseiBefore: bigint;
  gasBefore: bigint;
  adjustmentsBefore: bigint;
  peak: bigint;
  /** The UTC day, counted from the epoch, and the total when it began; -1 before the first. */
  day: number;
  dayStart: bigint;
  total: bigint;
  /** Beginnings of the hashes of transactions whose gas is booked, newest last. */
  charged: string[];
  /** Whether figures have changed since they were told. */
  stale: boolean;
}

const DAY_US = 86_400 * MICROS_PER_SECOND;
const E18_PER_UNIT = 10n ** 12n;

/** An account with nothing booked. */
export function freshMoney(markets: readonly Market[]): AccountMoney {
  return {
    markets: Object.fromEntries(markets.map(({ symbol }) => [symbol, freshMarket()])),
    ledger: emptyLedger(markets),
    looks: noComparison(),
    gasUsei: 0n,
    unpricedUsei: 0n,
    gas: 0n,
    adjustments: 0n,
    gasUseiBefore: 0n,
    gasBefore: 0n,
    adjustmentsBefore: 0n,
    peak: 0n,
    day: -1,
    dayStart: 0n,
    total: 0n,
    charged: [],
    stale: false,
  };
}

/** A market without fills or marks. */
export function freshMarket(): MarketMoney {
  return {
    holding: flat(),
    midMicroTicks: 0,
    midUs: 0,
    captured: 0n,
    inventory: 0n,
    profitBefore: 0n,
    feesBefore: 0n,
    markouts: noMarkouts(),
  };
}

/** Cash plus what is held at the newest mid: realised and unrealised profit, fees apart. Quanta. */
export function profitOf(market: Market, { holding, midMicroTicks }: MarketMoney): Quanta {
  // Without a mid a position counts as what it cost.
  return midMicroTicks === 0 ? holding.realised : holding.cash + worthOf(market, holding.lots, midMicroTicks);
}

/**
 * The mid moves, or a fill has moved the holding: what the profit has changed by is credited to the one or the other, so that
 * both together always are the session's profit before fees, to the quantum.
 */
export function credit(market: Market, money: MarketMoney, to: 'captured' | 'inventory'): void {
  const change = profitOf(market, money) - money.profitBefore - money.captured - money.inventory;
  if (change !== 0n) money[to] += change;
}

/** Gas was paid: worth what the gas asset is worth now, if a market here says so; else it waits for a price. */
export function payGas(state: AccountMoney, markets: readonly Market[], feeUsei: bigint): void {
  state.gasUsei += feeUsei;
  state.unpricedUsei += feeUsei;
  priceGas(state, markets);
}

/** Values the gas that waits, once the gas asset has a price. */
export function priceGas(state: AccountMoney, markets: readonly Market[]): void {
  if (state.unpricedUsei === 0n) return;
  const market = markets.find((one) => banked(one) && denomsOf(one).base === GAS_DENOM);
  const midMicroTicks = market === undefined ? 0 : state.markets[market.symbol]!.midMicroTicks;
  if (market === undefined || midMicroTicks === 0) return;
  state.gas += unitsInQuote(market, state.unpricedUsei, midMicroTicks);
  state.unpricedUsei = 0n;
}

/** The account's figures now; also keeps peak and day. */
export function equityOf(state: AccountMoney, markets: readonly Market[], timeUs: number, stamp: Caused): Equity {
  let [realised, profit, fees, session, captured, inventory, gross] = [0n, 0n, 0n, 0n, 0n, 0n, 0n];
  const byMarket: Record<string, MarketProfit> = {};
  for (const market of markets) {
    const money = state.markets[market.symbol]!;
    const { holding, midMicroTicks } = money;
    const inQuote = (quanta: Quanta): bigint => quoteE18(market, quanta, midMicroTicks);
    const [paid, made, moved] = [
      inQuote(holding.fees - money.feesBefore),
      inQuote(money.captured),
      inQuote(money.inventory),
    ];
    realised += inQuote(holding.realised);
    profit += inQuote(profitOf(market, money));
    fees += inQuote(holding.fees);
    captured += made;
    inventory += moved;
    session += made + moved - paid;
    const held = inQuote(worthOf(market, midMicroTicks === 0 ? 0 : holding.lots, midMicroTicks));
    gross += held < 0n ? -held : held;
    byMarket[market.symbol] = {
      profitUsdc: usdc(made + moved - paid),
      capturedUsdc: usdc(made),
      inventoryUsdc: usdc(moved),
      feesUsdc: usdc(paid),
    };
  }
  const { gas, adjustments } = state;
  const total = profit - fees - gas + adjustments;
  session += adjustments - state.adjustmentsBefore - (gas - state.gasBefore);
  keepDay(state, total, timeUs);
  const exact = {
    total,
    realised,
    unrealised: profit - realised,
    fees,
    gas,
    adjustments,
    session,
    captured,
    inventory,
  };
  return told(state, markets, exact, gross, byMarket, stamp);
}

function told(
  state: AccountMoney,
  markets: readonly Market[],
  sums: Readonly<
    Record<
      'total' | 'realised' | 'unrealised' | 'fees' | 'gas' | 'adjustments' | 'session' | 'captured' | 'inventory',
      bigint
    >
  >,
  gross: bigint,
  byMarket: Readonly<Record<string, MarketProfit>>,
  stamp: Caused,
): Equity {
  const daily = sums.total - state.dayStart;
  const drawdown = state.peak - sums.total;
  // Field by field: what follows a spread in a literal is defined one by one, at many times the cost.
  return {
    kind: 'equity',
    seq: stamp.seq,
    timeUs: stamp.timeUs,
    causes: stamp.causes,
    totalPnlUsdc: usdc(sums.total),
    sessionPnlUsdc: usdc(sums.session),
    dailyPnlUsdc: usdc(daily),
    peakUsdc: usdc(state.peak),
    drawdownUsdc: usdc(drawdown),
    realisedUsdc: usdc(sums.realised),
    unrealisedUsdc: usdc(sums.unrealised),
    feesUsdc: usdc(sums.fees),
    gasUsdc: usdc(sums.gas),
    gasUsei: String(state.gasUsei),
    sessionGasUsdc: usdc(sums.gas - state.gasBefore),
    sessionGasUsei: String(state.gasUsei - state.gasUseiBefore),
    grossUsdc: usdc(gross),
    equityUsdc: balancesInQuote(state, markets),
    exact: {
      total: String(sums.total),
      realised: String(sums.realised),
      unrealised: String(sums.unrealised),
      fees: String(sums.fees),
      gas: String(sums.gas),
      adjustments: String(sums.adjustments),
      daily: String(daily),
      peak: String(state.peak),
      drawdown: String(drawdown),
      session: String(sums.session),
      captured: String(sums.captured),
      inventory: String(sums.inventory),
    },
    markets: byMarket,
  };
}

/** A new UTC day begins with the total that the one before ended with. */
function keepDay(state: AccountMoney, total: bigint, timeUs: number): void {
  const day = Math.floor(timeUs / DAY_US);
  if (state.day >= 0 && day > state.day) state.dayStart = state.total;
  state.day = Math.max(state.day, day);
  state.total = total;
  if (total > state.peak) state.peak = total;
}

/** What the balances are worth, USDC; null while they, or a price for one of them, are not known. */
function balancesInQuote({ ledger, markets: money }: AccountMoney, markets: readonly Market[]): number | null {
  if (!ledger.opened) return null;
  let sum = 0n;
  const counted = new Set<string>();
  for (const market of markets.filter(banked)) {
    const { base, quote } = denomsOf(market);
    const { midMicroTicks } = money[market.symbol]!;
    if (!counted.has(quote)) sum += ledger.books[quote]!.balance * E18_PER_UNIT;
    const held = counted.has(base) ? 0n : ledger.books[base]!.balance;
    if (held !== 0n && midMicroTicks === 0) return null;
    sum += unitsInQuote(market, held, midMicroTicks);
    counted.add(base).add(quote);
  }
  return usdc(sum);
}

/** Smallest units of a market's base asset at a price, units of 10⁻¹⁸ of the quote currency. */
function unitsInQuote(market: Market, units: bigint, midMicroTicks: number): bigint {
  return floorOf(units * priceE18Of(market, midMicroTicks), UNITS_PER_ASSET);
}

function usdc(e18: bigint): number {
  return Number(e18) / 1e18;
}
