import { describe, expect, it } from 'vitest';
import { accountOf, bookSnapshot, START_US } from '../src/runtime/fixtures/account.ts';
import { Reactor } from '../src/runtime/reactor.ts';
import { LANES } from '../streams/actor/kernel.ts';
import type { Decision } from '../streams/decisions.ts';
import type { Input } from '../streams/inputs.ts';

const MARKETS = ['AAA', 'BBB', 'CCC'];

/** Books of three markets, 10 a second each, with a block every 400 ms. @param rounds a tenth of a second each */
function script(rounds: number): Input[] {
  const inputs: Input[] = [];
  for (let i = 0; i < rounds; i += 1) {
    if (i % 4 === 0) inputs.push({ kind: 'block', seq: 0, timeUs: 0, height: i, chainTimeUs: 0 });
    MARKETS.forEach((market, m) => {
      inputs.push(bookSnapshot(market, i + 1, 10_000 + Math.round(30 * Math.sin(i / 9 + m))));
    });
  }
  return inputs;
}

/**
 * Runs the script; `crashing` gets a book that no parser lets through, a few times or always from the 90th input on. A venue
 * commits every batch at once.
 */
function run(crashing: string | undefined, trading: boolean, always = false) {
  const decisions: Decision[] = [];
  const failures: string[] = [];
  const answers: Input[] = [];
  const reactor = new Reactor(
    {
      settings: { ...accountOf(...MARKETS), orders: { maxOrdersPerS: 1_000, wishExpiresMs: 1_000 } },
      seed: 1,
      startUs: START_US,
    },
    {
      onDecision: (decision) => {
        decisions.push(decision);
        if (decision.kind !== 'orderBatch') return;
        const { batchId, places } = decision;
        const orderIds = places.map((_, i) => `${batchId}-${i}`);
        answers.push({ kind: 'batchCommitted', seq: 0, timeUs: 0, batchId, txHash: '', height: 1, orderIds });
      },
      onFailure: ({ actor }) => failures.push(actor),
    },
  );
  let seq = 0;
  // Numbered and timed by their place in the script, so that a crash shifts nothing from outside.
  const give = (input: Input, timeUs: number): void => {
    seq += LANES;
    reactor.take({ ...input, seq, timeUs });
  };
  if (!trading) give({ kind: 'command', seq: 0, timeUs: 0, command: 'pause', by: 'test' }, START_US);
  script(always ? 600 : 300).forEach((input, i) => {
    const timeUs = START_US + (i + 1) * 30_000;
    const poison = input.kind === 'bookSnapshot' && input.market === crashing && (always ? i > 90 : i % 150 < 4);
    give(poison ? ({ ...input, asks: undefined } as unknown as Input) : input, timeUs);
    for (const answer of answers.splice(0)) reactor.take({ ...answer, seq, timeUs });
  });
  return { decisions, failures };
}

const of = (decisions: readonly Decision[], market: string): Decision[] =>
  decisions.filter((decision) => 'market' in decision && decision.market === market);

describe('a crash in one market', () => {
  it.each(MARKETS)('%s: leaves what the others decide unchanged to the byte', (crashing) => {
    const quiet = run(undefined, false);
    const crashed = run(crashing, false);
    expect(crashed.failures.length).toBeGreaterThan(4);
    expect(new Set(crashed.failures)).toEqual(new Set([`market[${crashing}]`]));
    for (const market of MARKETS) {
      const before = of(quiet.decisions, market);
      const after = of(crashed.decisions, market);
      expect(before.length).toBeGreaterThan(500);
      if (market === crashing) expect(after).not.toEqual(before);
      else expect(JSON.stringify(after)).toBe(JSON.stringify(before));
    }
  });

  it('leaves the orders of the others unchanged but for the numbers that the account gives out', () => {
    const orders = (decisions: readonly Decision[], market: string): unknown[] =>
      of(decisions, market).flatMap((decision): unknown[] => {
        if (decision.kind === 'order') {
          const { timeUs, side, tick, lots, remainingLots, status } = decision;
          return [{ timeUs, side, tick, lots, remainingLots, status }];
        }
        if (decision.kind !== 'quote') return [];
        const { causes, ...quote } = decision;
        return [quote];
      });
    const quiet = run(undefined, true);
    const crashed = run('BBB', true);
    expect(crashed.failures.length).toBeGreaterThan(4);
    for (const market of ['AAA', 'CCC']) {
      const before = orders(quiet.decisions, market);
      expect(before.length).toBeGreaterThan(200);
      expect(orders(crashed.decisions, market)).toEqual(before);
    }
  });

  it('withdraws its own quotes until its book is whole again', () => {
    const { decisions } = run('BBB', true);
    const reasons = new Set(of(decisions, 'BBB').flatMap((one) => (one.kind === 'quote' ? [one.reason] : [])));
    expect(reasons).toContain('ok');
    expect(reasons.size).toBeGreaterThan(1);
  });

  it('that never ends makes the market give up: its orders are cancelled and the others trade on', () => {
    const { decisions, failures } = run('BBB', true, true);
    expect(failures).toHaveLength(11);
    const live = new Map<string, number>();
    for (const one of decisions) if (one.kind === 'working') live.set(one.market, one.orders.length);
    expect(Object.fromEntries(live)).toEqual({ AAA: 2, BBB: 0, CCC: 2 });
    const lastUs = (market: string): number => of(decisions, market).findLast(({ kind }) => kind === 'quote')!.timeUs;
    expect(lastUs('AAA') - lastUs('BBB')).toBeGreaterThan(5_000_000);
  });
});
