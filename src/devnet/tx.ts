import { hash } from 'node:crypto';
import { authInfo, msgSend, secp256k1PubKey, type TxRaw, txBody, txRaw } from '../sei/codec/cosmos.ts';
import {
  type Cancellation,
  type MsgCancelOrders,
  type MsgPlaceOrders,
  msgCancelOrders,
  msgPlaceOrders,
  type Order,
  OrderType,
  PositionDirection,
} from '../sei/codec/dex.ts';
import { DecodeError, type MessageOf } from '../sei/codec/message.ts';
import type { Amount } from './bank.ts';

/**
 * An event of a transaction or a block, its attributes as plain text (the node encodes them as each answer demands).
 */
export interface AbciEvent {
  readonly type: string;
  readonly attributes: readonly (readonly [key: string, value: string])[];
}

/** What came of checking or delivering a transaction. */
export interface TxResult {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
  readonly data: Uint8Array;
  readonly events: readonly AbciEvent[];
  readonly gasWanted: bigint;
  readonly gasUsed: bigint;
}

/**
 * The SDK's codes (codespace `sdk`) that this chain answers with; 1 with codespace `undefined` is an unregistered
 * error.
 */
export const Code = {
  UNDEFINED: 1,
  TX_DECODE: 2,
  UNAUTHORIZED: 4,
  INSUFFICIENT_FUNDS: 5,
  UNKNOWN_REQUEST: 6,
  INVALID_ADDRESS: 7,
  INVALID_PUBKEY: 8,
  UNKNOWN_ADDRESS: 9,
  OUT_OF_GAS: 11,
  MEMO_TOO_LARGE: 12,
  INSUFFICIENT_FEE: 13,
  NO_SIGNATURES: 15,
  INVALID_REQUEST: 18,
  KEY_NOT_FOUND: 22,
  TX_TIMEOUT_HEIGHT: 30,
  WRONG_SEQUENCE: 32,
} as const;

/** A refusal with the chain's code and codespace. */
export class TxRefusal extends Error {
  override readonly name = 'TxRefusal';
  readonly code: number;
  readonly codespace: string;

  constructor(code: number, log: string, codespace = code === Code.UNDEFINED ? 'undefined' : 'sdk') {
    super(log);
    this.code = code;
    this.codespace = codespace;
  }
}

/** A message that this chain executes. */
export type Msg =
  | { readonly kind: 'place'; readonly typeUrl: string; readonly value: MsgPlaceOrders }
  | { readonly kind: 'cancel'; readonly typeUrl: string; readonly value: MsgCancelOrders }
  | { readonly kind: 'send'; readonly typeUrl: string; readonly value: MessageOf<typeof msgSend> };

/** A transaction taken apart: everything the ante handler and the messages need. */
export interface DecodedTx {
  /** What was signed, with its signatures; undefined for a {@link PlainTx}. */
  readonly raw: TxRaw | undefined;
  readonly byteLength: number;
  readonly messages: readonly Msg[];
  readonly memo: string;
  readonly timeoutHeight: bigint;
  readonly signer: string;
  /** Compressed secp256k1 key, or empty when the chain is to use the one it knows. */
  readonly publicKey: Uint8Array;
  readonly signMode: number;
  readonly sequence: bigint;
  readonly fee: readonly Amount[];
  readonly gasLimit: bigint;
}

/**
 * A transaction below wire and signatures: what signed bytes would say, taken at its word. For who runs the chain in process;
 * nothing that comes over the wire can be one.
 */
export interface PlainTx extends DecodedTx {
  readonly raw: undefined;
  /** 64 upper-case hexadecimal digits that no other transaction has. */
  readonly hash: string;
}

/** A transaction as the chain takes it: signed bytes, or what they would say. */
export type Tx = Uint8Array | PlainTx;

/** The hash by which a transaction is known: SHA-256 of its bytes, upper-case hexadecimal. */
export function txHash(tx: Tx): string {
  return tx instanceof Uint8Array ? hash('sha256', tx, 'hex').toUpperCase() : tx.hash;
}

/** Its bytes; none for a {@link PlainTx}. */
export function txBytes(tx: Tx): Uint8Array {
  return tx instanceof Uint8Array ? tx : new Uint8Array(0);
}

/** Its length in bytes, or what it would be. */
export function txLength(tx: Tx): number {
  return tx instanceof Uint8Array ? tx.length : tx.byteLength;
}

/** Largest transaction the chain looks at, in bytes (Tendermint's `max_tx_bytes`). */
export const TX_MAX_BYTES = 1_048_576;

/** Most orders or cancels of one message. */
export const ORDERS_PER_MESSAGE_MAX = 1_000;

const PUBKEY_TYPE = '/cosmos.crypto.secp256k1.PubKey';
const INTEGER = /^\d{1,78}$/;

/**
 * Takes a transaction apart and does the checks that need no state.
 *
 * @throws TxRefusal with the code that the SDK gives for it
 */
export function decodeTx(tx: Tx): DecodedTx {
  if (!(tx instanceof Uint8Array)) return tx;
  try {
    return decode(tx);
  } catch (error) {
    if (error instanceof DecodeError) throw new TxRefusal(Code.TX_DECODE, `${error.message}: tx parse error`);
    throw error;
  }
}

