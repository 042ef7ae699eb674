import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { TapeFolder } from '../../../test/tape_files.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const lines = (...all: string[]): string => `${all.join('\n')}\n`;
const HEADER = 'ts_ns,kind,side,price,qty';
const T = '1723161255';

describe('the neutral CSV', () => {
  const file = (name: string, ...rows: string[]): string => folder.file(name, lines(HEADER, ...rows));

  it('has absolute sizes and aggressors; depth rows of one time are one message', async () => {
    const path = file(
      'plain.csv',
      `${T}000000001,depth,b,60000.0,1.500`,
      `${T}000000001,depth,a,60000.1,0.003`,
      `${T}000000001,trade,b,60000.1,0.003`,
      `${T}000000001,depth,a,60000.1,0.000`,
      `${T}000000002,depth,a,60000.2,1`,
    );
    const { rows, market } = await folder.imported([path], { symbol: 'BTCUSDT' });
    expect(market).toMatchObject({ symbol: 'BTCUSDT', venue: 'unknown', tickSize: '0.1', lotSize: '0.001' });
    expect(rows).toEqual([
      `level buy 600000 x 1500 ${T}000000001`,
      `level sell 600001 x 3 end ${T}000000001`,
      `trade buy 600001 x 3 end ${T}000000001`,
      `level sell 600001 x 0 end ${T}000000001`,
      `level sell 600002 x 1000 end ${T}000000002`,
    ]);
  });

  it('is read packed, with carriage returns, and without a last line end', async () => {
    const rows = [HEADER, `${T}000000001,depth,b,60000.1,1.500`, `${T}000000002,trade,a,60000.0,0.001`];
    const plain = await folder.imported([folder.file('end.csv', rows.join('\r\n'))]);
    const packed = await folder.imported([folder.file('packed.csv.gz', gzipSync(rows.join('\n')))]);
    expect(plain.rows).toHaveLength(2);
    expect(packed.rows).toEqual(plain.rows);
  });

  it('takes a known market’s tick where the file shows a coarser one', async () => {
    const path = file('coarse.csv', `${T}000000001,depth,b,60000,5`);
    const known = await folder.imported([path], { symbol: 'BTCUSDT', venue: 'binance-usdm' });
    expect(known.market).toMatchObject({ tickSize: '0.1', lotSize: '0.001', base: 'BTC', quote: 'USDT' });
    expect(known.rows).toEqual([`level buy 600000 x 5000 end ${T}000000001`]);
  });

  const good = `${T}000000005,depth,b,60000.1,1.500`;
  it.each([
    ['a row cut short', `${T}000000006,dep`, 'malformed: 2 fields: expected ts_ns,kind,side,price,qty'],
    ['an unknown kind', `${T}000000006,quote,b,1.0,1`, "malformed: kind 'quote': expected depth or trade"],
    ['an unknown side', `${T}000000006,depth,x,1.0,1`, "malformed: side 'x': expected b or a"],
    [
      'a price that is none',
      `${T}000000006,depth,b,abc,1`,
      "malformed: price 'abc': expected a decimal such as 61837.5",
    ],
    ['a negative size', `${T}000000006,depth,b,1.0,-1`, "malformed: size '-1': expected a decimal"],
    [
      'a time in milliseconds',
      `${T}006,depth,b,1.0,1`,
      `mixed-unit: ts_ns ${T}006 is in milliseconds: expected nanoseconds`,
    ],
    ['a time that is none', 'soon,depth,b,1.0,1', "malformed: ts_ns 'soon': expected nanoseconds as an integer"],
    [
      'a time that goes back',
      `${T}000000004,depth,b,1.0,1`,
      'unsorted: time 2024-08-08T23:54:15.000000004Z is 1e-9 s before',
    ],
  ])('is refused by file and row: %s', async (name, row, message) => {
    const path = file(`${name}.csv`, good, row);
    await expect(folder.imported([path])).rejects.toThrow(`${path}: row 3: ${message}`);
  });

  it('is refused where a step is given that it does not fit', async () => {
    await expect(folder.imported([file('step.csv', good)], { tickSize: '0.5' })).rejects.toThrow(
      /row 2: off-tick: price '60000.1': expected a multiple of 0.5.*--tick/,
    );
    await expect(folder.imported([file('zero.csv', good)], { tickSize: '0' })).rejects.toThrow(/step '0'/);
  });

  it('is repaired on demand, and what was done is told with the first places', async () => {
    const path = file(
      'repair.csv',
      good,
      `${T}000000009,depth,b,60000.3,1`,
      `${T}000000007,depth,b,60000.2,1`,
      'rubbish',
      `${T}010,depth,b,60000.4,1`,
      `${T}020000000,depth,b,60000.5,1`,
    );
    const { rows, report } = await folder.imported([path], { repair: true });
    expect(rows.map((row) => row.split(' ')[2])).toEqual(['600001', '600002', '600003', '600004', '600005']);
    expect(Object.fromEntries(report.problems.found)).toEqual({
      unsorted: { count: 1, examples: [expect.stringMatching(/repair\.csv: row 4: .*: sorted in$/)] },
      malformed: { count: 1, examples: [expect.stringMatching(/repair\.csv: row 5: 1 fields.*: left out$/)] },
      'mixed-unit': { count: 1, examples: [expect.stringMatching(/row 6: .*: taken as milliseconds$/)] },
    });
  });

  it('is refused when it is truncated, or kept up to there under repair', async () => {
    const whole = gzipSync(
      lines(
        HEADER,
        ...Array.from({ length: 5_000 }, (_, i) => `${T}${1e8 + i * 7_919},depth,b,${60_000 + (i % 77)},1`),
      ),
    );
    const path = folder.file('short.csv.gz', whole.subarray(0, whole.length >> 1));
    await expect(folder.imported([path])).rejects.toThrow(
      /short\.csv\.gz: row \d+: truncated: the file ends too early/,
    );
    const { rows, report } = await folder.imported([path], { repair: true });
    expect(rows.length).toBeGreaterThan(100);
    expect(report.problems.found.get('truncated')?.examples[0]).toMatch(/the rest of the file is left out$/);
  });
});

