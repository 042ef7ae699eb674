import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Market, Side } from '../market/types.ts';
import { assertBalanced, emptyLedger, type Ledger, post, postExecution, settleBlocks } from './ledger.ts';
import {
  blockTold,
  type Comparison,
  compare,
  explain,
  fillBooked,
  gasLost,
  lookTaken,
  noComparison,
  settlementTold,
  type Verdict,
} from './looks.ts';

const sei: Market = {
  symbol: 'SEIUSDC',
  venue: 'sei',
  base: 'SEI',
  quote: 'USDC',
  tickSize: '0.0001',
  lotSize: '1',
  contract: 'linear',
  contractSize: '1',
};
const atom: Market = {
  ...sei,
  symbol: 'ATOMUSDC',
  base: 'ATOM',
  quoteDenom: 'factory/usdc',
  tickSize: '0.001',
  lotSize: '0.1',
};
const markets = [sei, atom];

/** An account with a bank of its own, as the chain keeps it, beside the ledger that has to follow it. */
class Account {
  readonly ledger: Ledger = emptyLedger(markets);
  readonly looks: Comparison = noComparison();
  readonly bank: Record<string, bigint> = { usei: 10_000_000n, uusdc: 500n, uatom: 3n, 'factory/usdc': 70n };
  height = 1;

  constructor() {
    blockTold(this.looks, 1);
    expect(this.look()?.status).toBe('opened');
  }

  /** What the chain has now, looked at behind the block's news. */
  look(): Verdict | undefined {
    lookTaken(this.looks, { height: this.height, amounts: this.amounts() });
    const verdict = compare(this.looks, this.ledger, markets);
    assertBalanced(this.ledger);
    return verdict;
  }

  block(): void {
    this.height += 1;
    blockTold(this.looks, this.height);
    settleBlocks(this.ledger, this.height);
  }

  amounts(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.bank).map(([denom, amount]) => [denom, String(amount)]));
  }
}

