import { expect, it } from 'vitest';
import { soak } from './soak_run.ts';

// A slice of `npm run soak`: eight minutes of market in about sixteen seconds, with every kind of fault.
it('quotes from no crossed, stale or wrong book, whatever the exchange does wrong', async () => {
  const outcome = await soak({
    tape: new URL('../tapes/spot_btcusdt_20240808.gz', import.meta.url).pathname,
    tapeSeconds: 480,
    speed: 30,
    faultsPerThousand: 1,
    seed: 7,
  });
  expect(outcome.violations).toEqual([]);
  expect(outcome.errors).toEqual([]);
  expect(outcome.quotes).toBeGreaterThan(10);
  expect(outcome.loops).toBe(1);
  for (const [fault, times] of Object.entries(outcome.faults)) expect(times, fault).toBeGreaterThan(0);
  expect(Object.keys(outcome.rejects).join()).toMatch(/malformed/);
  expect(outcome.resyncs).toBeGreaterThan(3);
}, 90_000);
