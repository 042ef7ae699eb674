import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cliReference } from './reference.ts';
import { REGISTRY } from './registry.ts';

it('is what docs/cli.md says', async () => {
  const page = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
  expect(page, "outdated: run 'npm run docs:reference'").toBe(await cliReference(REGISTRY));
});
