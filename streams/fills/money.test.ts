import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BTCUSDC as btc, SEIUSDC as sei } from '../../test/markets.ts';
import type { Market, Side } from '../market/types.ts';
import type { AccountMoney } from './account_money.ts';
import { type MoneyInput, type MoneyOutput, money } from './money.ts';

const golden = JSON.parse(readFileSync(new URL('./golden/money.json', import.meta.url), 'utf8')) as {
  readonly marks: readonly (readonly [number, number, number])[];
  readonly fills: readonly (readonly [number, Side, number, number])[];
  readonly positions: readonly (readonly number[])[];
  readonly markouts: readonly (readonly (number | null)[])[];
};

const DAY_US = 86_400_000_000;
const QUANTUM_USDC = 1e-11;

/** The money stage's reducer with its inputs in the test's hand. */
class Books {
  readonly #reducer = money([btc, sei], { makerFeeBps: 0, takerFeeBps: 5 });
  readonly told: MoneyOutput[] = [];
  #state: AccountMoney = this.#reducer.initial();
  #seq = 0;
  #nowUs = 0;
  #settlements = 0;

  take(input: { kind: MoneyInput['kind'] } & Record<string, unknown>, timeUs = this.#nowUs): void {
    this.#nowUs = timeUs;
    this.#seq += 1;
    const event = { seq: this.#seq, causes: [], ...input, timeUs } as unknown as MoneyInput;
    const turn = { emit: (one: MoneyOutput) => this.told.push(one), nowUs: () => timeUs, nextSeq: () => ++this.#seq };
    this.#reducer.step(this.#state, event, turn);
  }

  mark(market: Market, bidTick: number, askTick: number, timeUs?: number): void {
    this.take({ kind: 'fairValue', market: market.symbol, quality: 'live', bidTick, askTick }, timeUs);
  }

  fill(market: Market, side: Side, lots: number, microTicks: number, change: Record<string, unknown> = {}): void {
    this.#settlements += 1;
    const { timeUs, ...more } = change as { timeUs?: number };
    const settlementId = `s${this.#settlements}`;
    const fill = { side, lots, microTicks, liquidity: 'maker', height: 1, settlementId, clientOrderId: '', ...more };
    this.take({ kind: 'fill', market: market.symbol, ...fill }, timeUs);
  }

  /** A look at the balances, behind the news of its block. */
  look(height: number, amounts: Readonly<Record<string, string>>): void {
    this.take({ kind: 'block', height, chainTimeUs: 0 });
    this.take({ kind: 'balances', height, amounts });
  }

  /** Goes through JSON as a snapshot does. */
  restore(): void {
    this.#state = this.#reducer.decode(JSON.parse(JSON.stringify(this.#reducer.encode(this.#state))));
  }

  all<K extends MoneyOutput['kind']>(kind: K): Extract<MoneyOutput, { kind: K }>[] {
    return this.told.filter((one): one is Extract<MoneyOutput, { kind: K }> => one.kind === kind);
  }

  last<K extends MoneyOutput['kind']>(kind: K): Extract<MoneyOutput, { kind: K }> {
    const found = this.all(kind).at(-1);
    if (found === undefined) throw new Error(`nothing of kind ${kind} was told`);
    return found;
  }
}

function playGolden(books: Books, restoreEvery = 0): void {
  books.look(1, { ubtc: '0', uusdc: '0', usei: '0' });
  const events = [
    ...golden.marks.map((mark) => ({ timeUs: mark[0], mark })),
    ...golden.fills.map((fill) => ({ timeUs: fill[0], fill })),
  ].sort((a, b) => a.timeUs - b.timeUs);
  events.forEach((event, i) => {
    if ('mark' in event) books.mark(btc, event.mark[1], event.mark[2], event.timeUs);
    else books.fill(btc, event.fill[1], event.fill[2], event.fill[3], { timeUs: event.timeUs });
    if (restoreEvery > 0 && i % restoreEvery === 0) books.restore();
  });
}

describe('positions, ledger and markouts', () => {
  const books = new Books();
  playGolden(books);

  it('are those that exact fractions give: average cost, cash, and units at the bank after every fill', () => {
    const positions = books.all('position');
    expect(positions.length).toBe(golden.positions.length);
    positions.forEach((position, i) => {
      const [lots, realised, cost, cash] = golden.positions[i]!;
      expect(position.lots).toBe(lots);
      expect(Number(position.realisedQuanta) * QUANTUM_USDC).toBeCloseTo(realised!, 8);
      expect(Number(position.costQuanta) * QUANTUM_USDC).toBeCloseTo(cost!, 8);
      expect(Number(position.cashQuanta) * QUANTUM_USDC).toBeCloseTo(cash!, 8);
    });
    const [, , , , ubtc, uusdc] = golden.positions.at(-1)!;
    // Balances that are one unit off are noticed, so these are exact.
    books.look(2, { ubtc: String(ubtc), uusdc: String(uusdc), usei: '0' });
    expect(books.last('ledger')).toMatchObject({ status: 'agrees', text: '' });
    expect(books.last('ledger').books.uusdc).toMatchObject({ opening: '0', trades: String(uusdc), fees: '0' });
  });

  it('measure each fill at the mid of its moment and after 1, 5 and 30 s, and only where there is a mid of that time', () => {
    const bySettlement = new Map<string, Map<number, number>>();
    for (const { settlementId, horizonMs, profitQuanta } of books.all('markout')) {
      const row = bySettlement.get(settlementId) ?? new Map<number, number>();
      row.set(horizonMs, Number(profitQuanta) * QUANTUM_USDC);
      bySettlement.set(settlementId, row);
    }
    let missing = 0;
    golden.markouts.forEach((expected, i) => {
      const row = bySettlement.get(`s${i + 1}`);
      [0, 1_000, 5_000, 30_000].forEach((horizonMs, k) => {
        const value = expected[k]!;
        if (value === null) {
          missing += 1;
          expect(row?.get(horizonMs)).toBe(undefined);
        } else expect(row?.get(horizonMs)).toBeCloseTo(value, 9);
      });
    });
    expect(missing).toBeGreaterThan(20);
    expect(missing).toBeLessThan(golden.markouts.length);
  });

  it('are the same when the state is snapshotted and restored again and again', () => {
    const again = new Books();
    playGolden(again, 7);
    expect(again.told).toEqual(books.told.slice(0, again.told.length));
    expect(again.told.length).toBeGreaterThan(800);
  });
});

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('fill' as const),
      market: fc.constantFrom(btc, sei),
      side: fc.constantFrom<Side>('buy', 'sell'),
      lots: fc.integer({ min: 1, max: 500 }),
      price: fc.integer({ min: 900_000, max: 1_100_000 }),
      liquidity: fc.constantFrom('maker', 'taker'),
    }),
    fc.record({
      kind: fc.constant('mark' as const),
      market: fc.constantFrom(btc, sei),
      tick: fc.integer({ min: 900_000, max: 1_100_000 }),
      spread: fc.integer({ min: 1, max: 9 }),
    }),
    fc.record({ kind: fc.constant('gas' as const), usei: fc.integer({ min: 1, max: 50_000 }) }),
    fc.record({ kind: fc.constant('restore' as const) }),
  ),
  { maxLength: 60 },
);

