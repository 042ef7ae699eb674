import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeenRows } from '../../streams/simulation/rows.ts';
import type { RowPages } from '../../streams/simulation/simulated_market.ts';
import { TapeFolder } from '../../test/tape_files.ts';
import { Tape } from '../tape/reader.ts';
import { BATCH_ROWS, blankRow, FLAG, KIND, SIDE } from '../tape/rows.ts';
import { TapeWriter } from '../tape/writer.ts';
import { type FeedTiming, LoadedPages, TapePages } from './tape_pages.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const BATCHES = 3;
const BEGIN_S = 1_700_000_000;
/** From row to row of the exchange, and to our knowing of each. */
const STEP_NS = 1_000;
const LAG_NS = 250;

/** Rows of one after another; every hundredth states no event time, and every thousandth one that is late. */
let tape: Tape;
beforeAll(() => {
  const market = { symbol: 'MADEUP', venue: 'made-up', base: 'A', quote: 'B', tickSize: '1', lotSize: '1' } as const;
  const metadata = {
    market: { ...market, contract: 'linear', contractSize: '1' },
    origin: { format: 'made', files: [] },
  } as const;
  const path = `${folder.path}/pages.arrow`;
  const writer = new TapeWriter(path, metadata);
  const row = blankRow();
  row.kind = KIND.level;
  row.side = SIDE.buy;
  row.flags = FLAG.end | FLAG.exchange | FLAG.local;
  for (let i = 0; i < BATCHES * BATCH_ROWS; i += 1) {
    const stated = i % 100 !== 99;
    const late = i % 1_000 === 500 ? 5 * STEP_NS : 0;
    row.receiveS = BEGIN_S;
    row.receiveNs = 1_000_000 + i * STEP_NS + LAG_NS;
    row.eventS = stated ? BEGIN_S : 0;
    row.eventNs = stated ? 1_000_000 + i * STEP_NS - late : 0;
    row.tick = 100;
    row.lots = i;
    writer.push(row);
  }
  writer.close();
  tape = Tape.open(path);
});
afterAll(() => tape.close());

const EVENT: FeedTiming = { feedLatencyNs: 0, exchangeClock: 'event' };

/** Sizes and both times of all rows, as a reader goes through them. */
function* through(pages: RowPages, reader: 0 | 1): Generator<readonly [number, number, number]> {
  let page: SeenRows | undefined;
  for (let index = 0; ; index += 1) {
    page = pages.page(reader, index);
    if (page === undefined) return;
    for (let at = 0; at < page.length; at += 1) yield [page.lots[at]!, page.exchangeNs[at]!, page.localNs[at]!];
  }
}

/** The row of a number has its size, and times that are what is stated or those of the row before. */
function check(row: readonly [number, number, number], number: number, timing: FeedTiming = EVENT): boolean {
  const [lots, exchangeNs, localNs] = row;
  // A late row follows one that states no time.
  const held = number % 100 === 99 ? number - 1 : number % 1_000 === 500 ? number - 2 : number;
  const happenedNs = 1_000_000 + held * STEP_NS;
  const receivedNs = 1_000_000 + number * STEP_NS + LAG_NS;
  const theirs = timing.exchangeClock === 'event' ? happenedNs : receivedNs;
  return lots === number && exchangeNs === theirs && localNs === receivedNs + timing.feedLatencyNs;
}

describe('pages of a tape', () => {
  it.each<[string, FeedTiming]>([
    ['by the exchange\u2019s own times', EVENT],
    ['by receive times, and later than these', { feedLatencyNs: 7_000, exchangeClock: 'receive' }],
  ])('hold each row once with times that never fall, %s', (_how, timing) => {
    for (const pages of [new TapePages(tape, timing), new LoadedPages(tape, timing)]) {
      for (const reader of [0, 1] as const) {
        let rows = 0;
        let right = 0;
        for (const row of through(pages, reader)) {
          if (check(row, rows, timing)) right += 1;
          rows += 1;
        }
        expect([rows, right]).toEqual([BATCHES * BATCH_ROWS, BATCHES * BATCH_ROWS]);
      }
    }
  });

  it('are the same for a reader that is more than a page behind, or ahead of it by one', () => {
    for (const behind of [0, 1, 1.5, 2] as const) {
      const pages = new TapePages(tape, EVENT);
      const [theirs, ours] = [through(pages, 0), through(pages, 1)];
      const lead = behind * BATCH_ROWS;
      let right = 0;
      for (let step = 0; step < BATCHES * BATCH_ROWS + lead; step += 1) {
        if (step < BATCHES * BATCH_ROWS && check(theirs.next().value!, step)) right += 1;
        if (step >= lead && check(ours.next().value!, step - lead)) right += 1;
      }
      expect(right).toBe(2 * BATCHES * BATCH_ROWS);
    }
  });

  it('are one page to both readers where they are at the same one, and none behind the last', () => {
    const pages = new TapePages(tape, EVENT);
    expect(pages.page(0, 0)).toBe(pages.page(1, 0));
    const second = pages.page(0, 1);
    expect(pages.page(1, 0)).not.toBe(second);
    expect(pages.page(1, 1)).toBe(second);
    expect(pages.page(0, BATCHES)).toBe(undefined);
    const loaded = new LoadedPages(tape, EVENT);
    expect(loaded.page(0, 2)).toBe(loaded.page(1, 2));
    expect(loaded.page(0, 3)).toBe(undefined);
  });
});
