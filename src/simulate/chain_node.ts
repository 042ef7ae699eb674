import type { Levels, Market, Side } from '../../streams/market/types.ts';
import type { RestingOrder } from '../../streams/orders/types.ts';
import type { Level } from '../devnet/book.ts';
import type { Chain } from '../devnet/chain.ts';
import type { BlockOrder, MatchRecord, SettlementRecord } from '../devnet/dex.ts';
import type { DevnetMarket } from '../devnet/market.ts';
import type { CommittedTx, Producer } from '../devnet/producer.ts';
import { demandHeight } from '../devnet/query.ts';
import { QueryRefusal } from '../devnet/query_method.ts';
import { Code, type PlainTx } from '../devnet/tx.ts';
import {
  type AccountAt,
  type Block,
  type Book,
  type CheckedTx,
  type IncludedTx,
  type Match,
  type MatchEntry,
  NodeError,
  type NodePort,
  type NodeStatus,
  type RegisteredPair,
  type SignedTx,
  type Signer,
  type SigningRequest,
} from '../sei/node.ts';
import { feeOf, messagesOf, type TradingContext } from '../sei/rpc/signing.ts';

const MICRO = 1_000_000;

/** What a transaction's bytes would be, roughly: the envelope with its signature, and one order or cancel. */
const TX_BYTES = 320;
const ORDER_BYTES = 190;

/** What Tendermint answers whenever a method fails. */
const INTERNAL_ERROR = -32_603;

/**
 * A node straight on a chain: no bytes, no signatures, otherwise what a node of the devnet answers, refusals and what has been
 * pruned included.
 */
export class ChainNode implements NodePort {
  readonly name: string;
  readonly #producer: Producer;
  readonly #chain: Chain;
  /** The chain's market of each configured one; what is not configured is not among them. */
  readonly #configured: ReadonlyMap<number, Market>;

  /** @param markets the configured ones */
  constructor(name: string, producer: Producer, markets: readonly Market[]) {
    this.name = name;
    this.#producer = producer;
    this.#chain = producer.chain;
    this.#configured = new Map(
      markets.flatMap((market) => {
        const index = this.#chain.marketOf(market.quote, market.base)?.index;
        return index === undefined ? [] : [[index, market] as const];
      }),
    );
  }

  async status(): Promise<NodeStatus> {
    return { chainId: this.#chain.chainId, height: this.#chain.height, pingMs: 0 };
  }

  async pairs(): Promise<readonly RegisteredPair[]> {
    return this.#chain.markets.map(({ quote, base, tickScaled, lotScaled }) => ({
      priceDenom: quote,
      assetDenom: base,
      priceTicksize: tickScaled,
      quantityTicksize: lotScaled,
    }));
  }

  async account(address: string): Promise<AccountAt> {
    const found = this.#chain.account(address);
    if (found === undefined) throw new NodeError(Code.KEY_NOT_FOUND, `account ${address} not found: key not found`);
    return { accountNumber: BigInt(found.number), sequence: BigInt(found.sequence), height: this.#chain.height };
  }

  async balances(address: string, height: number): Promise<{ height: number; amounts: Record<string, string> }> {
    this.#demandHeight(height, 'books');
    const at = height === 0 ? this.#chain.height : height;
    const balances = this.#chain.bank.balances(address, at);
    return { height: at, amounts: Object.fromEntries(balances.map(({ denom, amount }) => [denom, String(amount)])) };
  }

  async orders(address: string, height: number): Promise<readonly RestingOrder[]> {
    this.#demandHeight(height, 'books');
    const found: RestingOrder[] = [];
    for (const side of ['buy', 'sell'] as const) {
      for (const [index, { symbol }] of this.#configured) {
        for (const { tick, allocations } of this.#chain.dex.levelsAt(height, index, side)) {
          for (const { account, orderId, lots } of allocations)
            if (account === address) found.push({ orderId: String(orderId), market: symbol, side, tick, lots });
        }
      }
    }
    return found;
  }

  async book(market: Market, height: number): Promise<Book> {
    this.#demandHeight(height, 'books');
    const index = this.#chain.marketOf(market.quote, market.base)?.index;
    if (index === undefined) return { bids: [], asks: [] };
    const side = (name: Side): readonly Level[] => this.#chain.dex.levelsAt(height, index, name);
    return { bids: flat(side('buy'), true), asks: flat(side('sell'), false) };
  }

  async block(height: number): Promise<Block> {
    const block = this.#producer.block(height);
    if (block === undefined) throw new NodeError(INTERNAL_ERROR, `Internal error: height ${height} is not available`);
    return { height, timeUs: block.timeUs, txHashes: block.txs.map(({ hash }) => hash) };
  }

  async match(height: number): Promise<Match | undefined> {
    this.#demandHeight(height, 'matches');
    const record = this.#chain.dex.matchAt(height);
    return record?.height === height ? this.#matchOf(record) : undefined;
  }

  async resultInBlock(height: number, index: number): Promise<IncludedTx> {
    const tx = this.#producer.block(height)?.txs[index];
    if (tx === undefined) throw new NodeError(INTERNAL_ERROR, `Internal error: height ${height} is not available`);
    return includedTx(tx);
  }

  async resultByHash(hash: string): Promise<IncludedTx | undefined> {
    const tx = this.#producer.tx(hash);
    return tx && includedTx(tx);
  }

  async waiting(): Promise<number> {
    return this.#producer.mempool.size;
  }

  async broadcast({ payload }: SignedTx): Promise<CheckedTx> {
    if (!isPlain(payload)) throw new TypeError('transaction: expected one of a plain signer');
    const result = this.#producer.mempool.add(payload);
    if (typeof result === 'string') throw new NodeError(INTERNAL_ERROR, `Internal error: ${result}`);
    const { code, codespace, log } = result;
    return { code, codespace, log };
  }

  #matchOf({ height, orders, settlements }: MatchRecord): Match {
    return {
      height,
      entries: settlements.map((entry) => this.#entryOf(entry)),
      refused: orders.flatMap(({ state, orderId, account, stateReason }: BlockOrder) =>
        state === 'failedToPlace' ? [{ orderId: BigInt(orderId), account, reason: stateReason }] : [],
      ),
    };
  }

  #entryOf(record: SettlementRecord): MatchEntry {
    const market = this.#chain.markets[record.market]!;
    const { account, side, type, orderId, lots } = record;
    const symbol = this.#configured.get(record.market)?.symbol ?? '';
    return {
      account,
      market: symbol,
      pair: `${market.base}/${market.quote}`,
      side,
      isMarketOrder: type === 'market',
      orderId: BigInt(orderId),
      microTicks: symbol === '' ? 0 : microTicksOf(market, record),
      priceE18: record.priceScaled,
      lots: symbol === '' ? 0 : lots,
    };
  }

  /** @throws NodeError for a height that is pruned, or that the chain has not reached */
  #demandHeight(height: number, history: 'matches' | 'books' | 'none'): void {
    try {
      demandHeight(this.#chain, height, history);
    } catch (error) {
      if (error instanceof QueryRefusal) throw new NodeError(Code.INVALID_REQUEST, error.message);
      throw error;
    }
  }
}

