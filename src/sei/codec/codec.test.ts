import { fromHex, toHex } from '@cosmjs/encoding';
import { decodeTxRaw, Registry } from '@cosmjs/proto-signing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authInfo, baseAccount, txBody, txRaw } from './cosmos.ts';
import { DECIMAL_MAX_DIGITS, formatDecimal, parseDecimal, parseScaled } from './decimal.ts';
import {
  cancellation,
  matchResult,
  msgCancelOrders,
  msgPlaceOrders,
  msgPlaceOrdersResponse,
  OrderType,
  order,
  PositionDirection,
} from './dex.ts';
import { type Codec, DecodeError, message, packedUint64, uint64 } from './message.ts';
import { bookAllRequest, longBookAllResponse } from './query.ts';
import { dexRegistryTypes } from './registry.ts';

const u64 = fc.oneof(
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.bigInt(2n ** 31n, 2n ** 32n - 1n),
  fc.constantFrom(0n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 63n, 2n ** 64n - 1n),
);
const scaled = fc.bigInt(-(10n ** BigInt(DECIMAL_MAX_DIGITS)) + 1n, 10n ** BigInt(DECIMAL_MAX_DIGITS) - 1n);

/** Protobuf's base-128 varint from its definition, to check the runtime's writer against. */
function varint(value: bigint): number[] {
  const out: number[] = [];
  for (; value > 127n; value >>= 7n) out.push(Number(value & 127n) | 128);
  out.push(Number(value));
  return out;
}

describe('decimals', () => {
  it('reads and writes the examples of the chain', () => {
    expect(parseDecimal('1.01')).toBe(1010000000000000000n);
    expect(parseDecimal('0.000000000000000001')).toBe(1n);
    expect(formatDecimal(1010000000000000000n)).toBe('1.010000000000000000');
    expect(formatDecimal(-1n)).toBe('-0.000000000000000001');
    expect(parseScaled('')).toBe(0n);
  });

  it('turns every scaled integer into text and back', () => {
    fc.assert(
      fc.property(
        scaled,
        (value) => parseDecimal(formatDecimal(value)) === value && parseScaled(value.toString()) === value,
      ),
    );
  });

  it.each(['', '.5', '1.', '1e3', '+1', ' 1', '0x1', '1.0000000000000000001', 'NaN', '1'.repeat(90)])(
    'refuses %j',
    (text) => {
      expect(() => parseDecimal(text)).toThrow(RangeError);
    },
  );

  it.each(['1.5', 'abc', '1e18', '9'.repeat(96)])('refuses %j as a scaled integer', (text) => {
    expect(() => parseScaled(text)).toThrow(/integer × 10\^18/);
  });
});

