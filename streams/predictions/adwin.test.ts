import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Adwin } from './adwin.ts';

interface Golden {
  readonly seed: number;
  readonly parts: readonly (readonly [count: number, share: number])[];
  readonly cuts: readonly (readonly [at: number, width: number])[];
  readonly looks: readonly (readonly [at: number, width: number, total: number, variance: number])[];
}

const GOLDEN = JSON.parse(readFileSync(new URL('golden/adwin.json', import.meta.url), 'utf8')) as readonly Golden[];

/** The streams of golden/adwin.py. */
function* stream(seed: number, parts: Golden['parts']): Generator<number> {
  let state = BigInt(seed);
  const next = (): number => {
    state = (1_103_515_245n * state + 12_345n) % 2n ** 31n;
    return Number(state >> 8n);
  };
  for (const [count, share] of parts) {
    for (let i = 0; i < count; i += 1) {
      const high = next() % 1_000 < share * 1_000;
      yield ((next() % 500) + (high ? 500 : 0)) / 999;
    }
  }
}

describe('ADWIN', () => {
  it.each(GOLDEN)('cuts where River does (seed $seed)', ({ seed, parts, cuts, looks }) => {
    const adwin = new Adwin(0.002);
    const [seen, looked]: [number[][], number[][]] = [[], []];
    let i = 0;
    for (const value of stream(seed, parts)) {
      const cut = adwin.add(value);
      if (cut !== null) seen.push([i, cut.width]);
      if (i % 97 === 0) looked.push([i, adwin.width, adwin.encode().total, adwin.encode().variance]);
      i += 1;
    }
    expect(seen).toEqual(cuts);
    for (const [k, [at, width, total, variance]] of looks.entries()) {
      expect(looked[k]!.slice(0, 2)).toEqual([at, width]);
      expect(looked[k]![2]).toBeCloseTo(total, 8);
      expect(looked[k]![3]).toBeCloseTo(variance, 8);
    }
  });

  it('says what the mean was before and is now', () => {
    const adwin = new Adwin(0.002);
    const cuts = [...Array<number>(640).fill(0.2), ...Array<number>(320).fill(0.8)].map((value) => adwin.add(value));
    const cut = cuts.find((one) => one !== null)!;
    expect(cut.before).toBeLessThan(0.3);
    expect(adwin.mean).toBeCloseTo(0.8, 1);
  });

  it('has a mean within what it saw, few buckets, and the same future after a restore', () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 600 });
    fc.assert(
      fc.property(values, fc.nat(600), (all, at) => {
        let adwin = new Adwin(0.05);
        const plain = new Adwin(0.05);
        for (const [i, value] of all.entries()) {
          if (i === at) adwin = Adwin.decode(0.05, JSON.parse(JSON.stringify(adwin.encode())));
          expect(adwin.add(value)).toEqual(plain.add(value));
        }
        const { rows, width } = adwin.encode();
        expect(rows.reduce((sum, row, r) => sum + (row.length / 2) * 2 ** r, 0)).toBe(width);
        expect(rows.every((row) => row.length <= 10)).toBe(true);
        expect(adwin.mean).toBeGreaterThanOrEqual(Math.min(...all, 0) - 1e-9);
        expect(adwin.mean).toBeLessThanOrEqual(Math.max(...all, 0) + 1e-9);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a delta that is no probability', () => {
    expect(() => new Adwin(0)).toThrow('delta 0: expected above 0');
  });
});
