import { describe, expect, it } from 'vitest';
import { verified } from '../src/cli/commands/models_verify.ts';
import { DOMAINS, refText } from '../src/inference/model_format.ts';
import { ModelRegistry } from '../src/inference/registry.ts';

/** Looked at by the command and the bench: a busy machine is no fault of a model. */
const TIMED = 'latency';

describe('the shipped models', () => {
  const registry = new ModelRegistry('');

  it.each(registry.all().map((folder) => ({ name: refText(folder.ref), folder })))(
    '$name is what its card says and answers as in training',
    async ({ folder }) => {
      const { checks } = await verified(folder);
      expect(checks.filter(({ name, passed }) => name !== TIMED && !passed)).toEqual([]);
      expect(checks.map(({ name }) => name)).toContain('golden');
    },
  );

  it.each(DOMAINS)('serve the domain %s by default', (domain) => {
    const { champion } = registry.serving(domain);
    expect(registry.all().map(({ ref }) => refText(ref))).toContain(champion);
  });
});