describe('64-bit integers', () => {
  const probe = message('test.Probe', { one: uint64(1), many: packedUint64(2) });

  it('are written as the protobuf specification says over the whole range, [2^31, 2^32) included', () => {
    fc.assert(
      fc.property(u64, (value) => {
        expect([...probe.encode({ one: value })]).toEqual(value === 0n ? [] : [0x08, ...varint(value)]);
        expect(probe.decode(probe.encode({ one: value })).one).toBe(value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('survive in packed lists, and unpacked ones are read too', () => {
    fc.assert(
      fc.property(fc.array(u64, { maxLength: 20 }), (values) => {
        expect(probe.decode(probe.encode({ many: values })).many).toEqual(values);
        const unpacked = Uint8Array.from(values.flatMap((value) => [0x10, ...varint(value)]));
        expect(probe.decode(unpacked).many).toEqual(values);
      }),
    );
  });

  it('refuse what is not a u64 when written', () => {
    expect(() => probe.encode({ one: -1n })).toThrow(/Probe\.one/);
    expect(() => probe.encode({ one: 2n ** 64n })).toThrow(/Probe\.one/);
  });
});

const orderFields = fc.record({
  id: u64,
  price: scaled,
  quantity: scaled,
  account: fc.string(),
  priceDenom: fc.string(),
  assetDenom: fc.string(),
  orderType: fc.constantFrom(...Object.values(OrderType)),
  positionDirection: fc.constantFrom(...Object.values(PositionDirection)),
  data: fc.string({ unit: 'grapheme' }),
  triggerStatus: fc.boolean(),
});

describe('dex messages', () => {
  it('round-trip', () => {
    fc.assert(
      fc.property(fc.array(orderFields, { maxLength: 4 }), fc.array(u64, { maxLength: 4 }), (orders, ids) => {
        const placed = msgPlaceOrders.create({
          creator: 'sei1x',
          orders: orders.map((fields) => order.create(fields)),
          contractAddr: 'sei1y',
          funds: [{ denom: 'usdc', amount: '12' }],
        });
        expect(msgPlaceOrders.decode(msgPlaceOrders.encode(placed))).toEqual(placed);
        const cancels = msgCancelOrders.create({
          cancellations: ids.map((id) => cancellation.create({ id, price: id })),
        });
        expect(msgCancelOrders.decode(msgCancelOrders.encode(cancels))).toEqual(cancels);
      }),
    );
  });

  it('have the bytes that the field numbers dictate', () => {
    const bytes = order.encode({
      id: 5n,
      price: 10n ** 18n,
      priceDenom: 'USDC',
      assetDenom: 'BTC',
      positionDirection: 1,
    });
    const text = (number: number, value: string): string =>
      toHex(Uint8Array.from([(number << 3) | 2, value.length, ...new TextEncoder().encode(value)]));
    expect(toHex(bytes)).toBe(
      `0805${text(5, '1000000000000000000')}${text(6, '0')}${text(7, 'USDC')}${text(8, 'BTC')}5001${text(13, '0')}${text(14, '0')}`,
    );
    expect(toHex(msgPlaceOrdersResponse.encode({ orderIds: [0n, 2n ** 31n] }))).toBe('0a06008080808008');
  });

  it('print as the REST gateway does', () => {
    const json = longBookAllResponse.toJson(
      longBookAllResponse.create({
        levels: [{ price: 10n ** 18n, entry: undefined }],
        pagination: { nextKey: new Uint8Array(0), total: 0n },
      }),
    );
    expect(json).toEqual({
      LongBook: [{ price: '1.000000000000000000', entry: null }],
      pagination: { next_key: null, total: '0' },
    });
    expect(order.toJson(order.create({ orderType: 1, id: 7n }))).toMatchObject({
      id: '7',
      orderType: 'MARKET',
      status: 'PLACED',
    });
  });

  it('go through an ordinary cosmjs registry', () => {
    const registry = new Registry(dexRegistryTypes as ConstructorParameters<typeof Registry>[0]);
    const value = msgCancelOrders.create({ creator: 'me', cancellations: [cancellation.create({ id: 2n ** 31n })] });
    const bytes = registry.encode({ typeUrl: '/seiprotocol.seichain.dex.MsgCancelOrders', value });
    expect(toHex(bytes)).toBe(toHex(msgCancelOrders.encode(value)));
    expect(registry.decode({ typeUrl: msgCancelOrders.typeUrl, value: bytes })).toEqual(value);
  });
});

describe('SDK messages', () => {
  it('agree with an independent implementation', () => {
    const body = txBody.encode({
      messages: [{ typeUrl: '/a.B', value: Uint8Array.of(1, 2) }],
      memo: 'm',
      timeoutHeight: 77n,
    });
    const auth = authInfo.encode({
      signerInfos: [
        { publicKey: { typeUrl: '/k', value: Uint8Array.of(9) }, modeInfo: { single: { mode: 1 } }, sequence: 12n },
      ],
      fee: { amount: [{ denom: 'usei', amount: '5500' }], gasLimit: 200_000n, payer: '', granter: '' },
    });
    const tx = decodeTxRaw(txRaw.encode({ bodyBytes: body, authInfoBytes: auth, signatures: [Uint8Array.of(3)] }));
    expect(tx.body).toMatchObject({ memo: 'm', timeoutHeight: 77n });
    expect(tx.body.messages).toEqual([{ typeUrl: '/a.B', value: Uint8Array.of(1, 2) }]);
    expect(tx.authInfo.signerInfos[0]).toMatchObject({ sequence: 12n, modeInfo: { single: { mode: 1 } } });
    expect(tx.authInfo.fee).toMatchObject({ gasLimit: 200_000n, amount: [{ denom: 'usei', amount: '5500' }] });
    expect(tx.signatures).toEqual([Uint8Array.of(3)]);
  });

  it('carry sequences that cosmjs-types writes wrongly', () => {
    expect(baseAccount.decode(baseAccount.encode({ sequence: 2n ** 31n })).sequence).toBe(2n ** 31n);
  });
});

describe('bad bytes', () => {
  it.each([
    ['a price that is no integer', order, '2a03312e35', /Order\.price: decimal "1\.5"/],
    ['a wrong wire type', order, '2801', /Order\.price: wire type 0, expected 2/],
    ['a truncated string', order, '3a05aa', /Order\.priceDenom/],
    ['a nested fault, named with its path', msgPlaceOrders, '12022801', /MsgPlaceOrders\.orders: Order\.price/],
    ['invalid UTF-8', order, '3a01ff', /Order\.priceDenom/],
    ['a varint without end', order, '08ffffffffffffffffffffff', /Order\.id/],
    ['a packed list beyond the end', msgPlaceOrdersResponse, '0a7f01', /MsgPlaceOrdersResponse\.orderIds/],
  ] as [string, Codec<unknown>, string, RegExp][])('%s is refused by field', (_name, codec, hex, expected) => {
    expect(() => codec.decode(fromHex(hex))).toThrow(DecodeError);
    expect(() => codec.decode(fromHex(hex))).toThrow(expected);
  });

  it('are refused unread beyond the size limit, and beyond the element limit', () => {
    expect(() => order.decode(new Uint8Array(11), 10)).toThrow(/11 bytes, at most 10/);
    const many = new Uint8Array(2 * 65_537).map((_, i) => (i % 2 === 0 ? 0x12 : 0));
    expect(() => msgPlaceOrders.decode(many)).toThrow(/more than 65536 elements/);
  });

  it('never do worse than a DecodeError', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom<Codec<unknown>>(msgPlaceOrders, matchResult, longBookAllResponse, bookAllRequest, txRaw),
        (bytes, codec) => {
          try {
            codec.decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('unknown fields are skipped', () => {
    expect(order.decode(fromHex('0805a00601')).id).toBe(5n);
  });
});
