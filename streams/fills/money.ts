import type { Reducer, Turn } from '../actor/reducer.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Alert } from '../guard/alert.ts';
import type { AccountInput } from '../inputs.ts';
import { denomsOf, GAS_DENOM, unitsOfLot } from '../market/denoms.ts';
import { floorOf, quoteE18 } from '../market/money.ts';
import type { Market } from '../market/types.ts';
import type { BatchCommitted, BatchRefused, Caused, Fill } from '../orders/types.ts';
import { type AccountMoney, credit, equityOf, freshMoney, payGas, priceGas } from './account_money.ts';
import { assertBalanced, banked, post, postExecution, settleBlocks } from './ledger.ts';
import { blockTold, compare, explain, fillBooked, gasLost, lookTaken, settlementTold, type Verdict } from './looks.ts';
import { awaitMarks, type Markout, takeMark } from './markouts.ts';
import { bookExecution, exchange, type FeeParameters, type Position, positionOf } from './positions.ts';
import { decodeMoney, encodeMoney, moneyOf, recordOf } from './record.ts';
import type { Equity, LedgerBreak, LedgerCompared, MoneyKept } from './types.ts';

/** A second of the clock has begun. */
export interface Second {
  readonly kind: 'second';
  readonly timeUs: number;
}

/** What the money stage takes in: executions, prices to value them at, what the chain says of the account, and the clock. */
export type MoneyInput = Fill | FairValue | AccountInput | Second;

/** What the money stage tells. */
export type MoneyOutput = Position | Markout | Equity | LedgerCompared | LedgerBreak | MoneyKept | Alert;

/**
 * Transactions remembered so that none is charged for twice: one is under way at a time, and its end is told again soon or never.
 */
const CHARGED_MOST = 8;

/** Every record has them all: 64 bits of a hash tell eight transactions apart, at a quarter of the bytes. */
const HASH_CHARACTERS = 16;

/** Units of the ledger in 10⁻¹⁸ of the quote currency. */
const E18_PER_UNIT = 10n ** 12n;

/** A mid is half of two ticks. */
const HALF_MICRO = 500_000;

/**
 * The money of one account: positions and profit from fills, valued at the mids; markouts; and a ledger that must equal the
 * chain's balances to the unit. Everything is a sum of integers, and nothing but fills moves a position.
 */
export function money(markets: readonly Market[], fees: FeeParameters): Reducer<AccountMoney, MoneyInput, MoneyOutput> {
  const book = new MoneyBook(markets, fees);
  return {
    initial: () => freshMoney(markets),
    step: (state, event, turn) => {
      const { ledger } = state;
      const { entries } = ledger;
      book.step(state, event, turn);
      if (state.ledger !== ledger || ledger.entries !== entries) assertBalanced(state.ledger);
    },
    encode: encodeMoney,
    decode: (plain) => decodeMoney(markets, plain),
  };
}

class MoneyBook {
  readonly #markets: readonly Market[];
  readonly #bySymbol: ReadonlyMap<string, Market>;
  readonly #fees: FeeParameters;

  constructor(markets: readonly Market[], fees: FeeParameters) {
    this.#markets = markets;
    this.#bySymbol = new Map(markets.map((market) => [market.symbol, market]));
    this.#fees = fees;
  }

  step(state: AccountMoney, event: MoneyInput, turn: Turn<MoneyOutput>): void {
    switch (event.kind) {
      case 'fairValue':
        this.#mark(state, event, turn);
        return;
      case 'fill':
        this.#fill(state, event, turn);
        this.#compare(state, event.seq, turn);
        return;
      case 'settlement':
        settlementTold(state.looks, event.settlementId, event.height);
        return;
      case 'batchCommitted':
      case 'batchRefused':
        this.#charge(state, event, turn);
        return;
      case 'block':
        blockTold(state.looks, event.height);
        this.#compare(state, event.seq, turn);
        settleBlocks(state.ledger, event.height);
        return;
      case 'balances':
        lookTaken(state.looks, { height: event.height, amounts: event.amounts });
        this.#compare(state, event.seq, turn);
        return;
      case 'blocksMissed':
        state.looks.missedTo = Math.max(state.looks.missedTo, event.toHeight);
        return;
      case 'recovered':
        this.#recover(state, event.money, event.settled, event.seq, turn);
        return;
      case 'command':
        if (event.command === 'resume' && event.clears === 'ledger') this.#explained(state, event.by, event.seq, turn);
        return;
      case 'second':
        if (state.stale) this.#equity(state, [], turn);
        return;
    }
  }