describe('the ledger', () => {
  it('follows the bank of a clearing contract to the unit: buyers pay rounded up, sellers receive rounded down', () => {
    const trades = fc.array(
      fc.record({
        side: fc.constantFrom<Side>('buy', 'sell'),
        lots: fc.integer({ min: 1, max: 1_000 }),
        // A volume-weighted price has digits beyond all ticks.
        priceE18: fc.bigInt({ min: 10n ** 15n, max: 10n ** 20n }),
        feeUsei: fc.integer({ min: 0, max: 9_000 }),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(trades, (all) => {
        const account = new Account();
        for (const { side, lots, priceE18, feeUsei } of all) {
          account.block();
          const height = account.height;
          // 0.1 ATOM a lot, a million units each: price × lots / 10 USDC.
          const cost = priceE18 * BigInt(lots) * 10n ** 5n;
          const one = 10n ** 18n;
          account.bank.uatom! += BigInt(side === 'buy' ? lots : -lots) * 100_000n;
          account.bank['factory/usdc']! += side === 'buy' ? -((cost + one - 1n) / one) : cost / one;
          account.bank.usei! -= BigInt(feeUsei);
          postExecution(account.ledger, atom, { side, lots, microTicks: 1, priceE18: String(priceE18), height }, 0n);
          post(account.ledger, 'gas', 'usei', -BigInt(feeUsei), height);
          expect(account.look()).toMatchObject({ status: 'agrees', differences: [] });
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is compared as of the block of the look: what was booked of later blocks is left out', () => {
    const account = new Account();
    const amounts = account.amounts();
    account.block();
    post(account.ledger, 'gas', 'usei', -5n, 2);
    lookTaken(account.looks, { height: 1, amounts });
    expect(compare(account.looks, account.ledger, markets)?.status).toBe('agrees');
  });

  it('waits with a look until its block is told, and until every settlement up to it is a fill', () => {
    const account = new Account();
    account.bank.usei! += 1_000_000n;
    account.bank.uusdc! -= 30n;
    lookTaken(account.looks, { height: 4, amounts: account.amounts() });
    for (const height of [2, 3, 4]) {
      blockTold(account.looks, height);
      expect(compare(account.looks, account.ledger, markets)).toBe(undefined);
    }
    settlementTold(account.looks, '4/0', 4);
    blockTold(account.looks, 5);
    expect(compare(account.looks, account.ledger, markets)).toBe(undefined);
    postExecution(account.ledger, sei, { side: 'buy', lots: 1, microTicks: 300_000, height: 4 }, 0n);
    fillBooked(account.looks, '4/0');
    settlementTold(account.looks, '4/0', 4);
    expect(compare(account.looks, account.ledger, markets)).toMatchObject({ status: 'agrees', differences: [] });
  });

  it('does not wait for ever for a settlement that the order stage has refused', () => {
    const account = new Account();
    settlementTold(account.looks, '2/7', 2);
    lookTaken(account.looks, { height: 2, amounts: account.amounts() });
    const verdicts = Array.from({ length: 14 }, () => {
      account.block();
      return compare(account.looks, account.ledger, markets)?.status;
    });
    expect(verdicts.filter((status) => status !== undefined)).toEqual(['agrees']);
  });

  it('takes what two looks show in one denom for a transfer, and says so', () => {
    const account = new Account();
    account.bank.uusdc! += 1_000_000n;
    expect(account.look()).toMatchObject({ status: 'doubt', booked: null });
    account.block();
    expect(account.look()).toMatchObject({ status: 'agrees', booked: 'transfers' });
    expect(account.ledger.books.uusdc).toMatchObject({ balance: 1_000_500n, from: { transfers: 1_000_000n } });
    account.block();
    expect(account.look()).toMatchObject({ status: 'agrees', differences: [] });
  });

  it('forgets a difference that the next look does not show: one node may be wrong once', () => {
    const account = new Account();
    account.bank.uusdc! += 9n;
    expect(account.look()?.status).toBe('doubt');
    expect(account.look()).toBe(undefined);
    account.block();
    account.bank.uusdc! -= 9n;
    expect(account.look()).toMatchObject({ status: 'agrees', booked: null });
    account.block();
    account.bank.uusdc! += 9n;
    expect(account.look()?.status).toBe('doubt');
  });

  it.each([
    [
      'an execution that nobody told',
      (bank: Record<string, bigint>) => Object.assign(bank, { uatom: 100_003n, 'factory/usdc': 69n }),
    ],
    ['gas that nobody told', (bank: Record<string, bigint>) => Object.assign(bank, { usei: 9_999_000n })],
  ])('breaks at the shape of %s', (_, change) => {
    const account = new Account();
    account.looks.spentGas = true;
    change(account.bank);
    const statuses = [1, 2, 3].map(() => {
      account.block();
      return account.look()?.status;
    });
    expect(statuses).toEqual(['doubt', 'broken', 'broken']);
    expect(explain(account.looks, account.ledger)).toBe(true);
    expect(account.look()).toMatchObject({ status: 'agrees', differences: [] });
    expect(explain(account.looks, account.ledger)).toBe(false);
  });

  it('breaks when every look differs otherwise', () => {
    const account = new Account();
    const statuses = [1n, 2n, 3n].map((by) => {
      account.block();
      account.bank.uusdc! += by;
      return account.look()?.status;
    });
    expect(statuses).toEqual(['doubt', 'doubt', 'broken']);
  });

  it('takes the chain’s word after blocks that nobody could read', () => {
    const account = new Account();
    account.looks.missedTo = 3;
    account.bank.uatom! += 200_000n;
    account.bank['factory/usdc']! -= 25n;
    expect(account.look()?.status).toBe('doubt');
    account.block();
    account.block();
    expect(account.look()).toMatchObject({ status: 'agrees', booked: 'adjustments' });
    expect(account.ledger.books.uatom!.from.adjustments).toBe(200_000n);
    expect(account.looks.missedTo).toBe(0);
  });

  it('books gas alone that two looks show as the gas of cancels that may have gone out unrecorded, once', () => {
    const account = new Account();
    gasLost(account.looks);
    account.looks.spentGas = true;
    account.bank.usei! -= 32_465n;
    expect(account.look()?.status).toBe('doubt');
    account.block();
    expect(account.look()).toMatchObject({ status: 'agrees', booked: 'gas' });
    expect(account.ledger.books.usei!.from.gas).toBe(-32_465n);
    account.looks.spentGas = true;
    account.bank.usei! -= 32_465n;
    account.block();
    expect(account.look()?.status).toBe('doubt');
    account.block();
    expect(account.look()?.status).toBe('broken');
  });

  it('takes more than a SEI that is missing after a start for a withdrawal, not for gas', () => {
    const account = new Account();
    gasLost(account.looks);
    account.bank.usei! -= 1_000_001n;
    expect(account.look()?.status).toBe('doubt');
    account.block();
    expect(account.look()).toMatchObject({ status: 'agrees', booked: 'transfers' });
    expect(account.ledger.books.usei!.from.gas).toBe(0n);
  });

  it('breaks when the gas of lost cancels comes too late to be theirs, or with something else', () => {
    const late = new Account();
    gasLost(late.looks);
    for (let block = 0; block < 12; block += 1) {
      late.block();
      expect(late.look()?.status).toBe('agrees');
    }
    const mixed = new Account();
    gasLost(mixed.looks);
    mixed.bank.uatom! += 100_003n;
    mixed.bank['factory/usdc']! -= 69n;
    for (const account of [late, mixed]) {
      account.looks.spentGas = true;
      account.bank.usei! -= 32_465n;
      account.block();
      expect(account.look()?.status).toBe('doubt');
      account.block();
      expect(account.look()?.status).toBe('broken');
    }
  });

  it('has no books for venues without a bank, and refuses a lot that is no whole number of units', () => {
    expect(emptyLedger([{ ...sei, venue: 'binance-spot' }]).books).toEqual({});
    expect(() => emptyLedger([{ ...sei, lotSize: '0.0000005' }])).toThrow(/lotSize '0.0000005': expected whole units/);
  });
});