describe('Tardis', () => {
  const NAMES = 'exchange,symbol,timestamp,local_timestamp';
  const at = (us: number, rest: string): string =>
    `binance-futures,BTCUSDT,${T}${100_000 + us},${T}${100_050 + us},${rest}`;

  it('has snapshots that empty the book, updates by local time, trades, and is merged by time', async () => {
    const book = folder.file(
      'book.csv',
      lines(
        `${NAMES},is_snapshot,side,price,amount`,
        at(0, 'false,bid,1,1'),
        at(10, 'true,bid,60000.1,1.5'),
        at(10, 'true,ask,60000.2,2'),
        at(20, 'false,bid,60000.1,0'),
        at(20, 'false,ask,60000.2,1e-3'),
        at(30, 'true,ask,60000.3,2'),
      ),
    );
    const trades = folder.file(
      'trades.csv',
      lines(`${NAMES},id,side,price,amount`, at(15, '77,sell,60000.1,0.5'), at(25, 'a-b,unknown,60000.1,0.5')),
    );
    const { rows, market, report } = await folder.imported([book, trades]);
    expect(market).toMatchObject({ symbol: 'BTCUSDT', venue: 'binance-usdm' });
    const time = (us: number): string => `${T}${100_050 + us}000 of ${T}${100_000 + us}000`;
    expect(rows).toEqual([
      `clear buy -2147483648 x 0 ${time(10)}`,
      `clear sell -2147483648 x 0 ${time(10)}`,
      `snapshotLevel buy 600001 x 1500 ${time(10)}`,
      `snapshotLevel sell 600002 x 2000 end ${time(10)}`,
      `trade sell 600001 x 500 end #77/77 ${time(15)}`,
      `level buy 600001 x 0 ${time(20)}`,
      `level sell 600002 x 1 end ${time(20)}`,
      `trade none 600001 x 500 end ${time(25)}`,
      `clear buy -2147483648 x 0 gap ${time(30)}`,
      `clear sell -2147483648 x 0 ${time(30)}`,
      `snapshotLevel sell 600003 x 2000 end ${time(30)}`,
    ]);
    expect(report.problems.notes.get('before the first snapshot')).toMatchObject({ count: 1 });
  });

  it('states whole books, which become what changed', async () => {
    const columns = [0, 1].flatMap((i) => [
      `asks[${i}].price`,
      `asks[${i}].amount`,
      `bids[${i}].price`,
      `bids[${i}].amount`,
    ]);
    const book = folder.file(
      'book_snapshot_2.csv',
      lines(`${NAMES},${columns.join(',')}`, at(0, '10.2,5,10.1,6,10.3,7,10,8'), at(10, '10.2,5,10.1,6.5,10.4,7,,')),
    );
    const { rows } = await folder.imported([book]);
    expect(rows.map((row) => row.split(' ').slice(0, 5).join(' '))).toEqual([
      'clear buy -2147483648 x 0',
      'snapshotLevel buy 101 x 6000',
      'snapshotLevel buy 100 x 8000',
      'clear sell -2147483648 x 0',
      'snapshotLevel sell 102 x 5000',
      'snapshotLevel sell 103 x 7000',
      'level buy 100 x 0',
      'level buy 101 x 6500',
      'level sell 103 x 0',
      'level sell 104 x 7000',
    ]);
  });

  it('has quotes, of which a side may be empty', async () => {
    const path = folder.file(
      'quotes.csv',
      lines(`${NAMES},ask_amount,ask_price,bid_price,bid_amount`, at(0, '2,60000.2,60000.1,1'), at(1, ',,60000.1,1')),
    );
    const { rows } = await folder.imported([path]);
    expect(rows.map((row) => row.split(' ').slice(0, 5).join(' '))).toEqual([
      'best buy 600001 x 1000',
      'best sell 600002 x 2000',
      'best buy 600001 x 1000',
      'best sell 0 x 0',
    ]);
  });

  it('is refused where a file holds two markets, or times in another unit', async () => {
    const header = `${NAMES},id,side,price,amount`;
    const two = folder.file(
      'two.csv',
      lines(header, at(0, '1,buy,1,1'), at(1, '2,buy,1,1').replace('BTCUSDT', 'ETHUSDT')),
    );
    await expect(folder.imported([two])).rejects.toThrow(
      `${two}: row 3: other-market: symbol 'ETHUSDT': expected 'BTCUSDT'`,
    );
    const milli = folder.file(
      'milli.csv',
      lines(
        header,
        at(0, '1,buy,1,1'),
        `binance,BTCUSDT,${T}101,${T}102,2,buy,1,1`.replace('binance,', 'binance-futures,'),
      ),
    );
    await expect(folder.imported([milli])).rejects.toThrow(
      /row 3: mixed-unit: local_timestamp .* milliseconds: expected micro/,
    );
  });
});