  #mark(state: AccountMoney, fair: FairValue, turn: Turn<MoneyOutput>): void {
    const money = state.markets[fair.market];
    const market = this.#marketOf(fair.market);
    if (money === undefined || fair.quality !== 'live') return;
    money.midMicroTicks = (fair.bidTick + fair.askTick) * HALF_MICRO;
    money.midUs = fair.timeUs;
    credit(market, money, 'inventory');
    priceGas(state, this.#markets);
    state.stale = true;
    takeMark(market, money.markouts, money.midMicroTicks, fair.timeUs, (markout, fillSeq) =>
      turn.emit({ ...markout, ...stampOf(turn, fillSeq, fair.seq) }),
    );
  }

  #fill(state: AccountMoney, fill: Fill, turn: Turn<MoneyOutput>): void {
    const market = this.#marketOf(fill.market);
    const money = state.markets[fill.market]!;
    const { side, lots, microTicks, liquidity, settlementId } = fill;
    const feesBefore = money.holding.fees;
    bookExecution(market, this.#fees, money.holding, { side, lots, microTicks, liquidity });
    credit(market, money, 'captured');
    const feeE18 = quoteE18(market, money.holding.fees - feesBefore, microTicks);
    // Rounded up, against us: the negative of a floor is a ceiling.
    postExecution(state.ledger, market, fill, -floorOf(-feeE18, E18_PER_UNIT));
    fillBooked(state.looks, settlementId);
    turn.emit(positionOf(money.holding, fill.market, stampOf(turn, fill.seq)));
    const edge = awaitMarks(market, money.markouts, fill, { microTicks: money.midMicroTicks, timeUs: money.midUs });
    if (edge !== undefined) turn.emit({ ...edge, ...stampOf(turn, fill.seq) });
    this.#equity(state, [fill.seq], turn);
    this.#keep(state, fill.seq, turn);
  }

  /** Gas is paid by every transaction that got into a block, also by one that failed there; by each once. */
  #charge(state: AccountMoney, event: BatchCommitted | BatchRefused, turn: Turn<MoneyOutput>): void {
    state.looks.spentGas = true;
    const { feeUsei = '0', txHash, seq } = event;
    const mark = txHash.slice(0, HASH_CHARACTERS);
    if (feeUsei === '0' || state.charged.includes(mark)) return;
    state.charged.push(mark);
    if (state.charged.length > CHARGED_MOST) state.charged.shift();
    const height = event.kind === 'batchCommitted' ? event.height : state.looks.height;
    post(state.ledger, 'gas', GAS_DENOM, -BigInt(feeUsei), height);
    payGas(state, this.#markets, BigInt(feeUsei));
    state.stale = true;
    this.#keep(state, seq, turn);
  }

  #compare(state: AccountMoney, causeSeq: number, turn: Turn<MoneyOutput>): void {
    const brokenBefore = { ...state.looks.broken };
    const verdict = compare(state.looks, state.ledger, this.#markets);
    if (verdict === undefined) return;
    const { look, status, differences, booked } = verdict;
    const text = textOf(verdict);
    this.#tell(state, look.height, status, text, causeSeq, turn);
    if (booked !== null) this.#alert(turn, 'warning', booked, text, causeSeq);
    if (booked === 'adjustments') this.#adjust(state, verdict, causeSeq, turn);
    if (booked === 'gas')
      payGas(
        state,
        this.#markets,
        differences.reduce((sum, { expected, found }) => sum + expected - found, 0n),
      );
    if (status === 'broken') {
      for (const { denom, expected, found } of differences) {
        if (brokenBefore[denom] === String(found - expected)) continue;
        const told = { denom, expected: String(expected), found: String(found), height: look.height, text };
        turn.emit({ kind: 'ledgerBreak', ...stampOf(turn, causeSeq), ...told });
      }
    }
    state.stale = true;
    this.#keep(state, causeSeq, turn);
  }

