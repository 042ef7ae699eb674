import { writeFileSync } from 'node:fs';
import { cliReference } from '../src/cli/reference.ts';
import { REGISTRY } from '../src/cli/registry.ts';
import { configReference } from '../src/config/reference.ts';
import { featuresReference } from '../src/inference/features_reference.ts';

/** Writes the reference pages that are made from the code; tests fail while they are outdated. */
const PAGES = {
  'configuration.md': configReference(),
  'cli.md': await cliReference(REGISTRY),
  'reference/features.md': featuresReference(),
};

for (const [name, text] of Object.entries(PAGES)) writeFileSync(new URL(name, import.meta.url), text);
