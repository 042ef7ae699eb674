import type { Market } from '../../streams/market/types.ts';
import { scaleOf, stepsOf } from '../../streams/market/units.ts';
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

/** Spot books hold remainders of fees, finer than the order step: sizes are counted in the digits that spot prints. */
const SPOT_LOT = '0.00000001';

/** A Binance market with given tick and order step. A coin-M contract is worth 100 USD for bitcoin, 10 for all others. */
export function binanceMarket(venue: BinanceVenue, symbol: string, tickSize: string, orderStep: string): Market {
  const inverse = venue === 'binance-coinm';
  const lotSize = venue === 'binance-spot' ? SPOT_LOT : orderStep;
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

/** A decimal step: the largest that all texts are multiples of. @throws RangeError when there are no positive decimals */
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
  const digits = step.toString().padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}
