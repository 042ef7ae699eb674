import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { KIND, NO_ID, SIDE } from '../rows.ts';
import { TapeError } from '../tape_error.ts';
import { LevelView, type StatedLevels } from './level_view.ts';
import { RowError } from './row_error.ts';
import type { RowMaker } from './row_maker.ts';
import type { TextLayout } from './text_format.ts';

/** `AAPL_2012-06-21_34200000_57600000_message_5.csv` */
const NAME = /^([A-Za-z0-9.]+)_(\d{4}-\d{2}-\d{2})_\d+_\d+_(message|orderbook)_(\d+)\.csv(?:\.gz)?$/;

/** Prices are dollars times 10,000. */
const PRICE_DECIMALS = 4;

/** Prices of a side of the order book that has no level there. */
const EMPTY_PRICES: readonly string[] = ['9999999999', '-9999999999'];

/** Orders known at a time at most: NASDAQ has some ten thousand in one stock. */
const ORDERS_MOST = 2_000_000;

/** Whether a file is LOBSTER's by its name; only its messages are named to import, the book is found beside them. */
export function isLobster(file: string): boolean {
  return NAME.test(basename(file));
}

/** The order book file that belongs to a message file, or undefined where it is not there. */
export function orderBookBeside(file: string): string | undefined {
  const beside = join(dirname(file), basename(file).replace('_message_', '_orderbook_'));
  return existsSync(beside) ? beside : undefined;
}

/**
 * LOBSTER's message file, level 3 (lobsterdata.com, "Output structure"), with the line of the order book file that belongs to
 * it behind each line: `time,type,order id,size,price,direction[,ask price,ask size,bid price,bid size,…]`. Each line becomes
 * rows of the order, of the trade, and of the levels that changed. Times are seconds after midnight in New York.
 *
 * @throws TapeError when the name is not that of a message file: the date stands there only
 */
export function lobsterLayout(file: string): TextLayout {
  const match = NAME.exec(basename(file));
  if (match === null || match[3] !== 'message') {
    throw new TapeError(
      file,
      'expected a name such as AAPL_2012-06-21_34200000_57600000_message_5.csv: symbol and date stand there',
    );
  }
  const [, symbol, date] = match as unknown as [string, string, string];
  const midnightS = midnightInNewYork(date);
  const view = new LevelView();
  const orders = new Map<string, number>();
  const beside = orderBookBeside(file);
  return {
    format: 'lobster',
    name: 'lobster message and orderbook',
    header: false,
    beside,
    read(fields, maker) {
      if (fields.length < 6)
        throw new RowError('malformed', `${fields.length} fields: expected 6 of a message, then levels`);
      maker.makesLevels = beside === undefined;
      maker.market(symbol, 'nasdaq');
      setTime(fields[0]!, midnightS, maker);
      maker.endMessage();
      readMessage(fields, orders, maker);
      if (fields.length > 6) {
        const [bids, asks] = [levelsOf(fields, 8), levelsOf(fields, 6)];
        if (fields[1] === '1') checkJoined(fields, fields[5] === '1' ? bids : asks);
        maker.noIds();
        view.put(bids, asks, maker);
      }
      maker.endMessage();
    },
  };
}

