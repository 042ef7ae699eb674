import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binanceMarket, commonStep, knownMarket } from './instruments.ts';
import { BinanceParser, MESSAGE_MOST_CHARACTERS } from './parse.ts';

// Real messages of the three markets, as recorded: `<ns> <json>` lines.
const lines = readFileSync(new URL('./fixtures/messages.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.slice(line.indexOf(' ') + 1));
const spot = new BinanceParser('test', [knownMarket('binance-spot', 'BTCUSDT')!]);
const all = new BinanceParser('test', [
  knownMarket('binance-spot', 'BTCUSDT')!,
  knownMarket('binance-usdm', 'ETHUSDT')!,
  knownMarket('binance-coinm', 'BTCUSD_PERP')!,
]);

describe('the Binance parser', () => {
  it('reads every kind of real message of the three markets', () => {
    const kinds = lines.map((line) => all.parse(line)?.kind);
    expect(kinds.filter((kind) => kind === 'reject')).toEqual([]);
    expect(new Set(kinds)).toEqual(new Set(['bookDelta', 'bookTicker', 'trade']));
  });

  it('reads a spot update to ticks and lots', () => {
    const text =
      '{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,"u":50093239202,"b":[["61737.63000000","0.00000000"]],"a":[["61837.64000000","1.54698000"]]}}';
    expect(spot.parse(text)).toEqual({
      kind: 'bookDelta',
      seq: 0,
      timeUs: 0,
      market: 'BTCUSDT',
      firstId: 50093239189,
      lastId: 50093239202,
      previousId: -1,
      eventUs: 1723161255208000,
      bids: [6173763, 0],
      asks: [6183764, 154698000],
    });
  });

  it('reads a candle and a snapshot as the API documents them', () => {
    const kline =
      '{"e":"kline","E":1672515782136,"s":"BTCUSDT","k":{"t":1672515780000,"T":1672515839999,"s":"BTCUSDT","i":"1m","f":100,"L":200,"o":"100.10","c":"100.20","h":"100.25","l":"100.00","v":"1000","n":100,"x":false,"q":"1.0000","V":"500","Q":"0.500","B":"123456"}}';
    expect(spot.parse(kline)).toMatchObject({
      kind: 'kline',
      openTick: 10010,
      closeTick: 10020,
      lots: 1e11,
      closed: false,
    });
    const snapshot = '{"lastUpdateId":7,"bids":[["4.00000000","431.00000000"]],"asks":[["4.01","12.0"]]}';
    expect(spot.parse(snapshot, 'BTCUSDT')).toMatchObject({ kind: 'bookSnapshot', lastId: 7, bids: [400, 431e8] });
    expect(spot.parse('{"result":null,"id":1}')).toBe(null);
  });

  it.each([
    ['malformed', 'not json'],
    ['malformed', '[]'],
    ['malformed', '{"stream":"x","data":7}'],
    ['malformed', '{"e":7,"s":"BTCUSDT"}'],
    ['malformed', `{"e":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['unsupported', '{"e":"aggTrade","s":"BTCUSDT"}'],
    ['unsupported', '{"e":"kline","E":1,"s":"BTCUSDT","k":{"i":"5m"}}'],
    ['refused', '{"error":{"code":2,"msg":"Invalid request"},"id":1}'],
    ['refused', '{"code":-1121,"msg":"Invalid symbol."}'],
    ['unknown-market', '{"e":"trade","s":"DOGEUSDT"}'],
    ['off-tick', '{"u":1,"s":"BTCUSDT","b":"61837.637","B":"1","a":"61838.00","A":"1"}'],
    ['off-tick', '{"u":1,"s":"BTCUSDT","b":"-5","B":"1","a":"61838.00","A":"1"}'],
    ['off-lot', '{"u":1,"s":"BTCUSDT","b":"61837.63","B":"NaN","a":"61838.00","A":"1"}'],
    ['malformed', '{"u":1.5,"s":"BTCUSDT","b":"61837.63","B":"1","a":"61838.00","A":"1"}'],
    ['not-a-trade', '{"e":"trade","s":"BTCUSDT","X":"INSURANCE_FUND","t":1,"T":1,"p":"1","q":"1","m":true}'],
    ['oversized', `"${'x'.repeat(MESSAGE_MOST_CHARACTERS)}"`],
  ])('refuses as %s, naming field, value and what was expected', (reason, text) => {
    const reject = spot.parse(text);
    expect(reject).toMatchObject({ kind: 'reject', source: 'test', reason });
    expect((reject as { detail: string }).detail.length).toBeLessThanOrEqual(300);
  });

  it('says which market a refused message is of, once that is known', () => {
    expect(spot.parse('{"e":"trade","s":"BTCUSDT","m":1}')).toMatchObject({ market: 'BTCUSDT' });
    expect(spot.parse('{"e":"trade","s":"DOGEUSDT"}')).toMatchObject({ market: '' });
  });

  it('never throws, whatever a real message is turned into', () => {
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.nat(), fc.nat(), fc.string(), (line, from, length, text) => {
        const start = from % line.length;
        const damaged = line.slice(0, start) + text + line.slice(start + (length % 40));
        const input = all.parse(damaged);
        expect(input === null || typeof input.kind === 'string').toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('instruments', () => {
  it('finds the step that decimals have in common', () => {
    expect(commonStep(['61800.20', '61799.90', '61800.50'])).toBe('0.1');
    expect(commonStep(['10', '250', '35'])).toBe('5');
    expect(commonStep(['0.75', '1.50', '3.00'])).toBe('0.05');
    expect(commonStep(['0.06', '0.12'])).toBe('0.02');
    expect(commonStep(['0.07', '0.14'])).toBe('0.01');
    expect(commonStep(['700', '1400'])).toBe('100');
    expect(() => commonStep(['x'])).toThrow('no positive decimals');
  });

  it('counts spot sizes finer than the order step, and still those of cheap coins exactly', () => {
    expect(knownMarket('binance-spot', 'BTCUSDT')).toMatchObject({ lotSize: '0.00000001', orderStepLots: 1_000 });
    const doge = knownMarket('binance-spot', 'DOGEUSDT')!;
    expect(doge).toMatchObject({ lotSize: '0.0001', orderStepLots: 10_000 });
    const parser = new BinanceParser('test', [doge]);
    const wall = '{"u":1,"s":"DOGEUSDT","b":"0.12345","B":"250000000000.50000000","a":"0.12346","A":"1.00000000"}';
    expect(parser.parse(wall)).toMatchObject({ bidLots: 2_500_000_000_005_000 });
  });

  it('knows what coin-M contracts are worth', () => {
    expect(knownMarket('binance-coinm', 'BTCUSD_PERP')).toMatchObject({
      contract: 'inverse',
      contractSize: '100',
      base: 'BTC',
    });
    expect(binanceMarket('binance-coinm', 'ADAUSD_PERP', '0.00001', '1')).toMatchObject({
      contractSize: '10',
      base: 'ADA',
    });
  });
});
