import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { KNOWN_KEYS } from './keys.ts';
import { configReference, expectedOf } from './reference.ts';

it('is what docs/configuration.md says', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  expect(page, "outdated: run 'npm run docs:reference'").toBe(configReference());
});

it('says of every key what it expects', () => {
  for (const { path, schema, meta } of KNOWN_KEYS.values()) {
    expect(expectedOf(schema, meta), path).toMatch(/^(?!.*Invalid input).{5,}/);
  }
});
