import { NOT_A_MULTIPLE, scaleOf, stepsOf } from '../../streams/market/units.ts';
import type { BinanceVenue } from '../binance/endpoints.ts';
import { binanceMarket, knownMarket } from '../binance/instruments.ts';
import type { TapeMarket } from './schema.ts';
import type { Survey } from './sources/row_maker.ts';
import type { SourceOptions } from './sources/row_source.ts';

const BINANCE: readonly string[] = ['binance-spot', 'binance-usdm', 'binance-coinm'];

/** Whose market a source is of where nothing says it. */
const UNKNOWN = 'unknown';

/** Steps where a source shows no positive decimal at all. */
const NO_STEP = '1';

/**
 * The market of a source: what the user says, else what its rows say, else what they show. A known market's tick and lot are
 * taken where all prices and sizes are multiples of them: those of a short file may have more in common by chance.
 *
 * @throws RangeError when a tick or lot given is no positive decimal
 */
export function marketOf(survey: Survey, options: SourceOptions): TapeMarket {
  const symbol = options.symbol ?? survey.symbol ?? UNKNOWN;
  const venue = options.venue ?? survey.venue ?? UNKNOWN;
  const binance = BINANCE.includes(venue);
  const known = binance ? knownMarket(venue as BinanceVenue, symbol) : undefined;
  const tickSize = options.tickSize ?? stepOf(survey.price.step, known?.tickSize);
  const lotSize = options.lotSize ?? stepOf(survey.size.step, known?.lotSize);
  scaleOf(tickSize);
  scaleOf(lotSize);
  if (known !== undefined && known.tickSize === tickSize && known.lotSize === lotSize) return known;
  if (!binance) {
    return { symbol, venue, base: symbol, quote: UNKNOWN, tickSize, lotSize, contract: 'linear', contractSize: '1' };
  }
  const { base, quote, contract, contractSize } = binanceMarket(venue as BinanceVenue, symbol, '1', '1');
  return { symbol, venue, base, quote, tickSize, lotSize, contract, contractSize };
}

function stepOf(shown: string | undefined, known: string | undefined): string {
  if (known === undefined) return shown ?? NO_STEP;
  if (shown === undefined) return known;
  return stepsOf(shown, scaleOf(known)) === NOT_A_MULTIPLE ? shown : known;
}
