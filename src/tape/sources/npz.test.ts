import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { TapeFolder } from '../../../test/tape_files.ts';
import { npyHeader } from './npy.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

/** An archive as `numpy.savez` makes it, without compression, of one event. */
const stored = new URL('../fixtures/stored.npz', import.meta.url).pathname;

const golden = new URL('../fixtures/events.npz', import.meta.url).pathname;

/** An array of events of `[ev, exch_ts, local_ts, px, qty, order_id, ival, fval]`. */
function npy(
  name: string,
  events: readonly (readonly [number, bigint, bigint, number, number, bigint?, bigint?, number?])[],
): string {
  const body = Buffer.alloc(64 * events.length);
  for (const [i, [ev, exchange, local, price, size, order = 0n, int = 0n, float = 0]] of events.entries()) {
    body.writeBigUInt64LE(BigInt(ev), 64 * i);
    body.writeBigInt64LE(exchange, 64 * i + 8);
    body.writeBigInt64LE(local, 64 * i + 16);
    body.writeDoubleLE(price, 64 * i + 24);
    body.writeDoubleLE(size, 64 * i + 32);
    body.writeBigUInt64LE(order, 64 * i + 40);
    body.writeBigInt64LE(int, 64 * i + 48);
    body.writeDoubleLE(float, 64 * i + 56);
  }
  return folder.file(name, Buffer.concat([npyHeader(events.length), body]));
}

const T = 1_723_161_255_000_000_000n;
const BUY_LEVEL = 0xe0000001;

