import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionStatus } from '../api/status.ts';
import { DRAWDOWN, LOG, SESSION } from './fixtures/session.ts';
import { ansiText, type Line, plainText, widthOf } from './line.ts';
import { view } from './view.ts';

const model = { status: SESSION, selected: 'BTCUSDC', log: LOG };
const text = (lines: readonly Line[]) => lines.map((line) => plainText(line).trimEnd()).join('\n');
const with0 = (change: Partial<SessionStatus['markets'][number]>): typeof model => ({
  ...model,
  status: { ...SESSION, markets: [{ ...SESSION.markets[0]!, ...change }, ...SESSION.markets.slice(1)] },
});

describe('the view', () => {
  it.each([
    [80, 24],
    [120, 40],
    [200, 50],
  ])('draws %i × %i', async (columns, rows) => {
    await expect(`${text(view(model, columns, rows))}\n`).toMatchFileSnapshot(`fixtures/view_${columns}x${rows}.txt`);
  });

  it('fills any screen exactly, whatever is selected and however much there is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 260 }),
        fc.integer({ min: 1, max: 90 }),
        fc.constantFrom('BTCUSDC', 'SEIUSDC', 'ATOMUSDC', 'absent'),
        fc.integer({ min: 0, max: 16 }),
        (columns, rows, selected, count) => {
          const markets = Array.from({ length: count }, (_, i) => SESSION.markets[i % 4]!);
          const lines = view({ ...model, selected, status: { ...SESSION, markets } }, columns, rows);
          expect(lines).toHaveLength(rows);
          for (const line of lines) expect(widthOf(line)).toBe(columns);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('lets no control character through from what came from outside', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (foreign) => {
        const chain = { ...SESSION.chain, chain_id: foreign };
        const holds = [{ ...DRAWDOWN, text: foreign, undo: foreign }];
        const status = { ...SESSION, chain, trading: 'halted' as const, holds };
        const log = [{ timeMs: 0, level: 'info' as const, text: foreign }];
        const lines = view({ ...model, status, log }, 120, 40);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
        expect(text(lines)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
        for (const line of lines) expect(widthOf(line)).toBe(120);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the ladder', () => {
  const shown = (change: Parameters<typeof with0>[0]) => text(view(with0(change), 80, 24));

  it('tells what rests from what is on its way', () => {
    const wished = shown({ our_bid: { price: '61234.3', size: '0.5' } });
    expect(wished).toMatch(/61234\.3\s+◇ 0\.5/);
    expect(wished).toMatch(/61234\.1 .*◆ 0\.0032/);
  });

  it('shows our quote in the place of the last level when it is further out', () => {
    expect(shown({ our_ask: { price: '61299.0', size: '0.25' }, book: plainBook() })).toMatch(/61299\.0\s+◇ 0\.25/);
  });

  it('says why nothing is quoted', () => {
    expect(shown({ state: 'gapped' })).toContain('not quoted: the book is gapped');
    expect(shown({ withheld: 'position limit' })).toContain('position limit');
  });

  it('shows no quote on its way while trading is paused', () => {
    const paused = { ...model, status: { ...SESSION, trading: 'paused' as const } };
    const book = text(view(paused, 80, 24))
      .split('\n')
      .slice(0, -1)
      .join('\n');
    expect(book).toContain('61234.5 · paused');
    expect(book).not.toContain('◇');
    expect(book).toContain('◆');
  });

  it('says while it does not simply trade since when, why, and what undoes it', () => {
    const halted = { ...model, status: { ...SESSION, trading: 'halted' as const, holds: [DRAWDOWN, DRAWDOWN] } };
    const [, , row] = text(view(halted, 120, 40)).split('\n');
    expect(row).toMatch(
      /^ HALTED {2}since 03:03:05 {2}drawdown 5\.2 % .* and … → flashmm resume --clear-halt drawdown$/,
    );
    expect(text(view(halted, 120, 40))).not.toContain(' p pause');
  });

  it('stands an empty book', () => {
    expect(shown({ book: { bids: [], asks: [] }, our_bid: null, our_ask: null })).toContain('BTCUSDC');
  });
});

describe('colour', () => {
  it('only adds escape codes to the same text', () => {
    const lines = view(model, 100, 30);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one
    const stripped = lines.map((line) => ansiText(line, true).replace(/\u001b\[[\d;]*m/g, ''));
    expect(stripped).toEqual(lines.map((line) => ansiText(line, false)));
    expect(lines.map((line) => ansiText(line, true)).join('')).toContain('\u001b[');
  });

  it('makes live trading unmistakable', () => {
    const [first] = view({ ...model, status: { ...SESSION, mode: 'live' } }, 100, 30);
    expect(first).toContainEqual({ text: ' LIVE ', style: 'alarm' });
  });
});

function plainBook(): SessionStatus['markets'][number]['book'] {
  const { bids, asks } = SESSION.markets[0]!.book;
  return { bids, asks: asks.map((level) => ({ ...level, own_size: '0' })) };
}
