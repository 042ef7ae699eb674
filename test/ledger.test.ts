import { describe, expect, it } from 'vitest';
import { DEFAULT_MARKETS } from '../src/devnet/market.ts';
import type { MoneyRecord } from '../streams/fills/record.ts';
import { denomsOf, unitsOfLot } from '../streams/market/denoms.ts';
import { type Life, Machine, of } from './account_machine.ts';

/** BTC, and SEI, in which gas is paid too. */
const MARKETS = [DEFAULT_MARKETS[0]!, DEFAULT_MARKETS[2]!];

/** The balances that a record's ledger comes to, by denom. */
function balancesOf({ books }: MoneyRecord): Record<string, bigint> {
  return Object.fromEntries(
    Object.entries(books).map(([denom, from]) => [
      denom,
      Object.values(from).reduce((sum, amount) => sum + BigInt(amount), 0n),
    ]),
  );
}

function bankOf({ world }: Machine, denoms: readonly string[]): Record<string, bigint> {
  return Object.fromEntries(denoms.map((denom) => [denom, world.chain.bank.balance(world.account, denom)]));
}

/** Ends a session in order, and demands that what it leaves behind is what the chain's bank has, to the unit. */
async function demandTruth(machine: Machine, life: Life): Promise<void> {
  await machine.world.timers.until(life.session.stop('test'), 20_000);
  const left = balancesOf(life.journal.state.money as MoneyRecord);
  expect(left).toEqual(bankOf(machine, Object.keys(left)));
}

const statuses = (life: Life) => of(life, 'ledger').map(({ status }) => status);

describe('the ledger of a session on a chain', () => {
  it('equals the bank to the unit at every look, gas of all transactions included, and when it ends', async () => {
    const machine = await Machine.of(21, MARKETS);
    const before = bankOf(machine, ['usei', 'ubtc', 'uusdc']);
    const life = await machine.start();
    await machine.run(180_000);
    expect(life.fatal).toEqual([]);
    const [waiting, opened, ...looks] = statuses(life);
    expect([waiting, opened]).toEqual(['waiting', 'opened']);
    expect(looks.length).toBeGreaterThan(15);
    expect(new Set(looks)).toEqual(new Set(['agrees']));
    expect(of(life, 'fill').length).toBeGreaterThan(50);
    const { books } = of(life, 'ledger').at(-1)!;
    expect(books.usei!.opening).toBe(String(before.usei));
    expect(Number(books.usei!.gas)).toBeLessThan(-1_000_000);
    await demandTruth(machine, life);
  });

  it('is asked before the first order is placed', async () => {
    const life = await (async () => {
      const machine = await Machine.of(22, MARKETS);
      const begun = await machine.start();
      await machine.run(5_000);
      return begun;
    })();
    const opened = life.decisions.findIndex((one) => one.kind === 'ledger' && one.status === 'opened');
    const placed = life.decisions.findIndex((one) => one.kind === 'orderBatch');
    expect(opened).toBeGreaterThanOrEqual(0);
    expect(placed).toBeGreaterThan(opened);
  });

  it('stops for a deposit until a second look, and takes it for one', async () => {
    const machine = await Machine.of(23, MARKETS);
    const life = await machine.start();
    await machine.run(20_000);
    machine.world.chain.bank.mint(machine.world.account, 'uusdc', 1_234_567n);
    await machine.until('a doubt', () => statuses(life).at(-1) === 'doubt');
    expect(of(life, 'tradingState').at(-1)).toMatchObject({ state: 'starting', cause: 'ledger-doubt' });
    await machine.until('a transfer', () => statuses(life).at(-1) === 'agrees');
    expect(of(life, 'ledger').at(-1)!.books.uusdc!.transfers).toBe('1234567');
    expect(of(life, 'alert').find(({ code }) => code === 'ledger-transfers')?.text).toMatch(/1234567 uusdc more/);
    await machine.run(3_000);
    expect(of(life, 'tradingState').at(-1)).toMatchObject({ state: 'active' });
    await demandTruth(machine, life);
  });

  it('halts for what has the shape of an execution, until an operator calls it his', async () => {
    const machine = await Machine.of(24, MARKETS);
    const life = await machine.start();
    await machine.run(20_000);
    const { chain, account } = machine.world;
    chain.bank.mint(account, 'ubtc', 100n);
    chain.bank.send(account, 'sei1thief', 'uusdc', 6_180_000n);
    await machine.until('a break', () => of(life, 'ledgerBreak').length === 2);
    expect(of(life, 'tradingState').at(-1)).toMatchObject({ state: 'halted', cause: 'ledger' });
    await machine.until('nothing rests', () => machine.resting().length === 0);
    life.session.edge.accept({ kind: 'command', seq: 0, timeUs: 0, command: 'resume', clears: 'ledger', by: 'ann' });
    await machine.run(30_000);
    expect(statuses(life).at(-1)).toBe('agrees');
    expect(machine.resting().length).toBeGreaterThan(0);
    await demandTruth(machine, life);
  });

  it('takes over positions from the balances when nobody can tell any more what was executed', async () => {
    const machine = await Machine.of(26, MARKETS);
    const first = await machine.start();
    await machine.run(10_000);
    machine.die(first);
    const lots = () => Object.fromEntries(of(first, 'position').map(({ market, lots: held }) => [market, held]));
    const held = lots();
    const before = balancesOf(first.journal.state.money as MoneyRecord);
    // Nodes keep a thousand blocks, and the orders that were left fill meanwhile.
    await machine.run(450_000);
    const second = await machine.start();
    await machine.until('a comparison', () => statuses(second).at(-1) === 'agrees');
    expect(of(second, 'alert').map(({ code }) => code)).toContain('ledger-adjustments');
    const now = bankOf(machine, Object.keys(before));
    const moved = MARKETS.map((market) => {
      const { base } = denomsOf(market);
      // Rounded: gas is a small part of a lot.
      const lots = Math.round(Number(now[base]! - before[base]!) / Number(unitsOfLot(market)));
      const found = of(second, 'position').filter(({ market: symbol }) => symbol === market.symbol);
      if (lots !== 0) expect(found.some((one) => one.lots === (held[market.symbol] ?? 0) + lots)).toBe(true);
      return lots;
    });
    expect(moved.some((lots) => lots !== 0)).toBe(true);
    await machine.run(20_000);
    expect(second.fatal).toEqual([]);
    expect(of(second, 'tradingState').at(-1)).toMatchObject({ state: 'active' });
    await demandTruth(machine, second);
  });
});
