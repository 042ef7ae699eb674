import { format, inspect } from 'node:util';
import { expect, it } from 'vitest';
import { REDACTED, Secret } from './secret.ts';

it('shows itself nowhere but through reveal', () => {
  const secret = new Secret('hunter2');
  const shown = [
    `${secret}`,
    `a${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true, depth: 9 }),
    inspect({ nested: [secret] }, { customInspect: false, showHidden: true }),
    format('%s %o %O %j', secret, secret, secret, secret),
    Object.entries(secret).join(),
  ];
  expect(shown.join()).not.toContain('hunter2');
  expect(`${secret}`).toBe(REDACTED);
  expect(secret.reveal()).toBe('hunter2');
});
