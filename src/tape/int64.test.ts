import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeNanos, loadInteger, loadSeconds, nanosSince, storeInteger, storeNanos } from './int64.ts';

const seconds = fc.integer({ min: 0, max: 4_500_000_000 });
const nanos = fc.integer({ min: 0, max: 999_999_999 });
const bigintIn = (words: Uint32Array): bigint => new BigInt64Array(words.buffer)[0]!;

it('stores times as the nanoseconds that a BigInt counts, and gives them back', () => {
  fc.assert(
    fc.property(seconds, nanos, (s, ns) => {
      const words = new Uint32Array(2);
      storeNanos(words, 0, s, ns);
      expect(bigintIn(words)).toBe(BigInt(s) * 1_000_000_000n + BigInt(ns));
      expect(loadSeconds(words, 0)).toBe(s);
      expect(nanosSince(words, 0, s)).toBe(ns);
    }),
  );
});

it('counts from an origin exactly, 100 days either way', () => {
  const days = fc.integer({ min: -8_640_000, max: 8_640_000 });
  fc.assert(
    fc.property(fc.integer({ min: 1e9, max: 4e9 }), days, nanos, (originS, farS, ns) => {
      const words = new Uint32Array(2);
      storeNanos(words, 0, originS + farS, ns);
      const decoded = new Float64Array(1);
      decodeNanos(words, 1, originS, decoded);
      expect(BigInt(decoded[0]!)).toBe(BigInt(farS) * 1_000_000_000n + BigInt(ns));
    }),
  );
});

it('takes no time for no time', () => {
  const decoded = new Float64Array(1);
  decodeNanos(new Uint32Array(2), 1, 1_723_161_255, decoded);
  expect(decoded[0]).toBeNaN();
});

it('stores integers of either sign up to 2^53', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const words = new Uint32Array(2);
      storeInteger(words, 0, value);
      expect(bigintIn(words)).toBe(BigInt(value));
      expect(loadInteger(words, 0)).toBe(value);
    }),
  );
});
