import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FAULT_KINDS, FAULTS } from '../../src/simulate/faults.ts';
import { MUTATIONS } from '../../src/simulate/mutations/mutations.ts';
import { BLOCKS_MOST, INVARIANT_NAMES } from '../../src/simulate/observer/invariant.ts';
import { CALM_AT_END_MS } from '../../src/simulate/plan.ts';

const page = readFileSync(new URL('../../docs/simulation.md', import.meta.url), 'utf8');

it('docs/simulation.md tells of every fault, invariant and bug as the code does', () => {
  for (const kind of FAULT_KINDS) expect(page).toContain(`| \`${kind}\` | ${FAULTS[kind].summary} |`);
  for (const { name, bug, shows } of MUTATIONS)
    expect(page).toContain(`| \`${name}\` | ${bug} | ${shows.join(', ')} |`);
  for (const name of INVARIANT_NAMES) expect(page).toContain(`| \`${name}\` |`);
  expect(page).toContain(`**n = ${BLOCKS_MOST.known}**`);
  expect(page).toContain(`**m = ${BLOCKS_MOST.cancelled}**`);
  expect(page).toContain(`within **${BLOCKS_MOST.ended}** quiet blocks`);
  expect(page).toContain(`${CALM_AT_END_MS / 1_000} s of a run`);
});
