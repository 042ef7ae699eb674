import type { Input } from '../../streams/inputs.ts';
import type { Levels, Market, Reject } from '../../streams/market/types.ts';
import { type MarketScales, NOT_A_MULTIPLE, scalesOf, stepsOf } from '../../streams/market/units.ts';

/** A text longer than this is refused unread: the exchange's own largest is a deep snapshot of well under a megabyte. */
export const MESSAGE_MOST_CHARACTERS = 8 * 1_048_576;

/** A message with more levels than this is no depth update. */
const LEVELS_MOST = 20_000;

const DETAIL_MOST = 300;

type Json = Readonly<Record<string, unknown>>;

/** Thrown inside the parser only; becomes a reject. */
class Refused extends Error {
  readonly reason: string;

  constructor(reason: string, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/**
 * One parser for Binance's live streams, recordings and REST snapshots of spot, USD-M and coin-M.
 *
 * Fields are checked by hand where they are read. A schema (zod) for a depth update takes longer than `JSON.parse` itself,
 * measured on USD-M recordings; checking by hand, with the turning into ticks and lots, takes a third of it or less.
 */
export class BinanceParser {
  readonly #source: string;
  readonly #markets = new Map<string, { readonly market: Market; readonly scales: MarketScales }>();
  // The market of the message in hand, once it has been found.
  #symbol = '';

  /** @param source names the origin in rejects: `binance-ws`, `binance-rest`, `recording` */
  constructor(source: string, markets: readonly Market[]) {
    this.#source = source;
    for (const market of markets) this.#markets.set(market.symbol, { market, scales: scalesOf(market) });
  }

  /**
   * A message as text: combined stream or raw. Never throws.
   *
   * @param snapshotSymbol the market of a REST snapshot, which does not name one on spot and USD-M
   * @returns the input, a reject, or null for what carries no data (the answer to a subscription)
   */
  parse(text: string, snapshotSymbol = ''): Input | null {
    this.#symbol = '';
    try {
      if (text.length > MESSAGE_MOST_CHARACTERS) {
        throw new Refused(
          'oversized',
          `message of ${text.length} characters: expected at most ${MESSAGE_MOST_CHARACTERS}`,
        );
      }
      return this.#message(objectOf(json(text), 'message'), snapshotSymbol);
    } catch (error) {
      if (error instanceof Refused) return this.reject(error.reason, error.message, this.#symbol);
      throw error;
    }
  }

  /** A reject in this parser's name. @param market the market it belongs to, if that is known */
  reject(reason: string, detail: string, market = ''): Reject {
    const cut = detail.length > DETAIL_MOST ? `${detail.slice(0, DETAIL_MOST - 1)}…` : detail;
    return { kind: 'reject', seq: 0, timeUs: 0, market, source: this.#source, reason, detail: cut };
  }

  #message(message: Json, snapshotSymbol: string): Input | null {
    if ('lastUpdateId' in message) return this.#snapshot(message, snapshotSymbol);
    if ('result' in message && 'id' in message) return null;
    const data = 'stream' in message ? objectOf(message.data, 'data') : message;
    switch (data.e) {
      case 'depthUpdate':
        return this.#delta(data);
      case 'trade':
        return this.#trade(data);
      case 'kline':
        return this.#kline(data);
      case 'bookTicker':
        return this.#ticker(data);
      case undefined:
        // Spot's bookTicker names no event type.
        if ('u' in data && 'B' in data && 'A' in data) return this.#ticker(data);
        break;
    }
    const complaint = objectOf(message.error ?? message, 'error');
    if (typeof complaint.code === 'number' && 'msg' in complaint) {
      throw new Refused(
        'refused',
        `code ${complaint.code}, msg ${show(complaint.msg)}: the exchange refuses a request`,
      );
    }
    const reason = typeof data.e === 'string' ? 'unsupported' : 'malformed';
    throw new Refused(reason, `e ${show(data.e)}: expected depthUpdate, bookTicker, trade or kline`);
  }

  #delta(data: Json): Input {
    const { market, scales } = this.#market(data.s);
    const previousId = data.pu === undefined ? -1 : idOf(data.pu, 'pu');
    const [firstId, lastId] = [idOf(data.U, 'U'), idOf(data.u, 'u')];
    if (lastId < firstId) throw new Refused('malformed', `u ${lastId}: expected at least U ${firstId}`);
    return {
      kind: 'bookDelta',
      seq: 0,
      timeUs: 0,
      market: market.symbol,
      firstId,
      lastId,
      previousId,
      eventUs: microsOf(data.T ?? data.E, 'T'),
      bids: levelsOf(data.b, scales, 'b'),
      asks: levelsOf(data.a, scales, 'a'),
    };
  }

  #snapshot(data: Json, snapshotSymbol: string): Input {
    const { market, scales } = this.#market(data.symbol ?? snapshotSymbol);
    return {
      kind: 'bookSnapshot',
      seq: 0,
      timeUs: 0,
      market: market.symbol,
      lastId: idOf(data.lastUpdateId, 'lastUpdateId'),
      eventUs: data.T === undefined ? 0 : microsOf(data.T, 'T'),
      bids: levelsOf(data.bids, scales, 'bids'),
      asks: levelsOf(data.asks, scales, 'asks'),
    };
  }

  #ticker(data: Json): Input {
    const { market, scales } = this.#market(data.s);
    return {
      kind: 'bookTicker',
      seq: 0,
      timeUs: 0,
      market: market.symbol,
      updateId: idOf(data.u, 'u'),
      eventUs: data.T === undefined ? 0 : microsOf(data.T, 'T'),
      bidTick: priceOf(data.b, scales, 'b'),
      bidLots: sizeOf(data.B, scales, 'B'),
      askTick: priceOf(data.a, scales, 'a'),
      askLots: sizeOf(data.A, scales, 'A'),
    };
  }

