import type { Reducer, Turn } from '../actor/reducer.ts';
import { cashOf, feeOf, turnoverOf } from '../market/money.ts';
import type { Market } from '../market/types.ts';
import type { Caused, Fill } from '../orders/types.ts';

/** What is held in a market since the session began, and what it cost. */
export interface Position extends Caused {
  readonly kind: 'position';
  readonly market: string;
  /** Positive when long. */
  readonly lots: number;
  /** Received less paid, in quanta (see `money.ts`), as a decimal string. */
  readonly cashQuanta: string;
  /** Fees paid, in quanta, as a decimal string; negative when rebates outweigh them. */
  readonly feesQuanta: string;
  readonly fills: number;
}

interface Holding {
  lots: number;
  cashQuanta: string;
  feesQuanta: string;
  fills: number;
}

/** Fees of the venue, basis points of the turnover; negative for a rebate. */
export interface FeeParameters {
  readonly makerFeeBps: number;
  readonly takerFeeBps: number;
}

/** Adds up fills into positions, exactly: cash and fees are integers, whatever their number. */
export function positions(
  markets: readonly Market[],
  fees: FeeParameters,
): Reducer<Record<string, Holding>, Fill, Position> {
  const bySymbol = new Map(markets.map((market) => [market.symbol, market]));
  return {
    initial: () => ({}),
    step: (state, fill, turn) => {
      const market = bySymbol.get(fill.market);
      if (market === undefined) throw new Error(`fill of unknown market '${fill.market}'`);
      turn.emit(add(market, fees, state, fill, turn));
    },
    encode: (state) => state,
    decode: (plain) => JSON.parse(JSON.stringify(plain)) as Record<string, Holding>,
  };
}

function add(
  market: Market,
  fees: FeeParameters,
  state: Record<string, Holding>,
  fill: Fill,
  turn: Turn<Position>,
): Position {
  const before = state[fill.market] ?? { lots: 0, cashQuanta: '0', feesQuanta: '0', fills: 0 };
  const cash = cashOf(market, fill.side, fill.lots, fill.microTicks);
  const feeBps = fill.liquidity === 'maker' ? fees.makerFeeBps : fees.takerFeeBps;
  const fee = feeOf(turnoverOf(market, fill.lots, fill.microTicks), feeBps);
  const holding: Holding = {
    lots: before.lots + (fill.side === 'buy' ? fill.lots : -fill.lots),
    cashQuanta: (BigInt(before.cashQuanta) + cash).toString(),
    feesQuanta: (BigInt(before.feesQuanta) + fee).toString(),
    fills: before.fills + 1,
  };
  state[fill.market] = holding;
  const stamp = { seq: turn.nextSeq(), timeUs: turn.nowUs(), causes: [fill.seq] };
  return { kind: 'position', ...stamp, market: fill.market, ...holding };
}
