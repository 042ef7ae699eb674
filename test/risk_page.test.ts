import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SECTIONS } from '../src/config/schema.ts';
import { BREAKER_ACTIONS } from '../streams/guard/breakers.ts';
import { CAUSES } from '../streams/trading/causes.ts';

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'risk.md'), 'utf8');

const text = [...page.matchAll(/`(risk|breakers)\.([a-z_]+)`/g)].map(([, section, key]) => [section!, key!] as const);

it.each(Object.entries(CAUSES))(
  'docs/risk.md says of the cause %s what the table in the code says',
  (code, { state, undo }) => {
    const found = page.split('\n').find((line) => line.startsWith(`| \`${code}\` | ${state} |`));
    expect(found?.endsWith(`| ${undo} |`)).toBe(true);
  },
);

it.each(Object.entries(BREAKER_ACTIONS))('docs/risk.md says what the breaker %s does', (name, action) => {
  const cells = page.split('\n').filter((line) => line.startsWith(`| \`${name}\` |`));
  expect(cells.some((line) => line.includes(`| ${action} |`))).toBe(true);
});

it('docs/risk.md names keys that there are', () => {
  expect(text.length).toBeGreaterThan(15);
  for (const [section, key] of text) expect(Object.keys(SECTIONS[section as 'risk'].shape)).toContain(key);
});