  #trade(data: Json): Input {
    const { market, scales } = this.#market(data.s);
    // Futures publish insurance-fund and deleveraging executions in the same stream: no trade of the book.
    if (data.X !== undefined && data.X !== 'MARKET')
      throw new Refused('not-a-trade', `X ${show(data.X)}: expected MARKET`);
    if (typeof data.m !== 'boolean') throw new Refused('malformed', `m ${show(data.m)}: expected true or false`);
    const lots = sizeOf(data.q, scales, 'q');
    if (lots === 0) throw new Refused('malformed', `q ${show(data.q)}: expected a positive size`);
    return {
      kind: 'trade',
      seq: 0,
      timeUs: 0,
      market: market.symbol,
      tradeId: idOf(data.t, 't'),
      eventUs: microsOf(data.T, 'T'),
      side: data.m ? 'sell' : 'buy',
      tick: priceOf(data.p, scales, 'p'),
      lots,
    };
  }

  #kline(data: Json): Input {
    const { market, scales } = this.#market(data.s);
    const k = objectOf(data.k, 'k');
    if (k.i !== '1m') throw new Refused('unsupported', `k.i ${show(k.i)}: expected 1m`);
    if (typeof k.x !== 'boolean') throw new Refused('malformed', `k.x ${show(k.x)}: expected true or false`);
    return {
      kind: 'kline',
      seq: 0,
      timeUs: 0,
      market: market.symbol,
      eventUs: microsOf(data.E, 'E'),
      openUs: microsOf(k.t, 'k.t'),
      closeUs: microsOf(k.T, 'k.T'),
      openTick: priceOf(k.o, scales, 'k.o'),
      highTick: priceOf(k.h, scales, 'k.h'),
      lowTick: priceOf(k.l, scales, 'k.l'),
      closeTick: priceOf(k.c, scales, 'k.c'),
      lots: sizeOf(k.v, scales, 'k.v'),
      takerBuyLots: sizeOf(k.V, scales, 'k.V'),
      trades: idOf(k.n, 'k.n'),
      closed: k.x,
    };
  }

  #market(symbol: unknown): { readonly market: Market; readonly scales: MarketScales } {
    const known = typeof symbol === 'string' ? this.#markets.get(symbol) : undefined;
    if (known !== undefined) {
      this.#symbol = known.market.symbol;
      return known;
    }
    throw new Refused('unknown-market', `s ${show(symbol)}: expected one of ${[...this.#markets.keys()].join(', ')}`);
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refused('malformed', `${(error as Error).message}: ${show(text)}`);
  }
}

function objectOf(value: unknown, field: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refused('malformed', `${field} ${show(value)}: expected an object`);
  }
  return value as Json;
}

function idOf(value: unknown, field: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Refused('malformed', `${field} ${show(value)}: expected a whole number`);
}

/** Milliseconds since the epoch as microseconds; dates past the year 2200 are no dates. */
function microsOf(value: unknown, field: string): number {
  const ms = idOf(value, field);
  if (ms > 7_258_118_400_000) throw new Refused('malformed', `${field} ${ms}: expected milliseconds since 1970`);
  return ms * 1_000;
}

function priceOf(value: unknown, scales: MarketScales, field: string): number {
  const tick = typeof value === 'string' ? stepsOf(value, scales.price) : NOT_A_MULTIPLE;
  if (tick > 0) return tick;
  // A side without orders is told as price 0 and size 0.
  if (tick === 0 && (field === 'b' || field === 'a')) return 0;
  throw new Refused('off-tick', `${field} ${show(value)}: expected a positive multiple of the tick size`);
}

function sizeOf(value: unknown, scales: MarketScales, field: string): number {
  const lots = typeof value === 'string' ? stepsOf(value, scales.size) : NOT_A_MULTIPLE;
  if (lots !== NOT_A_MULTIPLE) return lots;
  throw new Refused('off-lot', `${field} ${show(value)}: expected a multiple of the lot size`);
}

function levelsOf(value: unknown, scales: MarketScales, field: string): Levels {
  if (!Array.isArray(value) || value.length > LEVELS_MOST) {
    throw new Refused('malformed', `${field} ${show(value)}: expected at most ${LEVELS_MOST} levels`);
  }
  const levels: number[] = new Array(value.length * 2);
  for (let i = 0; i < value.length; i += 1) {
    const level: unknown = value[i];
    // The field's name is put together only for a complaint: this loop is most of the parser's work.
    const [price, size] = Array.isArray(level) ? (level as readonly unknown[]) : [];
    const tick = typeof price === 'string' ? stepsOf(price, scales.price) : NOT_A_MULTIPLE;
    const lots = typeof size === 'string' ? stepsOf(size, scales.size) : NOT_A_MULTIPLE;
    levels[i * 2] = tick > 0 ? tick : priceOf(price, scales, `${field}[${i}] price`);
    levels[i * 2 + 1] = lots >= 0 ? lots : sizeOf(size, scales, `${field}[${i}] size`);
  }
  return levels;
}

/** A value as a complaint shows it: shallow, because garbage may be nested deeper than the stack. */
function show(value: unknown): string {
  if (typeof value === 'string') return value.length > 80 ? `'${value.slice(0, 80)}…'` : `'${value}'`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
