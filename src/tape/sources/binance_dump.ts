import { basename } from 'node:path';
import { KIND, SIDE } from '../rows.ts';
import { TapeError } from '../tape_error.ts';
import { putClear } from './level_view.ts';
import { RowError } from './row_error.ts';
import type { RowMaker } from './row_maker.ts';
import type { TextLayout } from './text_format.ts';

/** Where the fields of a trade stand: files of spot and futures, with and without header, differ. */
interface TradeFields {
  readonly name: string;
  readonly width: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly time: number;
  readonly maker: number;
  readonly spot: boolean;
}

/** The four layouts of trades; none has the same width with the time in the same place. */
const TRADES: readonly TradeFields[] = [
  { name: 'binance spot aggTrades', width: 8, firstId: 3, lastId: 4, time: 5, maker: 6, spot: true },
  { name: 'binance futures aggTrades', width: 7, firstId: 3, lastId: 4, time: 5, maker: 6, spot: false },
  { name: 'binance spot trades', width: 7, firstId: 0, lastId: 0, time: 4, maker: 5, spot: true },
  { name: 'binance futures trades', width: 6, firstId: 0, lastId: 0, time: 4, maker: 5, spot: false },
];

const TICKER_HEADER = 'update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time';
const DEPTH_COLUMNS = [
  'symbol',
  'timestamp',
  'first_update_id',
  'last_update_id',
  'side',
  'update_type',
  'price',
  'qty',
];
const PERCENT_HEADER = 'timestamp,percentage,depth,notional';

/**
 * The layouts of Binance's public files (data.binance.vision and its historical order books): `trades`, `aggTrades`,
 * `bookTicker`, `T_DEPTH`. They have the exchange's time only, which is taken for both. Spot times are milliseconds to 2024 and
 * microseconds since.
 *
 * @throws TapeError for bookDepth, which holds sums within percentages of the price and no book
 */
export function binanceLayout(file: string, head: readonly string[]): (() => TextLayout) | undefined {
  const header = (head[0] ?? '').trim();
  if (header === PERCENT_HEADER) {
    throw new TapeError(
      file,
      'bookDepth holds sums within percentages of the price, no levels of a book: expected T_DEPTH',
    );
  }
  const named = /^[a-z_]+,/.test(header);
  const fields = (named ? head[1] : header)?.split(',') ?? [];
  const timed = (at: number): boolean => /^(?:\d{13}|\d{16})$/.test(fields[at] ?? '');
  // Older files have no header.
  const ticker = header === TICKER_HEADER || (!named && fields.length === 7 && timed(5) && timed(6));
  if (ticker) return () => tickerLayout(file, named);
  const columns = header.split(',');
  if (DEPTH_COLUMNS.every((name) => columns.includes(name))) return () => depthLayout(columns);
  const found = TRADES.find(
    (at) => fields.length === at.width && timed(at.time) && /^(?:true|false)$/i.test(fields[at.maker]!),
  );
  return found === undefined ? undefined : () => tradeLayout(file, found, named);
}

/** The symbol in front of a file's name: `BTCUSDT-aggTrades-2024-08-08.zip`, `BTCUSDT_PERP_T_DEPTH_2024-08-08.csv`. */
function symbolIn(file: string): string | undefined {
  return /^([A-Z0-9]+(?:_(?:PERP|\d{6}))?)(?=[-_.])/.exec(basename(file))?.[1];
}

function tell(maker: RowMaker, file: string, spot: boolean): void {
  const symbol = symbolIn(file);
  if (symbol === undefined) return;
  maker.market(symbol, spot ? 'binance-spot' : symbol.includes('_') ? 'binance-coinm' : 'binance-usdm');
}

function tradeLayout(file: string, at: TradeFields, header: boolean): TextLayout {
  return {
    format: 'binance',
    name: at.name,
    header,
    read(fields, maker) {
      if (fields.length !== at.width) throw new RowError('malformed', `${fields.length} fields: expected ${at.width}`);
      const isMaker = fields[at.maker]!.toLowerCase();
      if (isMaker !== 'true' && isMaker !== 'false') {
        throw new RowError('malformed', `is_buyer_maker '${isMaker}': expected true or false`);
      }
      tell(maker, file, at.spot);
      maker.time(fields[at.time]!, 'any', 'time');
      maker.row.firstId = idOf(fields[at.firstId]!, 'id');
      maker.row.lastId = idOf(fields[at.lastId]!, 'id');
      maker.endMessage();
      // Where the buyer rested in the book, the aggressor sold.
      maker.put(KIND.trade, isMaker === 'true' ? SIDE.sell : SIDE.buy, fields[1]!, fields[2]!);
      maker.endMessage();
    },
  };
}

function tickerLayout(file: string, header: boolean): TextLayout {
  return {
    format: 'binance',
    name: 'binance bookTicker',
    header,
    read(fields, maker) {
      if (fields.length !== 7) throw new RowError('malformed', `${fields.length} fields: expected ${TICKER_HEADER}`);
      const [id, bidPrice, bidSize, askPrice, askSize, time] = fields as [
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      tell(maker, file, false);
      maker.time(time, 'any', 'transaction_time');
      maker.noIds();
      maker.row.lastId = idOf(id, 'update_id');
      maker.endMessage();
      maker.put(KIND.best, SIDE.buy, bidPrice, bidSize);
      maker.put(KIND.best, SIDE.sell, askPrice, askSize);
      maker.endMessage();
    },
  };
}

/** Rows of one update id are one message; `snap` rows are a snapshot. Columns beyond the eight, as `trans_id`, come and go. */
function depthLayout(columns: readonly string[]): TextLayout {
  const places = DEPTH_COLUMNS.map((name) => columns.indexOf(name));
  const previous = columns.indexOf('pu');
  let snapshot = false;
  return {
    format: 'binance',
    name: 'binance T_DEPTH',
    header: true,
    read(fields, maker) {
      if (fields.length !== columns.length) {
        throw new RowError('malformed', `${fields.length} fields: expected ${columns.length}`);
      }
      const [symbol, time, firstId, lastId, side, type, price, size] = places.map((at) => fields[at]!) as Eight;
      if (side !== 'b' && side !== 'a') throw new RowError('malformed', `side '${side}': expected b or a`);
      if (type !== 'set' && type !== 'snap')
        throw new RowError('malformed', `update_type '${type}': expected set or snap`);
      maker.market(symbol, symbol.includes('_') ? 'binance-coinm' : 'binance-usdm');
      maker.time(time, 'any', 'timestamp');
      maker.noIds();
      maker.row.firstId = idOf(firstId, 'first_update_id');
      maker.row.lastId = idOf(lastId, 'last_update_id');
      if (type === 'set' && previous >= 0 && fields[previous] !== '')
        maker.row.previousId = idOf(fields[previous]!, 'pu');
      maker.begin(`${type} ${lastId}`);
      if (type === 'snap' && !snapshot) putClear(maker, false);
      snapshot = type === 'snap';
      maker.put(type === 'snap' ? KIND.snapshotLevel : KIND.level, side === 'b' ? SIDE.buy : SIDE.sell, price, size);
    },
  };
}

type Eight = [string, string, string, string, string, string, string, string];

function idOf(text: string, field: string): number {
  const id = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(id))
    throw new RowError('malformed', `${field} '${text.slice(0, 40)}': expected an integer`);
  return id;
}