describe("hftbacktest's arrays", () => {
  it('are read as its own conversion wrote them, rows split between exchange and trader included', async () => {
    const { rows, market } = await folder.imported([golden], { symbol: 'BTCUSDT', venue: 'binance-usdm' });
    expect(market).toMatchObject({ symbol: 'BTCUSDT', tickSize: '0.1', lotSize: '0.001' });
    expect(rows).toEqual([
      'trade buy 618003 x 6 end not-local 1723161255301000001 of 1723161255297000000',
      'level buy 618002 x 14 1723161255300314667 of 1723161255298000000',
      'level buy 618001 x 1500 1723161255300314667 of 1723161255298000000',
      'level sell 618003 x 3330 end 1723161255300314667 of 1723161255298000000',
      'trade buy 618003 x 6 end not-exchange 1723161255301000001 of 1723161255297000000',
      'clear buy 617999 x 0 1723161255410000000 of 1723161255399000000',
      'snapshotLevel buy 618000 x 2909 1723161255410000000 of 1723161255399000000',
      'snapshotLevel buy 617999 x 696 1723161255410000000 of 1723161255399000000',
      'clear sell 618005 x 0 1723161255410000000 of 1723161255399000000',
      'snapshotLevel sell 618004 x 500 1723161255410000000 of 1723161255399000000',
      'snapshotLevel sell 618005 x 20004 end 1723161255410000000 of 1723161255399000000',
      'orderAdd buy 617998 x 250 end #206833312 1723161255501000000 of 1723161255500000000',
    ]);
  });

  it('of single orders have levels made of them, at each side as it sees them', async () => {
    const [ADD, CANCEL, MODIFY, FILL, CLEAR] = [10, 11, 12, 13, 3];
    const [BUY, SELL, EXCHANGE, LOCAL] = [2 ** 29, 2 ** 28, 2 ** 31, 2 ** 30];
    const both = EXCHANGE + LOCAL;
    const file = npy('orders.npy', [
      [both + BUY + ADD, T, T, 100, 5, 1n],
      [both + BUY + ADD, T + 1n, T + 1n, 100, 2, 2n],
      [both + BUY + FILL, T + 2n, T + 2n, 100, 1, 1n],
      [both + BUY + MODIFY, T + 2n, T + 2n, 100, 4, 1n],
      [both + BUY + MODIFY, T + 3n, T + 3n, 99.5, 3, 2n],
      [EXCHANGE + SELL + ADD, T + 4n, T + 6n, 101, 7, 3n],
      [both + BUY + CANCEL, T + 5n, T + 5n, 100, 4, 1n],
      [LOCAL + SELL + ADD, T + 4n, T + 6n, 101, 7, 3n],
      [both + BUY + CANCEL, T + 7n, T + 7n, 100, 4, 99n],
      [both + SELL + CLEAR, T + 8n, T + 8n, 101, 0],
    ]);
    const { rows } = await folder.imported([file], { tickSize: '0.5', lotSize: '1' });
    expect(
      rows.map((row) =>
        row
          .split(' ')
          .slice(0, -1)
          .join(' ')
          .replace(/ \d{19} of$/, ''),
      ),
    ).toEqual([
      'orderAdd buy 200 x 5 #1',
      'level buy 200 x 5 end made',
      'orderAdd buy 200 x 2 #2',
      'level buy 200 x 7 end made',
      'orderFill buy 200 x 1 end #1',
      'orderModify buy 200 x 4 #1',
      'level buy 200 x 6 end made',
      'orderModify buy 199 x 3 #2',
      'level buy 200 x 4 made',
      'level buy 199 x 3 end made',
      'orderAdd sell 202 x 7 not-local #3',
      'level sell 202 x 7 end made not-local',
      'orderCancel buy 200 x 4 #1',
      'level buy 200 x 0 end made',
      'orderAdd sell 202 x 7 not-exchange #3',
      'level sell 202 x 7 end made not-exchange',
      'orderCancel buy 200 x 4 end #99',
      'clear sell 202 x 0',
      'clear sell -2147483648 x 0 end made',
    ]);
  });

  it('of single orders are refused where an order joins twice, or levels are stated, too', async () => {
    const add = 2 ** 31 + 2 ** 30 + 2 ** 29 + 10;
    const twice = npy('twice.npy', [
      [add, T, T, 100, 5, 1n],
      [add, T + 1n, T + 1n, 100, 5, 1n],
    ]);
    await expect(folder.imported([twice])).rejects.toThrow('row 2: malformed: order 1 joins the book, and is there');
    const mixed = npy('mixed.npy', [
      [add, T, T, 100, 5, 1n],
      [BUY_LEVEL, T + 1n, T + 1n, 100, 5],
    ]);
    await expect(folder.imported([mixed])).rejects.toThrow('row 2: malformed: a level behind single orders');
  });

  it('keep their order under repair, rows that only the exchange sees too', async () => {
    const plain = await folder.imported([golden]);
    const repaired = await folder.imported([golden], { repair: true });
    expect(repaired.rows).toEqual(plain.rows);
    expect(repaired.report.problems.found.size).toBe(0);
  });

  it('may hold prices that are products of ticks', async () => {
    const { rows, market } = await folder.imported([
      npy('products.npy', [[BUY_LEVEL, T, T, 600_001 * 0.1, 3 * 0.001]]),
    ]);
    expect(600_001 * 0.1).not.toBe(60_000.1);
    expect(market).toMatchObject({ tickSize: '0.1', lotSize: '0.001' });
    expect(rows).toEqual(['level buy 600001 x 3 end 1723161255000000000']);
  });

  it.each([
    ['an unknown event code', [[0xe0000007, T, T, 1, 1]], /row 2: malformed: ev 3758096391/],
    ['a size that is no number', [[BUY_LEVEL, T, T, 1, Number.NaN]], /row 2: malformed: qty NaN/],
    ['microseconds', [[BUY_LEVEL, T / 1_000n, T / 1_000n, 1, 1]], /row 2: mixed-unit: local_ts 1723161255000000/],
    ['a strategy’s own values', [[BUY_LEVEL, T, T, 1, 1, 0n, 5n, 0]], /row 2: not-kept: ival 5, fval 0: expected 0/],
    ['an order id of a level', [[BUY_LEVEL, T, T, 1, 1, 9n]], /row 2: not-kept: order_id 9/],
    ['times that go back', [[BUY_LEVEL, T, T - 1n, 1, 1]], /row 2: unsorted: time 2024-08-08T23:54:14.999999999Z/],
  ] as const)('are refused by row: %s', async (name, wrong, message) => {
    const path = npy(`${name}.npy`, [[BUY_LEVEL, T, T, 60_000.3, 0.003], ...wrong]);
    await expect(folder.imported([path])).rejects.toThrow(message);
  });

  it('are refused as a whole where they are something else, or truncated', async () => {
    const whole = readFileSync(npy('whole.npy', Array(10).fill([BUY_LEVEL, T, T, 60_000.3, 0.003])));
    const cut = folder.file('cut.npy', whole.subarray(0, whole.length - 100));
    await expect(folder.imported([cut])).rejects.toThrow(/cut\.npy: row 9: truncated: 8 events: the header says 10/);
    const { rows, report } = await folder.imported([cut], { repair: true });
    expect(rows).toHaveLength(8);
    expect([...report.problems.found]).toEqual([['truncated', expect.objectContaining({ count: 1 })]]);
    const old = Buffer.from(whole.toString('latin1').replace("'ev', '<u8'", "'ev', '<f8'"), 'latin1');
    await expect(folder.imported([folder.file('old.npy', old)])).rejects.toThrow(/expected hftbacktest 2's ev <u8/);
    await expect(folder.imported([folder.file('text.npy', 'hello, world')])).rejects.toThrow(
      /does not begin as a numpy array/,
    );
    const damaged = Buffer.from(readFileSync(golden));
    damaged.fill(0xff, 200, 260);
    await expect(folder.imported([folder.file('damaged.npz', damaged)])).rejects.toThrow(/damaged\.npz: /);
  });

  it('have the header that numpy writes', () => {
    const zip = readFileSync(golden);
    const data = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28);
    const numpy = inflateRawSync(zip.subarray(data));
    expect(Buffer.from(npyHeader(12))).toEqual(numpy.subarray(0, npyHeader(12).length));
  });

  it('is damaged where a stored entry is not what the zip says', async () => {
    const bytes = readFileSync(stored);
    bytes[bytes.indexOf(Buffer.from(new Float64Array([100.5]).buffer))]! ^= 1;
    const flipped = folder.file('flipped.npz', bytes);
    await expect(folder.imported([flipped])).rejects.toThrow(/row \d+: damaged: .*entry's CRC-32 is [0-9a-f]{8}/);
    expect((await folder.imported([stored])).rows).toHaveLength(1);
  });
});
