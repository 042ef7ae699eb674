import type { Market } from '../market/types.ts';
import { type AccountMoney, freshMarket, freshMoney, type MarketMoney, profitOf } from './account_money.ts';
import { assertBalanced, type DenomBook, freshBook, SOURCES, type Source } from './ledger.ts';
import type { Comparison } from './looks.ts';
import type { Markouts } from './markouts.ts';
import type { Holding } from './positions.ts';

/** The version of {@link MoneyRecord}; another one is refused. */
export const MONEY_RECORD_VERSION = 1;

/** A position as plain data: quanta as decimal strings. */
export interface HoldingRecord {
  readonly lots: number;
  readonly cash: string;
  readonly cost: string;
  readonly realised: string;
  readonly fees: string;
  readonly rebates: string;
  readonly turnover: string;
  readonly fills: number;
}

/** What of the account's money has to outlive the process: positions, ledger, and what losses are counted from. Plain data. */
export interface MoneyRecord {
  readonly version: number;
  readonly markets: Readonly<
    Record<string, { readonly holding: HoldingRecord; readonly midMicroTicks: number; readonly midUs: number }>
  >;
  readonly opened: boolean;
  /** By denom and source, smallest units, decimal strings. */
  readonly books: Readonly<Record<string, Readonly<Record<Source, string>>>>;
  readonly gasUsei: string;
  readonly unpricedUsei: string;
  /** Units of 10⁻¹⁸ of the quote currency. */
  readonly gas: string;
  readonly adjustments: string;
  readonly peak: string;
  readonly day: number;
  readonly dayStart: string;
  readonly total: string;
  readonly charged: readonly string[];
  /** Blocks up to this one may hold executions of ours that nobody told. */
  readonly missedTo: number;
}

/** The state of the money stage as plain data: the record, and what lasts only as long as the process. */
export interface MoneySnapshot extends MoneyRecord {
  readonly now: {
    readonly markets: Readonly<
      Record<
        string,
        {
          readonly captured: string;
          readonly inventory: string;
          readonly profitBefore: string;
          readonly feesBefore: string;
          readonly markouts: Markouts;
        }
      >
    >;
    readonly recent: readonly (readonly [height: number, denom: string, amount: string])[];
    readonly recentFrom: number;
    readonly looks: Omit<Comparison, 'booked'> & { readonly booked: readonly string[] };
    readonly gasUseiBefore: string;
    readonly gasBefore: string;
    readonly adjustmentsBefore: string;
    readonly stale: boolean;
  };
}

/** What the account's journal keeps. Markets in which nothing ever happened are left out. */
export function recordOf(state: AccountMoney): MoneyRecord {
  const markets: Record<string, MoneyRecord['markets'][string]> = {};
  for (const symbol in state.markets) {
    const { holding, midMicroTicks, midUs } = state.markets[symbol]!;
    if (holding.fills > 0 || midUs > 0) markets[symbol] = { holding: holdingOf(holding), midMicroTicks, midUs };
  }
  const books: Record<string, Record<Source, string>> = {};
  for (const denom in state.ledger.books) books[denom] = sourcesOf(state.ledger.books[denom]!.from);
  return {
    version: MONEY_RECORD_VERSION,
    markets,
    opened: state.ledger.opened,
    books,
    gasUsei: String(state.gasUsei),
    unpricedUsei: String(state.unpricedUsei),
    gas: String(state.gas),
    adjustments: String(state.adjustments),
    peak: String(state.peak),
    day: state.day,
    dayStart: String(state.dayStart),
    total: String(state.total),
    charged: [...state.charged],
    missedTo: state.looks.missedTo,
  };
}

/**
 * The state that a record tells of, at the beginning of a session. A market of the record that is not traded any more is refused
 * while something is held in it.
 *
 * @throws Error on a record of another version, or one that makes no sense; it names what is wrong
 */
export function moneyOf(markets: readonly Market[], plain: unknown): AccountMoney {
  const record = plain as MoneyRecord;
  if (record.version !== MONEY_RECORD_VERSION)
    throw new Error(`money record: version ${String(record.version)}, this program reads ${MONEY_RECORD_VERSION}`);
  const state = freshMoney(markets);
  for (const [symbol, kept] of Object.entries(record.markets)) {
    const market = markets.find((one) => one.symbol === symbol);
    if (market === undefined && kept.holding.lots !== 0)
      throw new Error(`money record: ${kept.holding.lots} lots of ${symbol}, which is not among the markets`);
    if (market !== undefined) state.markets[symbol] = marketOf(market, kept);
  }
  state.ledger.opened = record.opened;
  for (const [denom, from] of Object.entries(record.books)) state.ledger.books[denom] = bookOf(from);
  // A denom that is new opens with the next look.
  state.ledger.opened &&= Object.keys(state.ledger.books).every((denom) => denom in record.books);
  assertBalanced(state.ledger);
  for (const key of ['gasUsei', 'unpricedUsei', 'gas', 'adjustments', 'peak', 'dayStart', 'total'] as const)
    state[key] = BigInt(record[key]);
  state.day = record.day;
  state.charged = [...record.charged];
  state.looks.missedTo = record.missedTo;
  state.gasUseiBefore = state.gasUsei;
  state.gasBefore = state.gas;
  state.adjustmentsBefore = state.adjustments;
  return state;
}

