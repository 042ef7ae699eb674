import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../streams/decisions.ts';
import { canonical, DecisionDigest } from './decision_digest.ts';

const resync = (seq: number, reason = 'gapped'): Decision => ({
  kind: 'resync',
  seq,
  timeUs: 1,
  causes: [],
  market: 'BTCUSDC',
  reason,
});

describe('the decision digest', () => {
  it('is the chain that the definition says', () => {
    const digest = new DecisionDigest();
    digest.add(resync(1));
    const text = '{"causes":[],"kind":"resync","market":"BTCUSDC","reason":"gapped","seq":1,"timeUs":1}';
    expect(canonical(resync(1))).toBe(text);
    expect(digest.hash).toBe(createHash('sha256').update('0'.repeat(64)).update(text).digest('hex'));
    expect(digest.decisions).toBe(1);
  });

  it('can be left anywhere and taken up again', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 20 }), fc.nat(20), (reasons, at) => {
        const whole = new DecisionDigest();
        let parted = new DecisionDigest();
        reasons.forEach((reason, i) => {
          if (i === at) parted = new DecisionDigest(JSON.parse(JSON.stringify(parted.mark())));
          whole.add(resync(i, reason));
          parted.add(resync(i, reason));
        });
        expect(parted.mark()).toEqual(whole.mark());
      }),
    );
  });

  it('does not depend on the order of keys, and does on the order of decisions', () => {
    const { kind, ...rest } = resync(1) as Extract<Decision, { kind: 'resync' }>;
    expect(canonical({ ...rest, kind })).toBe(canonical(resync(1)));
    const forth = new DecisionDigest();
    const back = new DecisionDigest();
    for (const seq of [1, 2]) forth.add(resync(seq));
    for (const seq of [2, 1]) back.add(resync(seq));
    expect(back.hash).not.toBe(forth.hash);
  });

  it('refuses what JSON cannot hold', () => {
    expect(() => canonical(resync(Number.NaN))).toThrow();
    expect(() => canonical(resync(1n as unknown as number))).toThrow();
  });
});