function decode(bytes: Uint8Array): DecodedTx {
  const raw = txRaw.decode(bytes, TX_MAX_BYTES);
  const body = txBody.decode(raw.bodyBytes);
  const auth = authInfo.decode(raw.authInfoBytes);
  if (body.messages.length === 0) {
    throw new TxRefusal(Code.INVALID_REQUEST, 'must contain at least one message: invalid request');
  }
  const messages = body.messages.map(({ typeUrl, value }) => decodeMessage(typeUrl, value));
  const signers = new Set(messages.map(signerOf));
  if (raw.signatures.length === 0) throw new TxRefusal(Code.NO_SIGNATURES, 'no signatures supplied');
  if (signers.size !== 1 || raw.signatures.length !== 1 || auth.signerInfos.length !== 1) {
    throw new TxRefusal(
      Code.UNAUTHORIZED,
      `wrong number of signers; expected 1, got ${Math.max(signers.size, raw.signatures.length)}: unauthorized`,
    );
  }
  const [info] = auth.signerInfos;
  const fee = (auth.fee?.amount ?? []).map(parseAmount);
  return {
    raw,
    byteLength: bytes.length,
    messages,
    memo: body.memo,
    timeoutHeight: body.timeoutHeight,
    signer: [...signers][0]!,
    publicKey: decodePublicKey(info!.publicKey),
    signMode: info!.modeInfo?.single?.mode ?? 0,
    sequence: info!.sequence,
    fee,
    gasLimit: auth.fee?.gasLimit ?? 0n,
  };
}

function decodePublicKey(key: { typeUrl: string; value: Uint8Array } | undefined): Uint8Array {
  if (key === undefined) return new Uint8Array(0);
  if (key.typeUrl !== PUBKEY_TYPE) {
    throw new TxRefusal(Code.INVALID_PUBKEY, `public key type ${key.typeUrl}, expected ${PUBKEY_TYPE}: invalid pubkey`);
  }
  return secp256k1PubKey.decode(key.value).key;
}

function decodeMessage(typeUrl: string, value: Uint8Array): Msg {
  switch (typeUrl) {
    case msgPlaceOrders.typeUrl: {
      const message = msgPlaceOrders.decode(value);
      checkSize(message.orders.length, 'order needs to be placed');
      for (const order of message.orders) checkOrder(order);
      return { kind: 'place', typeUrl, value: message };
    }
    case msgCancelOrders.typeUrl: {
      const message = msgCancelOrders.decode(value);
      checkSize(message.cancellations.length, 'cancellation needs to be specified');
      for (const cancel of message.cancellations) checkCancellation(cancel);
      return { kind: 'cancel', typeUrl, value: message };
    }
    case msgSend.typeUrl:
      return { kind: 'send', typeUrl, value: msgSend.decode(value) };
    default:
      throw new TxRefusal(Code.TX_DECODE, `no concrete type registered for type URL ${typeUrl}: tx parse error`);
  }
}

function checkSize(count: number, what: string): void {
  if (count === 0) throw new TxRefusal(Code.INVALID_REQUEST, `at least one ${what}: invalid request`);
  if (count > ORDERS_PER_MESSAGE_MAX) {
    throw new TxRefusal(
      Code.INVALID_REQUEST,
      `${count} entries, at most ${ORDERS_PER_MESSAGE_MAX} expected: invalid request`,
    );
  }
}

function checkOrder(order: Order): void {
  if (order.quantity < 0n) throw new TxRefusal(Code.INVALID_REQUEST, 'invalid order quantity: invalid request');
  if (order.price < 0n) throw new TxRefusal(Code.INVALID_REQUEST, 'invalid order price: invalid request');
  if (order.orderType !== OrderType.LIMIT && order.orderType !== OrderType.MARKET) {
    throw new TxRefusal(Code.INVALID_REQUEST, `order type ${order.orderType} is not supported: invalid request`);
  }
  checkDirection(order.positionDirection);
}

function checkCancellation(cancel: Cancellation): void {
  if (cancel.price < 0n) throw new TxRefusal(Code.INVALID_REQUEST, 'invalid cancellation price: invalid request');
  checkDirection(cancel.positionDirection);
}

function checkDirection(direction: number): void {
  if (direction !== PositionDirection.LONG && direction !== PositionDirection.SHORT) {
    throw new TxRefusal(Code.INVALID_REQUEST, `position direction ${direction}: invalid request`);
  }
}

function signerOf(message: Msg): string {
  return message.kind === 'send' ? message.value.fromAddress : message.value.creator;
}

/**
 * A coin with its amount as an integer.
 *
 * @throws TxRefusal when the amount is no unsigned integer of at most 78 digits
 */
export function parseAmount(coin: { readonly denom: string; readonly amount: string }): Amount {
  if (!INTEGER.test(coin.amount)) throw new TxRefusal(Code.TX_DECODE, `amount of ${coin.denom}: tx parse error`);
  return { denom: coin.denom, amount: BigInt(coin.amount) };
}