/** The whole state as plain data. */
export function encodeMoney(state: AccountMoney): MoneySnapshot {
  return {
    ...recordOf(state),
    now: {
      markets: Object.fromEntries(
        Object.entries(state.markets).map(([symbol, money]) => [
          symbol,
          {
            captured: String(money.captured),
            inventory: String(money.inventory),
            profitBefore: String(money.profitBefore),
            feesBefore: String(money.feesBefore),
            markouts: copyOf(money.markouts),
          },
        ]),
      ),
      recent: state.ledger.recent.map(({ height, denom, amount }) => [height, denom, String(amount)]),
      recentFrom: state.ledger.recentFrom,
      looks: copyOf({ ...state.looks, booked: [...state.looks.booked] }),
      gasUseiBefore: String(state.gasUseiBefore),
      gasBefore: String(state.gasBefore),
      adjustmentsBefore: String(state.adjustmentsBefore),
      stale: state.stale,
    },
  };
}

/** @throws Error on data that {@link encodeMoney} did not make */
export function decodeMoney(markets: readonly Market[], plain: unknown): AccountMoney {
  const snapshot = plain as MoneySnapshot;
  const state = moneyOf(markets, snapshot);
  const { now } = snapshot;
  for (const [symbol, kept] of Object.entries(now.markets)) {
    const money = state.markets[symbol];
    if (money === undefined) continue;
    for (const key of ['captured', 'inventory', 'profitBefore', 'feesBefore'] as const) money[key] = BigInt(kept[key]);
    Object.assign(money.markouts, copyOf(kept.markouts));
  }
  state.ledger.opened = snapshot.opened;
  state.ledger.recent = now.recent.map(([height, denom, amount]) => ({ height, denom, amount: BigInt(amount) }));
  state.ledger.recentFrom = now.recentFrom;
  Object.assign(state.looks, copyOf(now.looks), { booked: new Set(now.looks.booked) });
  state.gasUseiBefore = BigInt(now.gasUseiBefore);
  state.gasBefore = BigInt(now.gasBefore);
  state.adjustmentsBefore = BigInt(now.adjustmentsBefore);
  state.stale = now.stale;
  return state;
}

function marketOf(market: Market, kept: MoneyRecord['markets'][string]): MarketMoney {
  const { lots, fills, ...money } = kept.holding;
  const holding = { lots, fills, ...bigints(money) } as Holding;
  if (holding.cash !== holding.realised - holding.cost)
    throw new Error(`money record: ${market.symbol}: cash ${holding.cash} is not realised less cost`);
  const state = { ...freshMarket(), holding, midMicroTicks: kept.midMicroTicks, midUs: kept.midUs };
  state.profitBefore = profitOf(market, state);
  state.feesBefore = holding.fees;
  return state;
}

function bookOf(kept: Readonly<Record<Source, string>>): DenomBook {
  const book = freshBook();
  for (const source of SOURCES) {
    book.from[source] = BigInt(kept[source]);
    book.balance += book.from[source];
  }
  return book;
}

function holdingOf(holding: Holding): HoldingRecord {
  return {
    lots: holding.lots,
    cash: String(holding.cash),
    cost: String(holding.cost),
    realised: String(holding.realised),
    fees: String(holding.fees),
    rebates: String(holding.rebates),
    turnover: String(holding.turnover),
    fills: holding.fills,
  };
}

function sourcesOf(from: Readonly<Record<Source, bigint>>): Record<Source, string> {
  return {
    opening: String(from.opening),
    trades: String(from.trades),
    fees: String(from.fees),
    gas: String(from.gas),
    transfers: String(from.transfers),
    adjustments: String(from.adjustments),
  };
}

function bigints(values: Readonly<Record<string, string>>): Record<string, bigint> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, BigInt(value)]));
}

function copyOf<T>(plain: T): T {
  return JSON.parse(JSON.stringify(plain)) as T;
}