function readMessage(fields: readonly string[], orders: Map<string, number>, maker: RowMaker): void {
  const [, type, id, sizeText, priceText, direction] = fields as [string, string, string, string, string, string];
  if (type === '7') {
    maker.note('trading halts', `price ${priceText}`);
    return;
  }
  if (direction !== '1' && direction !== '-1')
    throw new RowError('malformed', `direction '${direction}': expected 1 or -1`);
  if (!/^\d{1,15}$/.test(id)) throw new RowError('malformed', `order id '${id}': expected an integer`);
  const side = direction === '1' ? SIDE.buy : SIDE.sell;
  const price = priceOf(priceText);
  const size = Number(sizeText);
  maker.noIds();
  maker.row.lastId = Number(id) > 0 ? Number(id) : NO_ID;
  const left = (orders.get(id) ?? 0) - size;
  switch (type) {
    case '1':
      if (orders.size >= ORDERS_MOST) throw new RowError('malformed', `more than ${ORDERS_MOST} orders at a time`);
      orders.set(id, size);
      maker.put(KIND.orderAdd, side, price, sizeText);
      return;
    case '2':
      // Of an order from before the file only the change of its level is known.
      if (left < 0) maker.note('orders from before the file', `order ${id} reduced: its level only`);
      else {
        orders.set(id, left);
        maker.put(KIND.orderModify, side, price, String(left));
      }
      return;
    case '3':
      orders.delete(id);
      maker.put(KIND.orderCancel, side, price, sizeText);
      return;
    case '4':
      // The direction is the resting order's: whoever took it stood on the other side.
      maker.put(KIND.trade, -side, price, sizeText);
      maker.put(KIND.orderFill, side, price, sizeText);
      // What becomes of the order is a row of its own, as everywhere in a tape. One from before the file is not known.
      if (left > 0) maker.put(KIND.orderModify, side, price, String(left));
      else if (left === 0) maker.put(KIND.orderCancel, side, price, sizeText);
      if (left > 0) orders.set(id, left);
      else orders.delete(id);
      return;
    case '5':
      maker.put(KIND.trade, -side, price, sizeText);
      return;
    case '6':
      maker.put(KIND.trade, SIDE.none, price, sizeText);
      return;
    default:
      throw new RowError('malformed', `type '${type}': expected 1 to 7`);
  }
}

/**
 * Holds the book behind an order that joins against it: a level of the order's price is there, unless all that are shown are better.
 *
 * @throws RowError where there is none: then the book is not that of these messages
 */
function checkJoined(fields: readonly string[], levels: StatedLevels): void {
  const price = priceOf(fields[4]!);
  const side = fields[5] === '1' ? 1 : -1;
  const worst = levels.at(-1);
  const shown = worst === undefined || (Number(price) - Number(worst[0])) * side >= 0;
  const level = levels.find(([at]) => at === price);
  if (!shown || (level !== undefined && Number(level[1]) >= Number(fields[3]))) return;
  const there = level === undefined ? 'no level there' : `a level of ${level[1]} there`;
  const detail = `an order of ${fields[3]} joins at ${price}, and the order book beside it has ${there}`;
  throw new RowError('malformed', `${detail}: expected the book of these messages`);
}

function levelsOf(fields: readonly string[], from: number): StatedLevels {
  const levels: [string, string][] = [];
  for (let i = from; i + 1 < fields.length; i += 4) {
    if (!EMPTY_PRICES.includes(fields[i]!)) levels.push([priceOf(fields[i]!), fields[i + 1]!]);
  }
  return levels;
}

function priceOf(text: string): string {
  if (!/^\d{1,12}$/.test(text)) throw new RowError('malformed', `price '${text}': expected dollars times 10000`);
  const digits = text.padStart(PRICE_DECIMALS + 1, '0');
  return `${digits.slice(0, -PRICE_DECIMALS)}.${digits.slice(-PRICE_DECIMALS)}`;
}

function setTime(text: string, midnightS: number, maker: RowMaker): void {
  const match = /^(\d{1,5})(?:\.(\d{1,12}))?$/.exec(text);
  if (match === null) throw new RowError('malformed', `time '${text}': expected seconds after midnight`);
  const { row } = maker;
  row.receiveS = midnightS + Number(match[1]);
  row.receiveNs = Number((match[2] ?? '').padEnd(9, '0').slice(0, 9));
  row.eventS = row.receiveS;
  row.eventNs = row.receiveNs;
}

/** Seconds since the epoch of a day's midnight in New York, where clocks change at two in the morning. */
function midnightInNewYork(date: string): number {
  const utcS = Date.parse(`${date}T00:00:00Z`) / 1_000;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: 'America/New_York', hour: 'numeric', hourCycle: 'h23' });
  // At midnight in UTC it is evening there: what is left to its midnight is the offset, four or five hours.
  const hourThere = Number(format.format(new Date((utcS + 5 * 3_600) * 1_000)));
  return utcS + (hourThere === 1 ? 4 : 5) * 3_600;
}
