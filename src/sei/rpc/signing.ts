import { createHash } from 'node:crypto';
import type { Market } from '../../../streams/market/types.ts';
import { perMarket } from '../../../streams/market/units.ts';
import { authInfo, SignMode, secp256k1PubKey, txBody, txRaw } from '../codec/cosmos.ts';
import { parseDecimal } from '../codec/decimal.ts';
import {
  cancellation,
  type MsgCancelOrders,
  type MsgPlaceOrders,
  msgCancelOrders,
  msgPlaceOrders,
  OrderType,
  order,
  PositionDirection,
} from '../codec/dex.ts';
import type { SignedTx, Signer, SigningRequest } from '../node.ts';
import type { Wallet } from './wallet.ts';

/** How urgently a transaction wants to be in a block. */
export type Urgency = 'low' | 'normal' | 'high' | 'urgent';

/** What the base gas price is multiplied by. */
export const URGENCY_FACTORS: Readonly<Record<Urgency, number>> = { low: 1.0, normal: 1.2, high: 1.5, urgent: 2.0 };

/** What a transaction is charged, besides the base price. */
export interface GasPolicy {
  /** usei a unit of gas. */
  readonly basePriceUsei: number;
  readonly urgency: Urgency;
}

/** What an account's transactions are about. */
export interface TradingContext {
  readonly contract: string;
  /** By symbol. */
  readonly markets: ReadonlyMap<string, Market>;
  readonly gas: GasPolicy;
}

/** Gas of a transaction at most: measured on the dex chain well under it, and unused gas of a cancel costs little. */
const GAS_BASE = 150_000;
const GAS_PER_ORDER = 60_000;

/** Placing costs this on top for each order and dependency, whatever the gas: 55,000 gas at 0.1 usei. */
const PLACE_FEE_USEI = 5_500;

/** One of the two messages that trade. */
export type ChainMessage =
  | { readonly kind: 'place'; readonly typeUrl: string; readonly value: MsgPlaceOrders }
  | { readonly kind: 'cancel'; readonly typeUrl: string; readonly value: MsgCancelOrders };

/** The fee of a batch in usei: gas × base price × urgency × (1 + congestion), and the fixed price of each placed order. */
export function feeOf(
  places: number,
  cancels: number,
  gas: GasPolicy,
  congestion: number,
): { gasLimit: number; usei: number } {
  const gasLimit = GAS_BASE + GAS_PER_ORDER * (places + cancels);
  const price = gas.basePriceUsei * URGENCY_FACTORS[gas.urgency] * (1 + congestion);
  return { gasLimit, usei: Math.ceil(gasLimit * price) + PLACE_FEE_USEI * places };
}

/** A wallet that signs batches, each as one transaction: cancels first, then places. */
export function walletSigner(wallet: Wallet, context: TradingContext): Signer {
  return { address: wallet.address, sign: (request) => signed(wallet, context, request) };
}

function signed(wallet: Wallet, context: TradingContext, request: SigningRequest): SignedTx {
  const { batch, chainId, accountNumber, sequence, timeoutHeight, congestion } = request;
  const messages = messagesOf(context, wallet.address, batch).map(({ kind, typeUrl, value }) => ({
    typeUrl,
    value: kind === 'place' ? msgPlaceOrders.encode(value) : msgCancelOrders.encode(value),
  }));
  const bodyBytes = txBody.encode({ messages, timeoutHeight: BigInt(timeoutHeight) });
  const { gasLimit, usei } = feeOf(batch.places.length, batch.cancels.length, context.gas, congestion);
  const authInfoBytes = authInfo.encode({
    signerInfos: [
      {
        publicKey: { typeUrl: secp256k1PubKey.typeUrl, value: secp256k1PubKey.encode({ key: wallet.publicKey }) },
        modeInfo: { single: { mode: SignMode.SIGN_MODE_DIRECT } },
        sequence,
      },
    ],
    fee: { amount: [{ denom: 'usei', amount: String(usei) }], gasLimit: BigInt(gasLimit), payer: '', granter: '' },
  });
  const signature = wallet.sign({ bodyBytes, authInfoBytes, chainId, accountNumber });
  const payload = txRaw.encode({ bodyBytes, authInfoBytes, signatures: [signature] });
  return { payload, hash: hashOf(payload), sequence, timeoutHeight, feeUsei: usei };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').toUpperCase();
}

const BLANK_ORDER = order.create();
const BLANK_CANCELLATION = cancellation.create();

/** A batch as the chain's messages, not yet encoded: a cancelling one, then a placing one, each only if it has something to say. */
export function messagesOf(context: TradingContext, creator: string, batch: SigningRequest['batch']): ChainMessage[] {
  const { contract: contractAddr } = context;
  const messages: ChainMessage[] = [];
  if (batch.cancels.length > 0) {
    const cancellations = batch.cancels.map(({ market, side, tick, orderId }) => {
      const { priceDenom, assetDenom, positionDirection, price } = priced(context, market, side, tick);
      return { ...BLANK_CANCELLATION, id: BigInt(orderId), priceDenom, assetDenom, positionDirection, price };
    });
    messages.push({
      kind: 'cancel',
      typeUrl: msgCancelOrders.typeUrl,
      value: { creator, cancellations, contractAddr },
    });
  }
  if (batch.places.length > 0) {
    const orders = batch.places.map(({ market, side, tick, lots, clientOrderId }) => {
      const { priceDenom, assetDenom, positionDirection, price, lotScaled } = priced(context, market, side, tick);
      const quantity = BigInt(lots) * lotScaled;
      // The chain drops what it does not know, and keeps `data` only until matching: it is for block explorers and us.
      const data = JSON.stringify({ id: clientOrderId });
      const what = { price, quantity, orderType: OrderType.LIMIT, data };
      return { ...BLANK_ORDER, priceDenom, assetDenom, positionDirection, ...what };
    });
    messages.push({
      kind: 'place',
      typeUrl: msgPlaceOrders.typeUrl,
      value: { creator, orders, contractAddr, funds: [] },
    });
  }
  return messages;
}

/** A market's steps as the chain's decimals. */
const scaledOf = perMarket(({ tickSize, lotSize }) => ({ tick: parseDecimal(tickSize), lot: parseDecimal(lotSize) }));

function priced(context: TradingContext, symbol: string, side: 'buy' | 'sell', tick: number) {
  const market = context.markets.get(symbol);
  if (market === undefined) throw new RangeError(`market '${symbol}' is not traded by this account`);
  const positionDirection = side === 'buy' ? PositionDirection.LONG : PositionDirection.SHORT;
  return {
    lotScaled: scaledOf(market).lot,
    price: BigInt(tick) * scaledOf(market).tick,
    priceDenom: market.quote,
    assetDenom: market.base,
    positionDirection,
  };
}
