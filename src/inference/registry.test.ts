import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { tinyFolder, tinyRegistry } from './fixtures/model_folder.ts';
import { parseRef, refText } from './model_format.ts';
import { ModelRegistry } from './registry.ts';

const root = mkdtempSync(join(tmpdir(), 'flashmm-registry-'));
let made = 0;

afterAll(() => rmSync(root, { recursive: true }));

const ref = (text: string) => parseRef(text)!;

/** A registry with a shipped champion and three models of the operator's. */
function registry(): { registry: ModelRegistry; own: string; shipped: string } {
  made += 1;
  const [own, shipped] = [join(root, `${made}`, 'own'), join(root, `${made}`, 'shipped')];
  tinyFolder(shipped, 'sei-trees/1');
  tinyFolder(shipped, 'binance-linear/1');
  tinyRegistry(shipped, { sei: { champion: 'sei-trees/1' }, binance: { champion: 'binance-linear/1' } });
  for (const model of ['sei-trees/2', 'sei-trees/3', 'sei-lstm/1']) tinyFolder(own, model);
  return { registry: new ModelRegistry(own, shipped), own, shipped };
}

describe('the registry of models', () => {
  it('knows the shipped models and the operator’s, and serves as shipped until told otherwise', () => {
    const { registry: models } = registry();
    expect(models.all().map((one) => `${refText(one.ref)} ${one.source}`)).toEqual([
      'binance-linear/1 shipped',
      'sei-lstm/1 own',
      'sei-trees/1 shipped',
      'sei-trees/2 own',
      'sei-trees/3 own',
    ]);
    expect(models.serving('sei')).toEqual({ champion: 'sei-trees/1', challenger: null, previous: [] });
    expect(models.nextVersion({ domain: 'sei', kind: 'trees' })).toBe(4);
    expect(models.nextVersion({ domain: 'sei', kind: 'ensemble' })).toBe(1);
  });

  it('promotes and rolls back without touching what is shipped', () => {
    const { registry: models, own, shipped } = registry();
    const before = readFileSync(join(shipped, 'registry.json'), 'utf8');
    const revision = models.revision();
    models.promote(ref('sei-lstm/1'), 'challenger');
    models.promote(ref('sei-trees/2'));
    expect(models.serving('sei')).toEqual({
      ...{ champion: 'sei-trees/2', challenger: 'sei-lstm/1', previous: ['sei-trees/1'] },
    });
    expect(models.revision()).not.toBe(revision);
    expect(models.promote(ref('sei-lstm/1'))).toEqual({
      ...{ champion: 'sei-lstm/1', challenger: null, previous: ['sei-trees/1', 'sei-trees/2'] },
    });
    expect(models.rollback('sei').champion).toBe('sei-trees/2');
    expect(models.rollback('sei')).toEqual({ champion: 'sei-trees/1', challenger: null, previous: [] });
    expect(() => models.rollback('sei')).toThrow('sei has no champion before sei-trees/1');
    expect(models.serving('binance').champion).toBe('binance-linear/1');
    expect(readFileSync(join(shipped, 'registry.json'), 'utf8')).toBe(before);
    expect(JSON.parse(readFileSync(join(own, 'registry.json'), 'utf8'))).toMatchObject({
      format: 'flashmm-registry/1',
    });
  });

  it('refuses what makes no sense, and leaves no lock behind', () => {
    const { registry: models } = registry();
    expect(() => models.promote(ref('sei-trees/9'))).toThrow('there is no model sei-trees/9');
    expect(() => models.promote(ref('sei-trees/1'))).toThrow('sei-trees/1 is the champion already');
    expect(() => models.promote(ref('sei-trees/1'), 'challenger')).toThrow('cannot challenge itself');
    expect(() => models.rollback('sei', 'challenger')).toThrow('sei has no challenger');
    expect(models.promote(ref('sei-trees/2')).champion).toBe('sei-trees/2');
  });

  it('lets one command at a time change it, and takes over from one that died', () => {
    const { registry: models, own } = registry();
    const lock = join(own, 'registry.json.new');
    writeFileSync(lock, '');
    expect(() => models.promote(ref('sei-trees/2'))).toThrow('another command is changing');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    expect(models.promote(ref('sei-trees/2')).champion).toBe('sei-trees/2');
  });

  it.each([
    ['{', /registry\.json is no JSON: /],
    ['{"format":"flashmm-registry/2","domains":{}}', /registry\.json: format: "flashmm-registry\/2": /],
    [
      '{"format":"flashmm-registry/1","domains":{"sei":{"champion":"best","challenger":null,"previous":[]}}}',
      /registry\.json: domains\.sei\.champion: "best": expected DOMAIN-KIND\/VERSION/,
    ],
  ])('names file, field and value of %s', (text, message) => {
    const { registry: models, own } = registry();
    writeFileSync(join(own, 'registry.json'), text);
    expect(() => models.serving('sei')).toThrow(message);
    expect(() => models.promote(ref('sei-trees/2'))).toThrow(message);
    expect(readFileSync(join(own, 'registry.json'), 'utf8')).toBe(text);
  });

  it('keeps champion, challenger and previous consistent through any sequence of commands', () => {
    const commands = fc.array(
      fc.record({
        model: fc.constantFrom('sei-trees/1', 'sei-trees/2', 'sei-trees/3', 'sei-lstm/1'),
        role: fc.constantFrom('champion' as const, 'challenger' as const),
        back: fc.boolean(),
      }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(commands, (sequence) => {
        const { registry: models } = registry();
        const champions = ['sei-trees/1'];
        for (const { model, role, back } of sequence) {
          const before = models.serving('sei');
          try {
            if (back) models.rollback('sei', role);
            else models.promote(ref(model), role);
          } catch {
            expect(models.serving('sei')).toEqual(before);
            continue;
          }
          if (role === 'champion' && back) champions.pop();
          else if (role === 'champion') champions.push(model);
          const now = models.serving('sei');
          expect([...now.previous, now.champion]).toEqual(champions);
          expect(now.challenger).not.toBe(now.champion);
        }
      }),
      { numRuns: 8 },
    );
  });
});
