import { describe, expect, it } from 'vitest';
import { accountOf, START_US } from '../src/runtime/fixtures/account.ts';
import { Reactor, type ReactorSnapshot } from '../src/runtime/reactor.ts';
import { LANES } from '../streams/actor/kernel.ts';
import type { Decision } from '../streams/decisions.ts';
import type { Input } from '../streams/inputs.ts';
import type { Prediction } from '../streams/predictions/types.ts';
import type { AccountSettings } from '../streams/settings.ts';

const account = accountOf('BTCUSDC', 'ETHUSDC');
const watched = {
  accuracyPredictions: 100,
  adwinDelta: 0.002,
  everyUs: 200_000,
  inputTripPct: 20,
  inputClearPct: 10,
  insightMaxShift: 0.05,
  insightValidMs: 10_000,
};
const settings: AccountSettings = {
  ...account,
  markets: account.markets.map((market) => ({ ...market, predictions: { ...market.predictions, ...watched } })),
} as AccountSettings;

const HORIZON = { horizonMs: 500, bearish: 0.3, neutral: 0.4, bullish: 0.3, confidence: 0.4, uncertainty: 0.99 };

const prediction = (market: string): Input => ({
  ...{ kind: 'prediction', seq: 0, timeUs: 0, market, model: 'sei-trees/1', role: 'champion' },
  ...{ featuresSeq: 1, horizons: [HORIZON] },
});
const insight: Input = {
  ...{ kind: 'insight', seq: 0, timeUs: 0, market: 'BTCUSDC', lean: 1, doubt: 0, by: 'gpt-4o enhance/1' },
};

/** Inputs a second apart, in a reactor that is replaced by one made from its snapshot before input number `cut`. */
function run(inputs: readonly Input[], cut = -1): { readonly bullish: number[]; readonly hash: string } {
  const bullish: number[] = [];
  const make = (from?: ReactorSnapshot): Reactor =>
    new Reactor(
      { settings, seed: 1, startUs: START_US },
      {
        onDecision: (decision: Decision) => {
          if (decision.kind === 'prediction') bullish.push((decision as Prediction).horizons[0]!.bullish);
        },
      },
      from,
    );
  let reactor = make();
  inputs.forEach((input, i) => {
    if (i === cut) reactor = make(JSON.parse(JSON.stringify(reactor.snapshot())) as ReactorSnapshot);
    reactor.take({ ...input, seq: (i + 1) * LANES, timeUs: START_US + i * 1_000_000 });
  });
  return { bullish, hash: reactor.digest.hash };
}

describe('an insight in the pipeline', () => {
  it('leans on the predictions of its market that come after it, and fades', () => {
    const both = [prediction('BTCUSDC'), insight, prediction('BTCUSDC'), prediction('ETHUSDC')];
    const [before, after, elsewhere] = run(both).bullish;
    expect([before, elsewhere]).toEqual([0.3, 0.3]);
    expect(after).toBeCloseTo(0.35 - 0.05 / 10, 9);
    const late = run([insight, ...Array.from({ length: 11 }, () => prediction('BTCUSDC'))]).bullish;
    expect(late.at(-1)).toBe(0.3);
    expect(late).toEqual([...late].sort((one, other) => other - one));
  });

  it('is an input like any other: replayed, and restored from a snapshot, it gives the same bytes', () => {
    const inputs = [prediction('BTCUSDC'), insight, prediction('BTCUSDC'), prediction('BTCUSDC')];
    const whole = run(inputs);
    expect(run(inputs)).toEqual(whole);
    expect(run(inputs, 2)).toEqual(whole);
    expect(run(inputs.filter((input) => input !== insight)).hash).not.toBe(whole.hash);
  });
});
