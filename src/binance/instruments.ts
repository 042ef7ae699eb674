import type { Market } from '../../streams/market/types.ts';
import { NOT_A_MULTIPLE, scaleOf, stepsOf } from '../../streams/market/units.ts';
import type { BinanceVenue } from './endpoints.ts';

/** Published ticks and order steps: `SYMBOL tick step`, from each market's exchangeInfo as of August 2024. */
const KNOWN: Readonly<Record<BinanceVenue, string>> = {
  'binance-spot': `BTCUSDT 0.01 0.00001, ETHUSDT 0.01 0.0001, BNBUSDT 0.1 0.001, SOLUSDT 0.01 0.001, XRPUSDT 0.0001 1,
    DOGEUSDT 0.00001 1, ADAUSDT 0.0001 0.1, AVAXUSDT 0.01 0.01, LINKUSDT 0.01 0.01, LTCUSDT 0.01 0.001, ETHBTC 0.00001 0.0001`,
  'binance-usdm': `BTCUSDT 0.1 0.001, ETHUSDT 0.01 0.001, BNBUSDT 0.01 0.01, SOLUSDT 0.001 1, XRPUSDT 0.0001 0.1,
    DOGEUSDT 0.00001 1, ADAUSDT 0.0001 1, AVAXUSDT 0.001 1, LINKUSDT 0.001 0.01, LTCUSDT 0.01 0.001`,
  'binance-coinm': `BTCUSD_PERP 0.1 1, ETHUSD_PERP 0.01 1, BNBUSD_PERP 0.001 1, SOLUSD_PERP 0.001 1, XRPUSD_PERP 0.0001 1`,
};

/** A Binance market by symbol, or undefined when its tick and lot are not known here. */
export function knownMarket(venue: BinanceVenue, symbol: string): Market | undefined {
  const row = KNOWN[venue].split(',').map((line) => line.trim().split(/\s+/));
  const found = row.find(([name]) => name === symbol);
  return found === undefined ? undefined : binanceMarket(venue, symbol, found[1]!, found[2]!);
}

/**
 * The lot of a spot market, as a decimal. Spot books hold remainders finer than the order step (one digit, in the
 * recordings): a lot is four digits finer, within the eight that spot prints. All eight for every market would take the
 * sizes of cheap coins beyond what a double counts exactly.
 */
function spotLot(orderStep: string): string {
  const stepDigits = scaleOf(orderStep).decimals;
  return `0.${'1'.padStart(Math.min(8, stepDigits + 4), '0')}`;
}

/** A Binance market with given tick and order step. A coin-M contract is worth 100 USD for bitcoin, 10 for all others. */
export function binanceMarket(venue: BinanceVenue, symbol: string, tickSize: string, orderStep: string): Market {
  const inverse = venue === 'binance-coinm';
  const lotSize = venue === 'binance-spot' ? spotLot(orderStep) : orderStep;
  const orderStepLots = stepsOf(orderStep, scaleOf(lotSize));
  if (orderStepLots < 1) throw new RangeError(`${symbol}: order step '${orderStep}' is not a multiple of ${lotSize}`);
  const pair = symbol.replace(/_.*$/, '');
  const quote = inverse
    ? 'USD'
    : (['USDT', 'USDC', 'FDUSD', 'TUSD', 'BTC', 'ETH', 'BNB', 'EUR', 'TRY'].find((one) => pair.endsWith(one)) ??
      'USDT');
  const base = pair.endsWith(quote) ? pair.slice(0, -quote.length) : pair;
  const contractSize = inverse ? (base === 'BTC' ? '100' : '10') : '1';
  return {
    symbol,
    venue,
    base,
    quote,
    tickSize,
    lotSize,
    orderStepLots,
    contract: inverse ? 'inverse' : 'linear',
    contractSize,
  };
}

/** Whether all decimals are multiples of a market's tick, or of its lot. */
export function fits(market: Market, prices: Iterable<string>, sizes: Iterable<string>): boolean {
  const multiples = (texts: Iterable<string>, step: string): boolean => {
    const scale = scaleOf(step);
    for (const text of texts) if (stepsOf(text, scale) === NOT_A_MULTIPLE) return false;
    return true;
  };
  return multiples(prices, market.tickSize) && multiples(sizes, market.lotSize);
}

/**
 * A decimal step that all texts are multiples of: the largest whose only digit is 1, 2 or 5, as exchanges set them; a few
 * texts may have more in common by chance.
 *
 * @throws RangeError when there are no positive decimals
 */
export function commonStep(texts: Iterable<string>): string {
  let decimals = 0;
  const trimmed: string[] = [];
  for (const text of texts) {
    if (!/^\d{1,15}(\.\d{1,12})?$/.test(text)) continue;
    const bare = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
    decimals = Math.max(decimals, bare.split('.')[1]?.length ?? 0);
    trimmed.push(bare);
  }
  let step = 0n;
  for (const text of trimmed) {
    const [whole, fraction = ''] = text.split('.');
    step = gcd(step, BigInt(whole! + fraction.padEnd(decimals, '0')));
  }
  if (step === 0n) throw new RangeError('no positive decimals to take a step from');
  const round = roundDivisorOf(step)
    .toString()
    .padStart(decimals + 1, '0');
  return decimals === 0 ? round : `${round.slice(0, -decimals)}.${round.slice(-decimals)}`;
}

/** The largest 1, 2 or 5 times a power of ten that divides a positive number. */
function roundDivisorOf(number: bigint): bigint {
  for (let power = 10n ** BigInt(number.toString().length - 1); power > 1n; power /= 10n) {
    for (const divisor of [power * 5n, power * 2n, power]) if (number % divisor === 0n) return divisor;
  }
  return [5n, 2n].find((divisor) => number % divisor === 0n) ?? 1n;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
