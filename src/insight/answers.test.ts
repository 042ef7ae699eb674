import { describe, expect, it } from 'vitest';
import { MARKET_INSIGHT, OPINIONS } from './answers.ts';
import { marketInsightOf, opinionsOf } from './fixtures/markets.ts';
import { off } from './off.ts';
import type { FailureCode } from './port.ts';

const SYMBOLS = ['BTCUSDC', 'ETHUSDC'];

/** Every schema within a schema. */
function* within(schema: unknown): Generator<Record<string, unknown>> {
  if (typeof schema !== 'object' || schema === null) return;
  if (!Array.isArray(schema) && 'type' in schema) yield schema as Record<string, unknown>;
  for (const one of Object.values(schema)) yield* within(one);
}

describe('the form of an answer', () => {
  it.each([OPINIONS, MARKET_INSIGHT])('$name is one that the strict mode of structured outputs takes', (form) => {
    const all = [...within(form.jsonSchema(SYMBOLS))];
    expect(all.length).toBeGreaterThan(5);
    for (const schema of all) {
      // What else there is (pattern, minimum, maxLength …) is refused, and every property has to be required.
      const known = ['type', 'properties', 'required', 'additionalProperties', 'items', 'enum'];
      expect(known).toEqual(expect.arrayContaining(Object.keys(schema)));
      if (schema.type !== 'object') continue;
      expect(schema.additionalProperties).toBe(false);
      expect(schema.required).toEqual(Object.keys(schema.properties as object));
    }
    expect(all.filter((schema) => schema.enum !== undefined)[0]!.enum).toEqual(SYMBOLS);
  });

  it('leaves out markets without an opinion, and takes no other', () => {
    expect(OPINIONS.parse(opinionsOf('ETHUSDC'), SYMBOLS).markets).toHaveLength(1);
    expect(() => OPINIONS.parse(opinionsOf('DOGEUSDC'), SYMBOLS)).toThrow(/"DOGEUSDC" was not asked about/);
    expect(() => OPINIONS.parse(opinionsOf('ETHUSDC', 'ETHUSDC'), SYMBOLS)).toThrow(/ETHUSDC is there twice/);
  });

  it('holds numbers to their ranges and texts to their lengths', () => {
    const with_ = (more: object) =>
      JSON.stringify({ markets: [{ symbol: 'BTCUSDC', lean: 0, doubt: 0, reason: 'none', ...more }] });
    expect(() => OPINIONS.parse(with_({ lean: 1.01 }), SYMBOLS)).toThrow(/markets.0.lean/);
    expect(() => OPINIONS.parse(with_({ doubt: -0.01 }), SYMBOLS)).toThrow(/markets.0.doubt/);
    expect(() => OPINIONS.parse(with_({ lean: null }), SYMBOLS)).toThrow(/markets.0.lean/);
    expect(() => OPINIONS.parse(with_({ reason: 'x'.repeat(301) }), SYMBOLS)).toThrow(/markets.0.reason/);
    expect(() => OPINIONS.parse(with_({ reason: ' \n ' }), SYMBOLS)).toThrow(/markets.0.reason: expected a text/);
    expect(() => OPINIONS.parse(with_({ target: 1 }), SYMBOLS)).toThrow(/markets.0/);
    expect(() => OPINIONS.parse('[', SYMBOLS)).toThrow('answer: not JSON');
  });

  it('makes one harmless line of each text', () => {
    const text = marketInsightOf('BTCUSDC').replace('A quiet market', 'A\\u001b[2J quiet\\n\\u202emarket');
    expect(MARKET_INSIGHT.parse(text, SYMBOLS).headline).toBe('A [2J quiet market');
  });
});

describe('the adviser that is off', () => {
  it('answers nothing, and says why', async () => {
    const none = off('no key');
    const expected = { ok: false, code: 'off' satisfies FailureCode, reason: 'no key' };
    expect(await none.enhancePrediction({ markets: [] })).toEqual(expected);
    expect(await none.generateMarketInsight({ markets: [] })).toEqual(expected);
    expect(none.status()).toMatchObject({ state: 'off', detail: 'no key', budget: { budgetDayUsd: 0 } });
  });
});