describe('the account', () => {
  it('adds up to the last digit after every event, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const books = new Books();
        books.look(1, { ubtc: '1000000000', uusdc: '7', usei: '5' });
        let batch = 0;
        for (const step of all) {
          if (step.kind === 'restore') books.restore();
          else if (step.kind === 'mark') books.mark(step.market, step.tick, step.tick + step.spread);
          else if (step.kind === 'fill')
            books.fill(step.market, step.side, step.lots, step.price * 1_000_000, { liquidity: step.liquidity });
          else
            books.take({
              kind: 'batchCommitted',
              txHash: `t${++batch}`,
              height: 1,
              feeUsei: String(step.usei),
              orderIds: [],
            });
          books.take({ kind: 'second' });
          const { exact } = books.last('equity');
          const sum = (...names: (keyof typeof exact)[]): bigint =>
            names.reduce((s, one) => s + BigInt(exact[one]), 0n);
          expect(BigInt(exact.total)).toBe(sum('realised', 'unrealised', 'adjustments') - sum('fees', 'gas'));
          expect(BigInt(exact.session)).toBe(sum('captured', 'inventory', 'adjustments') - sum('fees', 'gas'));
          expect(exact.session).toBe(exact.total);
          expect(BigInt(exact.drawdown)).toBe(BigInt(exact.peak) - BigInt(exact.total));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps what losses are counted from: the day begins anew at midnight UTC, the peak does not', () => {
    const books = new Books();
    books.mark(btc, 599_999, 600_001, DAY_US - 2_000_000);
    books.fill(btc, 'buy', 10_000, 600_000_000_000);
    books.mark(btc, 600_999, 601_001);
    books.take({ kind: 'second' });
    expect(books.last('equity')).toMatchObject({
      totalPnlUsdc: 100,
      dailyPnlUsdc: 100,
      peakUsdc: 100,
      drawdownUsdc: 0,
    });
    books.mark(btc, 600_499, 600_501, DAY_US + 1);
    books.take({ kind: 'second' });
    expect(books.last('equity')).toMatchObject({
      totalPnlUsdc: 50,
      dailyPnlUsdc: -50,
      peakUsdc: 100,
      drawdownUsdc: 50,
    });
    expect(books.last('equity')).toMatchObject({ grossUsdc: 60_050, unrealisedUsdc: 50, equityUsdc: null });
  });

  it('counts gas at what it was worth when paid, once a transaction, also of one that failed in its block', () => {
    const books = new Books();
    books.look(1, { usei: '1000000', uusdc: '2000000' });
    books.take({ kind: 'batchRefused', txHash: 'A', feeUsei: '100000' });
    books.take({ kind: 'batchRefused', txHash: 'A', feeUsei: '100000' });
    books.take({ kind: 'batchCommitted', txHash: 'B', height: 2, feeUsei: '300000', orderIds: [] });
    books.take({ kind: 'second' });
    expect(books.last('equity')).toMatchObject({ gasUsei: '400000', gasUsdc: 0, equityUsdc: null });
    books.mark(sei, 4_999, 5_001);
    books.take({ kind: 'second' });
    expect(books.last('equity')).toMatchObject({ gasUsdc: 0.2, totalPnlUsdc: -0.2, equityUsdc: 2.3 });
    books.mark(sei, 9_999, 10_001);
    books.take({ kind: 'second' });
    expect(books.last('equity')).toMatchObject({ gasUsdc: 0.2, totalPnlUsdc: -0.2, equityUsdc: 2.6 });
    books.look(2, { usei: '600000', uusdc: '2000000' });
    expect(books.last('ledger')).toMatchObject({ status: 'agrees', text: '' });
  });

  it('goes on after a restart where its record ends, and says what this session made of it', () => {
    const before = new Books();
    before.look(1, { ubtc: '0', uusdc: '0', usei: '0' });
    before.mark(btc, 599_999, 600_001, DAY_US);
    before.fill(btc, 'buy', 10_000, 599_000_000_000, { height: 2 });
    const { record } = before.last('moneyRecord');
    const after = new Books();
    after.take({ kind: 'recovered', money: JSON.parse(JSON.stringify(record)), settled: ['s1'] }, DAY_US + 5);
    expect(after.last('position')).toMatchObject({ lots: 10_000, fills: 1 });
    expect(after.last('equity')).toMatchObject({ totalPnlUsdc: 100, sessionPnlUsdc: 0, dailyPnlUsdc: 100 });
    // Told once more by the chain, and refused by the order stage: nobody waits for it.
    after.take({ kind: 'settlement', settlementId: 's1', height: 2 });
    after.mark(btc, 600_099, 600_101);
    after.take({ kind: 'second' });
    expect(after.last('equity')).toMatchObject({ totalPnlUsdc: 110, sessionPnlUsdc: 10 });
    after.look(3, { ubtc: '1000000', uusdc: '-59900000000', usei: '0' });
    expect(after.last('ledger')).toMatchObject({ status: 'agrees' });
    expect(() => new Books().take({ kind: 'recovered', money: { ...record, version: 9 }, settled: [] })).toThrow(
      'money record: version 9, this program reads 1',
    );
  });
});
