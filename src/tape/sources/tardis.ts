import { KIND, NO_ID, SIDE } from '../rows.ts';
import { LevelView, putClear } from './level_view.ts';
import { RowError } from './row_error.ts';
import type { RowMaker } from './row_maker.ts';
import type { TextLayout } from './text_format.ts';

const BEGINNING = 'exchange,symbol,timestamp,local_timestamp,';

/** Names of Tardis's exchanges that we know under others. */
const VENUES: Readonly<Record<string, string>> = {
  binance: 'binance-spot',
  'binance-futures': 'binance-usdm',
  'binance-delivery': 'binance-coinm',
};

/**
 * The layouts of Tardis's downloadable CSV files (docs.tardis.dev, "Data types") by their header: `incremental_book_L2`,
 * `trades`, `book_snapshot_5` and `_25`, `quotes` and `book_ticker`. Times are microseconds.
 */
export function tardisLayout(header: string): (() => TextLayout) | undefined {
  if (!header.startsWith(BEGINNING)) return undefined;
  const columns = header.slice(BEGINNING.length);
  const width = header.split(',').length;
  if (columns === 'is_snapshot,side,price,amount')
    return () => layout('tardis incremental_book_L2', width, incremental());
  if (columns === 'id,side,price,amount') return () => layout('tardis trades', width, readTrade);
  if (columns === 'ask_amount,ask_price,bid_price,bid_amount') return () => layout('tardis quotes', width, readQuote);
  if (/^asks\[0\]\.price,asks\[0\]\.amount,bids\[0\]\.price,bids\[0\]\.amount/.test(columns)) {
    return () => layout('tardis book_snapshot', width, wholeBooks());
  }
  return undefined;
}

type Read = (fields: readonly string[], maker: RowMaker) => void;

function layout(name: string, width: number, read: Read): TextLayout {
  return {
    format: 'tardis',
    name,
    header: true,
    read(fields, maker) {
      if (fields.length !== width) throw new RowError('malformed', `${fields.length} fields: expected ${width}`);
      maker.market(fields[1]!, VENUES[fields[0]!] ?? fields[0]!);
      maker.received(fields[3]!, 'us', 'local_timestamp');
      maker.happened(fields[2]!, 'us', 'timestamp');
      maker.noIds();
      read(fields, maker);
    },
  };
}

/** Rows of one local timestamp are one message. A snapshot after updates means that the connection was lost in between. */
function incremental(): Read {
  let before: 'nothing' | 'snapshot' | 'update' = 'nothing';
  return (fields, maker) => {
    const [, , , time, snapshot, side, price, size] = fields as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    if (snapshot !== 'true' && snapshot !== 'false') {
      throw new RowError('malformed', `is_snapshot '${snapshot}': expected true or false`);
    }
    if (side !== 'bid' && side !== 'ask') throw new RowError('malformed', `side '${side}': expected bid or ask`);
    if (before === 'nothing' && snapshot === 'false') {
      // By Tardis's own word: updates that came while the first snapshot was on its way, and are part of it.
      maker.note('before the first snapshot', 'an update, left out');
      return;
    }
    maker.begin(`${time} ${snapshot}`);
    if (snapshot === 'true' && before !== 'snapshot') putClear(maker, before === 'update');
    before = snapshot === 'true' ? 'snapshot' : 'update';
    const kind = snapshot === 'true' ? KIND.snapshotLevel : KIND.level;
    maker.put(kind, side === 'bid' ? SIDE.buy : SIDE.sell, plain(price), plain(size));
  };
}

function readTrade(fields: readonly string[], maker: RowMaker): void {
  const [, , , , id, side, price, size] = fields as [string, string, string, string, string, string, string, string];
  if (side !== 'buy' && side !== 'sell' && side !== 'unknown') {
    throw new RowError('malformed', `side '${side}': expected buy, sell or unknown`);
  }
  // Some exchanges have texts for ids.
  const number = /^\d{1,15}$/.test(id) ? Number(id) : NO_ID;
  maker.row.firstId = number;
  maker.row.lastId = number;
  maker.endMessage();
  maker.put(KIND.trade, side === 'unknown' ? SIDE.none : SIDE[side], plain(price), plain(size));
  maker.endMessage();
}

function readQuote(fields: readonly string[], maker: RowMaker): void {
  const [askSize, askPrice, bidPrice, bidSize] = fields.slice(4) as [string, string, string, string];
  maker.endMessage();
  // A side without a price is empty.
  maker.put(KIND.best, SIDE.buy, plain(bidPrice || '0'), plain(bidSize || '0'));
  maker.put(KIND.best, SIDE.sell, plain(askPrice || '0'), plain(askSize || '0'));
  maker.endMessage();
}

function wholeBooks(): Read {
  const view = new LevelView();
  return (fields, maker) => {
    const bids: [string, string][] = [];
    const asks: [string, string][] = [];
    for (let i = 4; i + 3 < fields.length; i += 4) {
      if (fields[i] !== '') asks.push([plain(fields[i]!), plain(fields[i + 1]!)]);
      if (fields[i + 2] !== '') bids.push([plain(fields[i + 2]!), plain(fields[i + 3]!)]);
    }
    maker.endMessage();
    view.put(bids, asks, maker);
    maker.endMessage();
  };
}

/** Small numbers stand there as 1e-7. */
function plain(text: string): string {
  if (!/e/i.test(text)) return text;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value.toFixed(12).replace(/\.?0+$/, '') : text;
}