/** A signer whose transactions say what they are instead of being bytes. Nobody checks a signature: for simulations only. */
export function plainSigner(address: string, context: TradingContext): Signer {
  return { address, sign: (request) => plainTx(address, context, request) };
}

/** A transaction without bytes, as {@link Chain} takes it. @param said what tells it from others of its sequence */
export function plainPayload(
  address: string,
  { sequence, timeoutHeight }: { readonly sequence: bigint; readonly timeoutHeight: number },
  content: Pick<PlainTx, 'messages' | 'fee' | 'gasLimit' | 'byteLength'>,
  said: string,
): PlainTx {
  return {
    ...content,
    raw: undefined,
    // Apart by sequence and last block already: of what else it says 32 bits will do, and SHA-256 takes as long as to place it.
    hash: `${address}/${sequence}/${timeoutHeight}/${fnv1a(said).toString(16)}`,
    memo: '',
    timeoutHeight: BigInt(timeoutHeight),
    signer: address,
    publicKey: new Uint8Array(0),
    signMode: 0,
    sequence,
  };
}

function plainTx(address: string, context: TradingContext, request: SigningRequest): SignedTx {
  const { batch, sequence, timeoutHeight, congestion } = request;
  const orders = batch.places.length + batch.cancels.length;
  const { gasLimit, usei } = feeOf(batch.places.length, batch.cancels.length, context.gas, congestion);
  const content = {
    messages: messagesOf(context, address, batch),
    fee: [{ denom: 'usei', amount: BigInt(usei) }],
    gasLimit: BigInt(gasLimit),
    byteLength: TX_BYTES + ORDER_BYTES * orders,
  };
  const payload = plainPayload(address, request, content, saidBy(batch, usei));
  return { hash: payload.hash, sequence, timeoutHeight, feeUsei: usei, payload };
}

/** Two batches that say the same are one transaction, as they would be in bytes. */
function saidBy({ places, cancels }: SigningRequest['batch'], usei: number): string {
  let said = String(usei);
  for (const { clientOrderId, market, side, tick, lots } of places)
    said += `/${clientOrderId},${market},${side},${tick},${lots}`;
  for (const { clientOrderId, orderId, market, side, tick } of cancels)
    said += `/-${clientOrderId},${orderId},${market},${side},${tick}`;
  return said;
}

/** The FNV-1a hash of a text's code units, 32 bits (Fowler, Noll and Vo; RFC 9923). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function isPlain(payload: unknown): payload is PlainTx {
  return typeof payload === 'object' && payload !== null && !(payload instanceof Uint8Array) && 'messages' in payload;
}

function includedTx({ height, result }: CommittedTx): IncludedTx {
  const { code, codespace, log } = result;
  const orderIds: string[] = [];
  let fee: string | undefined;
  for (const { type, attributes } of result.events) {
    if (type !== 'place_order' && type !== 'tx') continue;
    for (const [name, value] of attributes) {
      if (type === 'tx' && name === 'fee') fee ??= /^(\d+)usei$/.exec(value)?.[1];
      if (code === 0 && type === 'place_order' && name === 'order_id') orderIds.push(value);
    }
  }
  return { height, code, codespace, log, orderIds, ...(fee === undefined ? {} : { feeUsei: fee }) };
}

/** Levels ascend on the chain; best first for a side whose best is the last needs them turned around. */
function flat(levels: readonly Level[], reverse: boolean): Levels {
  const flattened = new Array<number>(levels.length * 2);
  for (let i = 0; i < levels.length; i += 1) {
    const { tick, lots } = levels[reverse ? levels.length - 1 - i : i]!;
    flattened[2 * i] = tick;
    flattened[2 * i + 1] = lots;
  }
  return flattened;
}

/** As a client reads it from the chain's decimal: rounded to the nearest millionth of a tick. */
function microTicksOf({ tickScaled }: DevnetMarket, { numerator, denominator, priceScaled }: SettlementRecord): number {
  const whole = numerator * MICRO;
  if (Number.isSafeInteger(whole) && whole % denominator === 0) return whole / denominator;
  return Number((priceScaled * BigInt(MICRO) * 2n + tickScaled) / (tickScaled * 2n));
}