  /**
   * Executions that nobody told, by the balances: the base assets' differences move the positions at the mid, which makes no
   * profit, and what the quote asset says beyond that is their profit.
   */
  #adjust(state: AccountMoney, { differences }: Verdict, causeSeq: number, turn: Turn<MoneyOutput>): void {
    const left = new Map(differences.map(({ denom, expected, found }) => [denom, found - expected]));
    for (const market of this.#markets.filter(banked)) {
      const { base, quote } = denomsOf(market);
      const units = left.get(base) ?? 0n;
      const lot = unitsOfLot(market);
      // Gas only takes: what the gas asset lacks to a whole lot was spent. Of another asset a part of a lot was never traded.
      const lots = Number(base === GAS_DENOM ? -floorOf(-units, lot) : units / lot);
      left.set(base, 0n);
      if (base === GAS_DENOM) payGas(state, this.#markets, BigInt(lots) * lot - units);
      if (lots === 0) continue;
      const money = state.markets[market.symbol]!;
      const cash = money.holding.cash;
      exchange(market, money.holding, lots > 0 ? 'buy' : 'sell', Math.abs(lots), money.midMicroTicks);
      const valued = quoteE18(market, money.holding.cash - cash, money.midMicroTicks);
      left.set(quote, (left.get(quote) ?? 0n) - floorOf(valued, E18_PER_UNIT));
      turn.emit(positionOf(money.holding, market.symbol, stampOf(turn, causeSeq)));
    }
    const quotes = new Set(this.#markets.filter(banked).map((market) => denomsOf(market).quote));
    for (const quote of quotes) state.adjustments += (left.get(quote) ?? 0n) * E18_PER_UNIT;
    this.#equity(state, [causeSeq], turn);
  }

  #recover(
    state: AccountMoney,
    record: unknown,
    settled: readonly string[],
    causeSeq: number,
    turn: Turn<MoneyOutput>,
  ): void {
    if (record !== null) Object.assign(state, moneyOf(this.#markets, record));
    // Cancels go out when the disk fails, too: the process before may have sent some that nothing tells of.
    gasLost(state.looks);
    fillBooked(state.looks, ...settled);
    if (Object.keys(state.ledger.books).length > 0)
      this.#tell(state, 0, 'waiting', 'the balances are compared with the ledger', causeSeq, turn);
    if (record === null) return;
    for (const [symbol, { holding }] of Object.entries(state.markets))
      if (holding.fills > 0 || holding.lots !== 0) turn.emit(positionOf(holding, symbol, stampOf(turn, causeSeq)));
    this.#equity(state, [causeSeq], turn);
  }

  #explained(state: AccountMoney, by: string, causeSeq: number, turn: Turn<MoneyOutput>): void {
    if (!explain(state.looks, state.ledger)) return;
    this.#alert(turn, 'info', 'transfers', `${by} takes the ledger's difference for a transfer: booked`, causeSeq);
    this.#keep(state, causeSeq, turn);
  }

  #tell(
    state: AccountMoney,
    height: number,
    status: LedgerCompared['status'],
    text: string,
    causeSeq: number,
    turn: Turn<MoneyOutput>,
  ): void {
    const { books } = recordOf(state);
    const told = Object.entries(state.ledger.books).map(([denom, { balance }]) => [
      denom,
      { ...books[denom]!, balance: String(balance) },
    ]);
    turn.emit({ kind: 'ledger', ...stampOf(turn, causeSeq), height, status, books: Object.fromEntries(told), text });
  }

  #equity(state: AccountMoney, causes: readonly number[], turn: Turn<MoneyOutput>): void {
    state.stale = false;
    turn.emit(equityOf(state, this.#markets, turn.nowUs(), stampOf(turn, ...causes)));
  }

  #keep(state: AccountMoney, causeSeq: number, turn: Turn<MoneyOutput>): void {
    turn.emit({ kind: 'moneyRecord', ...stampOf(turn, causeSeq), record: recordOf(state) });
  }

  #alert(
    turn: Turn<MoneyOutput>,
    severity: Alert['severity'],
    booked: 'transfers' | 'adjustments' | 'gas',
    text: string,
    causeSeq: number,
  ): void {
    const stamp = stampOf(turn, causeSeq);
    const code = `ledger-${booked}`;
    turn.emit({ kind: 'alert', ...stamp, severity, code, status: 'raised', market: '', text, halts: false });
  }

  #marketOf(symbol: string): Market {
    const market = this.#bySymbol.get(symbol);
    if (market === undefined) throw new Error(`'${symbol}' is not a market of this account`);
    return market;
  }
}

function textOf({ look, status, differences, booked }: Verdict): string {
  if (differences.length === 0) return '';
  const each = differences.map(({ denom, expected, found }) => {
    const more = found > expected ? 'more' : 'less';
    const by = found > expected ? found - expected : expected - found;
    return `${by} ${denom} ${more} than the ledger's ${expected}`;
  });
  const what =
    booked === 'transfers'
      ? 'the same at two looks and nothing of ours: booked as a transfer'
      : booked === 'adjustments'
        ? 'booked as executions in blocks that could not be read'
        : booked === 'gas'
          ? 'booked as the gas of cancels that the disk did not record'
          : status === 'doubt'
            ? 'the next look decides'
            : "nothing explains it; if it is a deposit or withdrawal of yours, resume and clear 'ledger'";
  return `at block ${look.height} the chain has ${each.join(', ')}: ${what}`;
}

function stampOf(turn: Turn<MoneyOutput>, ...causes: readonly number[]): Caused {
  return { seq: turn.nextSeq(), timeUs: turn.nowUs(), causes };
}
