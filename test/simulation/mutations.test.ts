import { expect, it } from 'vitest';
import { MUTATIONS } from '../../src/simulate/mutations/mutations.ts';
import { tryMutations } from '../../src/simulate/mutations/try.ts';
import { settingsOfOneMarket } from './settings.ts';

/** Those that show within seconds; `npm run simulate:mutations` tries all. */
const QUICK = ['position-ignored', 'in-flight-ignored', 'approval-check-off', 'unknown-order-ignored'];

it.each(QUICK)(
  'the simulation finds the bug %s',
  async (name) => {
    const mutation = MUTATIONS.find((one) => one.name === name)!;
    const signal = new AbortController().signal;
    const [tried] = await tryMutations([mutation], { settings: settingsOfOneMarket(), jobs: 2, signal });
    expect(tried).toMatchObject({ name, caught: true });
  },
  300_000,
);