describe("Binance's public files", () => {
  it.each([
    // Rows of data.binance.vision as public repositories quote them.
    [
      'BTCUSD_PERP-aggTrades-2023-06-25.csv',
      'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker',
      '261091940,30542.8,1.0,640356821,640356822,1687651202018,true',
      'binance-coinm',
      'trade sell 305428 x 1 end #640356821/640356822 1687651202018000000',
    ],
    [
      'BTCUSDT-aggTrades-2025-01-01.csv',
      undefined,
      '42,65000.12,0.01,100,101,1735689600010866,False,True',
      'binance-spot',
      'trade buy 6500012 x 1000000 end #100/101 1735689600010866000',
    ],
    [
      'BTCUSDT-trades-2024-01-01.csv',
      undefined,
      '3351,42283.58,0.005,211.41,1704067200000,True,True',
      'binance-spot',
      'trade sell 4228358 x 500000 end #3351/3351 1704067200000000000',
    ],
    [
      'BTCUSDT-trades-2024-01-01.csv',
      'id,price,qty,quote_qty,time,is_buyer_maker',
      '3351,42283.5,0.005,211.41,1704067200000,false',
      'binance-usdm',
      'trade buy 422835 x 5 end #3351/3351 1704067200000000000',
    ],
  ])('hold trades: %s', async (name, header, row, venue, expected) => {
    const { rows, market } = await folder.imported([
      folder.file(name, lines(...(header === undefined ? [] : [header]), row)),
    ]);
    expect(market.venue).toBe(venue);
    expect(rows).toEqual([expected]);
  });

  it('hold best prices, with header and without', async () => {
    const header = 'update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time';
    const row = '2899808024194,1872.84000000,55.72800000,1872.85000000,24.16400000,1685577600027,1685577600031';
    for (const content of [lines(header, row), lines(row)]) {
      const { rows, market } = await folder.imported([folder.file('ETHUSDT-bookTicker-2023-06-01.csv', content)]);
      expect(market).toMatchObject({ symbol: 'ETHUSDT', venue: 'binance-usdm', tickSize: '0.01', lotSize: '0.001' });
      expect(rows).toEqual([
        'best buy 187284 x 55728 #2899808024194 1685577600027000000',
        'best sell 187285 x 24164 end #2899808024194 1685577600027000000',
      ]);
    }
  });

  it('hold order books, whose ids tell the messages', async () => {
    const header = 'symbol,timestamp,trans_id,first_update_id,last_update_id,side,update_type,price,qty,pu';
    const path = folder.file(
      'BTCUSDT_T_DEPTH_2022-11-02.csv',
      lines(
        header,
        'BTCUSDT,1667347199000,1,90,90,b,snap,20472.70,1.000,',
        'BTCUSDT,1667347199000,1,90,90,a,snap,20472.80,2.000,',
        'BTCUSDT,1667347199939,2,91,95,a,set,20472.80,0.000,90',
        'BTCUSDT,1667347199939,2,91,95,b,set,20472.70,0.500,90',
        'BTCUSDT,1667347199940,3,96,96,b,set,20472.60,0.500,95',
      ),
    );
    expect((await folder.imported([path])).rows).toEqual([
      'clear buy -2147483648 x 0 #90/90 1667347199000000000',
      'clear sell -2147483648 x 0 #90/90 1667347199000000000',
      'snapshotLevel buy 204727 x 1000 #90/90 1667347199000000000',
      'snapshotLevel sell 204728 x 2000 end #90/90 1667347199000000000',
      'level sell 204728 x 0 #91/95/90 1667347199939000000',
      'level buy 204727 x 500 end #91/95/90 1667347199939000000',
      'level buy 204726 x 500 end #96/96/95 1667347199940000000',
    ]);
  });

  it('are refused where the unit of time changes, or where they hold no book', async () => {
    const unit = folder.file(
      'BTCUSDT-trades-2025-01-01.csv',
      lines('1,42283.5,0.005,211.4,1735689599999,True,True', '2,42283.5,0.005,211.4,1735689600000123,True,True'),
    );
    await expect(folder.imported([unit])).rejects.toThrow(
      /row 2: mixed-unit: time 1735689600000123 is in microseconds: expected milliseconds as in/,
    );
    expect((await folder.imported([unit], { repair: true })).rows[1]).toMatch(/1735689600000123000$/);
    const sums = folder.file(
      'BONK-bookDepth.csv',
      lines('timestamp,percentage,depth,notional', '2025-07-31 00:00:07,-5,1.0,2.0'),
    );
    await expect(folder.imported([sums])).rejects.toThrow(/bookDepth holds sums/);
  });
});

