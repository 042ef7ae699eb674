import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { featuresHash } from './features_hash.ts';
import { featuresReference } from './features_reference.ts';

it('is what docs/reference/features.md says', () => {
  const page = readFileSync(new URL('../../docs/reference/features.md', import.meta.url), 'utf8');
  expect(page, "outdated: run 'npm run docs:reference'").toBe(featuresReference());
  expect(page).toContain(featuresHash());
});
