import { Secp256k1, Slip10, Slip10Curve, sha256, stringToPath } from '@cosmjs/crypto';
import { fromHex, toHex, toUtf8 } from '@cosmjs/encoding';
import { beforeEach, describe, expect, it } from 'vitest';
import { authInfo, msgSend, secp256k1PubKey, signDoc, txBody, txMsgData, txRaw } from '../sei/codec/cosmos.ts';
import { parseDecimal } from '../sei/codec/decimal.ts';
import {
  type Coin,
  cancellation,
  msgCancelOrders,
  msgPlaceOrders,
  msgPlaceOrdersResponse,
  OrderStatus,
  order,
} from '../sei/codec/dex.ts';
import { getMatchResultRequest, getMatchResultResponse, queryPath } from '../sei/codec/query.ts';
import { addressOf } from './ante.ts';
import { Chain } from './chain.ts';
import { Mempool } from './mempool.ts';
import { Producer } from './producer.ts';
import { abciQuery } from './query.ts';
import { type TxResult, txHash } from './tx.ts';

const CONTRACT = 'sei1contract';

class Signer {
  readonly #privateKey: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: string;

  constructor(seed: string) {
    this.#privateKey = Slip10.derivePath(
      Slip10Curve.Secp256k1,
      sha256(toUtf8(seed)),
      stringToPath("m/44'/118'/0'/0/0"),
    ).privkey;
    this.publicKey = Secp256k1.compressPubkey(Secp256k1.makeKeypair(this.#privateKey).pubkey);
    this.address = addressOf(this.publicKey);
  }

  sign(chain: Chain, messages: { typeUrl: string; value: Uint8Array }[], terms: Terms = {}): Uint8Array {
    const account = chain.account(this.address)!;
    const sequence = BigInt(terms.sequence ?? account.sequence);
    const bodyBytes = txBody.encode({
      messages,
      memo: terms.memo ?? '',
      timeoutHeight: BigInt(terms.timeoutHeight ?? 0),
    });
    const authInfoBytes = authInfo.encode({
      signerInfos: [
        {
          publicKey: { typeUrl: secp256k1PubKey.typeUrl, value: secp256k1PubKey.encode({ key: this.publicKey }) },
          modeInfo: { single: { mode: 1 } },
          sequence,
        },
      ],
      fee: { amount: [{ denom: 'usei', amount: terms.fee ?? '50000' }], gasLimit: 400_000n, payer: '', granter: '' },
    });
    const document = signDoc.encode({
      bodyBytes,
      authInfoBytes,
      chainId: chain.chainId,
      accountNumber: BigInt(account.number),
    });
    const signature = Secp256k1.createSignature(sha256(document), this.#privateKey).toFixedLength().slice(0, 64);
    if (terms.forge === 'flip') signature[10]! ^= 1;
    if (terms.forge === 'mirror') {
      const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
      const mirrored = order - BigInt(`0x${toHex(signature.slice(32))}`);
      signature.set(fromHex(mirrored.toString(16).padStart(64, '0')), 32);
    }
    return txRaw.encode({ bodyBytes, authInfoBytes, signatures: [signature] });
  }

  place(
    chain: Chain,
    orders: [side: 0 | 1, price: string, quantity: string, type?: number][],
    terms: Terms = {},
  ): Uint8Array {
    return this.sign(chain, [this.placeMessage(orders, terms.funds)], terms);
  }

  placeMessage(orders: [side: 0 | 1, price: string, quantity: string, type?: number][], funds: Coin[] = []) {
    const value = msgPlaceOrders.encode({
      creator: this.address,
      contractAddr: CONTRACT,
      funds,
      orders: orders.map(([positionDirection, price, quantity, orderType = 0]) =>
        order.create({
          positionDirection,
          price: parseDecimal(price),
          quantity: parseDecimal(quantity),
          orderType,
          priceDenom: 'USDC',
          assetDenom: 'BTC',
        }),
      ),
    });
    return { typeUrl: msgPlaceOrders.typeUrl, value };
  }

  cancelMessage(...cancels: [id: bigint, side: 0 | 1, price: string][]) {
    const cancellations = cancels.map(([id, positionDirection, price]) =>
      cancellation.create({ id, positionDirection, price: parseDecimal(price), priceDenom: 'USDC', assetDenom: 'BTC' }),
    );
    return {
      typeUrl: msgCancelOrders.typeUrl,
      value: msgCancelOrders.encode({ creator: this.address, contractAddr: CONTRACT, cancellations }),
    };
  }
}

interface Terms {
  sequence?: number;
  memo?: string;
  timeoutHeight?: number;
  fee?: string;
  funds?: Coin[];
  /** `flip`: a wrong bit; `mirror`: the other valid signature of the same message. */
  forge?: 'flip' | 'mirror';
}

const alice = new Signer('alice');
const bob = new Signer('bob');
let chain: Chain;

beforeEach(() => {
  chain = new Chain({ chainId: 'test-1', contractAddress: CONTRACT, matchesMax: 5 });
  for (const { address } of [alice, bob]) {
    chain.fund(
      address,
      ['uusdc', 'ubtc', 'usei'].map((denom) => ({ denom, amount: 10n ** 12n })),
    );
  }
});

/** One block with these transactions. */
function block(...txs: Uint8Array[]): { results: TxResult[]; end: ReturnType<Chain['endBlock']> } {
  chain.beginBlock(chain.timeUs + 400_000);
  const results = txs.map((tx) => chain.deliverTx(tx));
  return { results, end: chain.endBlock() };
}

function idsOf(result: TxResult): readonly bigint[] {
  return txMsgData
    .decode(result.data)
    .data.flatMap(({ msgType, data }) =>
      msgType === msgPlaceOrders.typeUrl ? [...msgPlaceOrdersResponse.decode(data).orderIds] : [],
    );
}

function matchAt(height: number) {
  const data = getMatchResultRequest.encode({ contractAddr: CONTRACT });
  const answer = abciQuery(chain, queryPath('GetMatchResult'), data, height);
  expect(answer.log).toBe('');
  return getMatchResultResponse.decode(answer.value).result!;
}

describe('the traps of the chain', () => {
  it('a filled limit order still shows PLACED with its full quantity', () => {
    const { end } = block(alice.place(chain, [[0, '100', '0.01']]), bob.place(chain, [[1, '100', '0.01']]));
    const { orders, settlements } = matchAt(end.height);
    expect(orders.map(({ status, quantity }) => [status, quantity])).toEqual([
      [OrderStatus.PLACED, parseDecimal('0.01')],
      [OrderStatus.PLACED, parseDecimal('0.01')],
    ]);
    expect(settlements.map(({ orderId, orderType }) => [orderId, orderType])).toEqual([
      [0n, 'Limit'],
      [1n, 'Limit'],
    ]);
  });

  it('a cancel in its order’s own block is ignored, as is one of an unknown id: code 0, no event', () => {
    const own = block(
      alice.sign(chain, [alice.placeMessage([[0, '100', '0.01']]), alice.cancelMessage([0n, 0, '100'])]),
    );
    expect(own.results[0]!.code).toBe(0);
    expect(own.results[0]!.events.map(({ type }) => type)).not.toContain('cancel_order');
    expect(chain.dex.book(0, 'buy').levels).toHaveLength(1);
    const unknown = block(alice.sign(chain, [alice.cancelMessage([77n, 0, '100'], [0n, 0, '99'], [0n, 1, '100'])]));
    expect(unknown.results[0]).toMatchObject({ code: 0 });
    expect(unknown.end.match).toBeNull();
    expect(chain.dex.book(0, 'buy').levels).toHaveLength(1);
  });

  it('cancelling someone else’s order is code 1 and costs the fee', () => {
    block(alice.place(chain, [[0, '100', '0.01']]));
    const before = chain.bank.balance(bob.address, 'usei');
    const { results } = block(
      bob.sign(chain, [bob.placeMessage([[0, '50', '0.01']]), bob.cancelMessage([0n, 0, '100'])]),
    );
    expect(results[0]).toMatchObject({ code: 1, codespace: 'undefined' });
    expect(chain.bank.balance(bob.address, 'usei')).toBe(before - 50_000n);
    expect(chain.account(bob.address)!.sequence).toBe(1);
    expect(chain.dex.book(0, 'buy').levels.map(({ tick }) => tick)).toEqual([1000]);
  });

  it('cancel and place in one transaction replace atomically, and the match result omits the cancel', () => {
    block(alice.place(chain, [[0, '100', '0.01']]));
    const { results, end } = block(
      alice.sign(chain, [alice.cancelMessage([0n, 0, '100']), alice.placeMessage([[0, '101', '0.01']])]),
    );
    expect(results[0]!.events).toContainEqual({ type: 'cancel_order', attributes: [['cancellation_id', '0']] });
    expect(idsOf(results[0]!)).toEqual([1n]);
    expect(chain.dex.book(0, 'buy').levels.map(({ tick }) => tick)).toEqual([1010]);
    expect(matchAt(end.height).cancellations).toEqual([]);
  });

  it('what is left of a market order is cancelled, and listed by its id alone', () => {
    block(alice.place(chain, [[1, '100', '0.001']]));
    const { end } = block(bob.place(chain, [[0, '0', '0.01', 1]]));
    const result = matchAt(end.height);
    expect(result.cancellations).toEqual([cancellation.create({ id: 1n })]);
    expect(result.orders[0]!.quantity).toBe(parseDecimal('0.009'));
    expect(chain.dex.book(0, 'buy').levels).toEqual([]);
  });

  it('the contract refuses an order that is not covered: it has an id and never rests', () => {
    const { results, end } = block(alice.place(chain, [[0, '1000000', '2']]));
    expect(idsOf(results[0]!)).toEqual([0n]);
    expect(matchAt(end.height).orders[0]).toMatchObject({ status: OrderStatus.FAILED_TO_PLACE });
    expect(matchAt(end.height).orders[0]!.statusDescription).toMatch(/insufficient cover/);
    expect(chain.dex.book(0, 'buy').levels).toEqual([]);
  });

  it('a block without orders leaves the match result of an earlier height, and only recent heights are kept', () => {
    const { end } = block(alice.place(chain, [[0, '100', '0.01']]));
    block();
    expect(matchAt(chain.height).height).toBe(BigInt(end.height));
    for (let i = 0; i < 6; i += 1) block(alice.place(chain, [[0, '1', '0.01']]));
    const data = getMatchResultRequest.encode({ contractAddr: CONTRACT });
    expect(abciQuery(chain, queryPath('GetMatchResult'), data, end.height)).toMatchObject({ code: 18 });
  });
});

describe('a transaction', () => {
  it('is refused with the code the SDK gives, and leaves no trace', () => {
    chain.beginBlock(1);
    const cases: [string, number, Uint8Array][] = [
      ['no protobuf', 2, Uint8Array.of(1, 2, 3)],
      ['an unknown message', 2, alice.sign(chain, [{ typeUrl: '/x.Y', value: new Uint8Array(0) }])],
      ['no message', 18, alice.sign(chain, [])],
      ['a mirrored signature', 4, alice.place(chain, [[0, '1', '1']], { forge: 'mirror' })],
      ['a forged signature', 4, alice.place(chain, [[0, '1', '1']], { forge: 'flip' })],
      ['a fee beyond the balance', 5, alice.place(chain, [[0, '1', '1']], { fee: `1${'0'.repeat(13)}` })],
      ['a long memo', 12, alice.place(chain, [[0, '1', '1']], { memo: 'x'.repeat(257) })],
      [
        'a cheap place',
        13,
        alice.place(
          chain,
          [
            [0, '1', '1'],
            [0, '1', '1'],
          ],
          { fee: '10999' },
        ),
      ],
      ['no orders', 18, alice.place(chain, [])],
      ['a stop order', 18, alice.place(chain, [[0, '1', '1', 5]])],
      ['an unknown order type', 18, alice.place(chain, [[0, '1', '1', 2]])],
      ['a wrong sequence', 32, alice.place(chain, [[0, '1', '1']], { sequence: 3 })],
    ];
    for (const [name, code, tx] of cases) {
      const checked = chain.checkTx(tx);
      expect([name, checked.code], checked.log).toEqual([name, code]);
    }
    expect(chain.checkTx(alice.sign(chain, [alice.cancelMessage([1n, 0, '1'])], { fee: '39999' })).code).toBe(13);
    expect(chain.checkTx(alice.place(chain, [[0, '1', '1']], { fee: '5500' })).code).toBe(0);
  });

  it('that fails in its messages has paid its fee all the same', () => {
    const funds = [{ denom: 'uusdc', amount: `1${'0'.repeat(13)}` }];
    const { results, end } = block(alice.place(chain, [[0, '1', '1']], { funds }));
    expect(results[0]).toMatchObject({ code: 5, codespace: 'sdk' });
    expect(results[0]!.events).toContainEqual({ type: 'tx', attributes: [['fee', '50000usei']] });
    expect(end.match).toBeNull();
    expect(chain.account(alice.address)!.sequence).toBe(1);
  });

  it('after its timeout height is refused with code 30', () => {
    const tx = alice.place(chain, [[0, '1', '1']], { timeoutHeight: 1 });
    expect(chain.checkTx(tx).code).toBe(0);
    block();
    expect(block(tx).results[0]!.code).toBe(30);
    expect(chain.account(alice.address)!.sequence).toBe(0);
  });

  it('may follow another of the same account in CheckTx before either is in a block', () => {
    expect(chain.checkTx(alice.place(chain, [[0, '1', '1']], { sequence: 0 })).code).toBe(0);
    expect(chain.checkTx(alice.place(chain, [[0, '1', '1']], { sequence: 1 })).code).toBe(0);
    expect(chain.checkTx(alice.place(chain, [[0, '1', '1']], { sequence: 1 })).code).toBe(32);
    expect(chain.account(alice.address)!.sequence).toBe(0);
  });

  it('sends its funds along and gets them back at the end of the block', () => {
    chain.beginBlock(1);
    const before = chain.bank.balance(alice.address, 'uusdc');
    chain.deliverTx(alice.place(chain, [[0, '1', '1']], { funds: [{ denom: 'uusdc', amount: '5' }] }));
    expect(chain.bank.balance(alice.address, 'uusdc')).toBe(before - 5n);
    chain.endBlock();
    expect(chain.bank.balance(alice.address, 'uusdc')).toBe(before);
  });

  it('moves money and opens accounts with a bank send', () => {
    const value = msgSend.encode({
      fromAddress: alice.address,
      toAddress: 'sei1new',
      amount: [{ denom: 'uusdc', amount: '7' }],
    });
    expect(block(alice.sign(chain, [{ typeUrl: msgSend.typeUrl, value }])).results[0]!.code).toBe(0);
    expect(chain.bank.balance('sei1new', 'uusdc')).toBe(7n);
    expect(chain.account('sei1new')).toMatchObject({ sequence: 0 });
  });
});

describe('the mempool', () => {
  it('refuses repeats, drops what a block made invalid, and lets it be sent again', () => {
    const mempool = new Mempool(chain);
    const first = alice.place(chain, [[0, '1', '1']]);
    const rival = alice.place(chain, [[0, '2', '1']]);
    expect(mempool.add(first)).toMatchObject({ code: 0 });
    expect(mempool.add(first)).toBe('tx already exists in cache');
    expect(mempool.size).toBe(1);
    block(rival);
    mempool.recheck();
    expect(mempool.size).toBe(0);
    expect(mempool.add(first)).toMatchObject({ code: 32 });
  });

  it('fills blocks in order and forgets only old ones', () => {
    const producer = new Producer(chain);
    const txs = [0, 1, 2].map((sequence) => alice.place(chain, [[0, '1', '1']], { sequence }));
    for (const tx of txs) producer.mempool.add(tx);
    const made = producer.produce(1_000_000);
    expect(made.txs.map(({ hash, result }) => [hash, result.code])).toEqual(txs.map((tx) => [txHash(tx), 0]));
    for (let i = 0; i < 1_100; i += 1) producer.produce(1_000_000);
    expect(producer.block(made.height)).toBeUndefined();
    expect(producer.tx(made.txs[0]!.hash)).toBeUndefined();
    expect(producer.block(producer.latest.height)).toBe(producer.latest);
  });
});