describe('what is no market data', () => {
  it('is refused by its first line, as are files of two formats and a tape that is there', async () => {
    const text = folder.file('readme.txt', 'hello\n');
    await expect(folder.imported([text])).rejects.toThrow(
      `${text}: row 1: begins with 'hello': expected a format that import reads`,
    );
    await expect(folder.imported([folder.file('empty.csv', '')])).rejects.toThrow(/is empty/);
    const millis = folder.file('millis', '1723161253937 {"stream":"btcusdt@trade","data":{}}\n');
    await expect(folder.imported([millis])).rejects.toThrow(
      /millis: row 1: .*: a time in milliseconds: expected '<nanos/,
    );
    await expect(folder.imported([folder.path])).rejects.toThrow('a folder or a device, expected a file');
    const neutral = folder.file('one.csv', lines(HEADER, `${T}000000001,depth,b,1.5,1`));
    const trade = folder.file('BTCUSDT-trades-x.csv', '3351,42283.58,0.005,211.41,1704067200000,True,True\n');
    await expect(folder.imported([neutral, trade])).rejects.toThrow(/files of several formats/);
    await expect(folder.imported([neutral], { from: 'tardis' })).rejects.toThrow(
      /which is neutral: expected the format tardis/,
    );
    await expect(folder.imported([folder.file('none.csv', lines(HEADER))])).rejects.toThrow(/holds no rows/);
    await expect(folder.imported([`${folder.path}/gone.csv`])).rejects.toThrow(/gone\.csv: cannot be read/);
  });
});
