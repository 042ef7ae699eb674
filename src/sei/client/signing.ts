import { sha256 } from '@cosmjs/crypto';
import { toHex } from '@cosmjs/encoding';
import type { Market } from '../../../streams/market/types.ts';
import { decimalOf, type MarketScales, scalesOf } from '../../../streams/market/units.ts';
import type { OrderBatch } from '../../../streams/orders/types.ts';
import { authInfo, SignMode, secp256k1PubKey, txBody, txRaw } from '../codec/cosmos.ts';
import { parseDecimal } from '../codec/decimal.ts';
import { cancellation, msgCancelOrders, msgPlaceOrders, OrderType, order, PositionDirection } from '../codec/dex.ts';
import type { Wallet } from './wallet.ts';

/** A transaction ready for the wire. */
export interface SignedTx {
  readonly bytes: Uint8Array;
  /** SHA-256 of the bytes, upper-case hexadecimal. */
  readonly hash: string;
  readonly sequence: bigint;
  readonly timeoutHeight: number;
}

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

/** What has to be known to sign for an account. */
export interface SigningContext {
  readonly wallet: Wallet;
  readonly chainId: string;
  readonly contract: string;
  readonly accountNumber: bigint;
  readonly markets: ReadonlyMap<string, Market>;
  readonly gas: GasPolicy;
}

/** Gas of a transaction at most: measured on the dex chain well under it, and unused gas of a cancel costs little. */
const GAS_BASE = 150_000;
const GAS_PER_ORDER = 60_000;

/** Placing costs this on top for each order and dependency, whatever the gas: 55,000 gas at 0.1 usei. */
const PLACE_FEE_USEI = 5_500;

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

/** Signs a batch as one transaction: cancels first, then places. */
export function sign(
  context: SigningContext,
  batch: Pick<OrderBatch, 'cancels' | 'places'>,
  sequence: bigint,
  timeoutHeight: number,
  congestion: number,
): SignedTx & { readonly feeUsei: number } {
  const { wallet, chainId, accountNumber, gas } = context;
  const bodyBytes = txBody.encode({ messages: messagesOf(context, batch), timeoutHeight: BigInt(timeoutHeight) });
  const { gasLimit, usei } = feeOf(batch.places.length, batch.cancels.length, gas, congestion);
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
  const bytes = txRaw.encode({ bodyBytes, authInfoBytes, signatures: [signature] });
  return { bytes, hash: toHex(sha256(bytes)).toUpperCase(), sequence, timeoutHeight, feeUsei: usei };
}

function messagesOf(context: SigningContext, batch: Pick<OrderBatch, 'cancels' | 'places'>) {
  const { wallet, contract: contractAddr } = context;
  const creator = wallet.address;
  const messages: { typeUrl: string; value: Uint8Array }[] = [];
  if (batch.cancels.length > 0) {
    const cancellations = batch.cancels.map(({ market, side, tick, orderId }) => {
      const { denoms, price } = priced(context, market, side, tick);
      return cancellation.create({ id: BigInt(orderId), ...denoms, price });
    });
    messages.push({
      typeUrl: msgCancelOrders.typeUrl,
      value: msgCancelOrders.encode({ creator, cancellations, contractAddr }),
    });
  }
  if (batch.places.length > 0) {
    const orders = batch.places.map(({ market, side, tick, lots, clientOrderId }) => {
      const { denoms, price, scales } = priced(context, market, side, tick);
      const quantity = parseDecimal(decimalOf(lots, scales.size));
      // The chain drops what it does not know, and keeps `data` only until matching: it is for block explorers and us.
      const data = JSON.stringify({ id: clientOrderId });
      return order.create({ ...denoms, price, quantity, orderType: OrderType.LIMIT, data });
    });
    messages.push({ typeUrl: msgPlaceOrders.typeUrl, value: msgPlaceOrders.encode({ creator, orders, contractAddr }) });
  }
  return messages;
}

function priced(context: SigningContext, symbol: string, side: 'buy' | 'sell', tick: number) {
  const market = context.markets.get(symbol);
  if (market === undefined) throw new RangeError(`market '${symbol}' is not traded by this account`);
  const scales: MarketScales = scalesOf(market);
  const positionDirection = side === 'buy' ? PositionDirection.LONG : PositionDirection.SHORT;
  return {
    scales,
    price: parseDecimal(decimalOf(tick, scales.price)),
    denoms: { priceDenom: market.quote, assetDenom: market.base, positionDirection },
  };
}
