import type { Market, Side } from '../../streams/market/types.ts';
import { txMsgData } from '../sei/codec/cosmos.ts';
import { msgPlaceOrdersResponse, type Order, OrderType, PositionDirection } from '../sei/codec/dex.ts';
import { type Account, CheckView, DeliverView } from './accounts.ts';
import { type AnteMode, applyAnte, checkAnte, DEFAULT_FEES, type FeeParams, isGasless, sumByDenom } from './ante.ts';
import { type Amount, Bank } from './bank.ts';
import { type CancelOrder, type CancelOutcome, Dex, type MatchRecord, type NewOrder } from './dex.ts';
import { DEFAULT_MARKETS, type DevnetMarket, devnetMarket, stepsOf } from './market.ts';
import {
  type AbciEvent,
  Code,
  type DecodedTx,
  decodeTx,
  parseAmount,
  type Tx,
  TxRefusal,
  type TxResult,
} from './tx.ts';

/** How a chain starts. */
export interface ChainOptions {
  readonly chainId: string;
  /** Bech32 address of the one registered contract. */
  readonly contractAddress: string;
  readonly markets?: readonly Market[];
  readonly fees?: FeeParams;
  /** Id of the first order; a number beyond 2^31 tries clients' varints. */
  readonly firstOrderId?: number;
  /** Match results kept, the newest. */
  readonly matchesMax?: number;
  /** Blocks whose books and balances can still be queried by height; 0, the default, is for those who never ask. */
  readonly bookHistoryBlocks?: number;
}

/** What a block's end brought about. */
export interface BlockEnd {
  readonly height: number;
  readonly timeUs: number;
  /** Null when the contract had nothing to do. */
  readonly match: MatchRecord | null;
}

const MATCHES_MAX = 1_000;
/** Orders of one block beyond this are refused: no participant may grow a block without bound. */
const BLOCK_ORDERS_MAX = 50_000;
/** Largest ticks × lots of one order: a block's sums of them then stay exact in a double. */
const TICK_LOTS_MAX = 2 ** 45;
/** The contract's own money of each asset, for dust and for what nobody could foresee: 10^12 whole units. */
const CONTRACT_FUND = 10n ** 18n;

/**
 * A Sei chain with its order-book module, as plain synchronous state: no clock, no I/O, no chance, so that the same
 * blocks give the same state and it runs in virtual time as fast as the machine goes.
 *
 * A block is {@link beginBlock}, any number of {@link deliverTx} (signed bytes) and {@link place} or {@link cancel}
 * (the in-process entry below wire and signatures, in ticks and lots), then {@link endBlock}, which matches.
 */
export class Chain {
  readonly chainId: string;
  readonly markets: readonly DevnetMarket[];
  readonly fees: FeeParams;
  readonly bank: Bank;
  readonly dex: Dex;
  height = 0;
  timeUs = 0;
  readonly #accounts = new Map<string, Account>();
  #checkView: CheckView;

  constructor(options: ChainOptions) {
    this.chainId = options.chainId;
    this.bank = new Bank(options.bookHistoryBlocks ?? 0);
    this.markets = (options.markets ?? DEFAULT_MARKETS).map(devnetMarket);
    this.fees = options.fees ?? DEFAULT_FEES;
    this.dex = new Dex({
      contractAddress: options.contractAddress,
      bank: this.bank,
      markets: this.markets,
      firstOrderId: options.firstOrderId ?? 0,
      matchesMax: options.matchesMax ?? MATCHES_MAX,
      bookHistoryBlocks: options.bookHistoryBlocks ?? 0,
    });
    for (const denom of new Set(this.markets.flatMap((market) => [market.baseDenom, market.quoteDenom]))) {
      this.bank.mint(options.contractAddress, denom, CONTRACT_FUND);
    }
    this.#checkView = new CheckView(this.#accounts, this.bank);
  }

  get contractAddress(): string {
    return this.dex.contract.address;
  }

  account(address: string): Readonly<Account> | undefined {
    return this.#accounts.get(address);
  }

  /** Opens an account, if there is none, and gives it money. */
  fund(address: string, amounts: readonly Amount[]): void {
    if (!this.#accounts.has(address)) {
      this.#accounts.set(address, { number: this.#accounts.size, sequence: 0, publicKey: new Uint8Array(0) });
    }
    for (const { denom, amount } of amounts) this.bank.mint(address, denom, amount);
  }

  /** @param timeUs the block's time, not before the last one's */
  beginBlock(timeUs: number): void {
    if (timeUs < this.timeUs) throw new RangeError(`block time ${timeUs} before ${this.timeUs}`);
    this.height += 1;
    this.timeUs = timeUs;
    this.bank.beginBlock(this.height);
  }

  /** Takes an order into the current block and gives its id; whether it is placed shows in the block's match record. */
  place(order: NewOrder): number {
    if (this.dex.pendingOrders >= BLOCK_ORDERS_MAX) throw new RangeError(`block: more than ${BLOCK_ORDERS_MAX} orders`);
    const { tick, lots, type } = order;
    const valid =
      Number.isSafeInteger(tick) &&
      Number.isSafeInteger(lots) &&
      lots > 0 &&
      (tick > 0 || (tick === 0 && type === 'market'));
    if (!valid || tick * lots > TICK_LOTS_MAX || this.markets[order.market] === undefined) {
      throw new RangeError(
        `order of market ${order.market}, tick ${tick}, lots ${lots}: expected positive integers in range`,
      );
    }
    return this.dex.place(order);
  }

  /**
   * Takes a cancel into the current block. An order can't be cancelled in the block that placed it: that is ignored.
   */
  cancel(cancel: CancelOrder): CancelOutcome {
    return this.dex.cancel(cancel);
  }

  /** Executes a transaction in the current block. */
  deliverTx(sent: Tx): TxResult {
    return resultOf(sent, (tx, keep) => {
      const accounts = new DeliverView(this.#accounts, this.bank);
      checkAnte(tx, accounts, this, 'deliver');
      applyAnte(tx, accounts);
      // From here on the fee is paid, and the result says so even when the messages fail.
      const paid = anteEvents(tx);
      keep(paid);
      return this.#execute(tx, 'deliver', paid);
    });
  }

  /** What a transaction would do, with neither fee nor signature checked and nothing changed. */
  simulateTx(sent: Tx): TxResult {
    return resultOf(sent, (tx) => {
      checkAnte(tx, new CheckView(this.#accounts, this.bank), this, 'simulate');
      return this.#execute(tx, 'simulate', anteEvents(tx));
    });
  }

  /** CheckTx: whether a transaction may enter the mempool, against a state that runs ahead of the committed one. */
  checkTx(sent: Tx, mode: 'check' | 'recheck' = 'check'): TxResult {
    return resultOf(sent, (tx) => {
      checkAnte(tx, this.#checkView, this, mode);
      for (const message of tx.messages) {
        if (mode === 'check' && message.kind === 'place') this.#ordersOf(message.value.creator, message.value.orders);
      }
      applyAnte(tx, this.#checkView);
      return { data: NO_BYTES, events: [], log: '[]', gasUsed: gasOf(tx) };
    });
  }

  /** Settles deposits, cancels, matches; afterwards CheckTx starts anew from the committed state. */
  endBlock(): BlockEnd {
    const match = this.dex.endBlock(this.height, this.timeUs);
    this.#checkView = new CheckView(this.#accounts, this.bank);
    return { height: this.height, timeUs: this.timeUs, match };
  }

  /** What the contract's hooks tell in a block. */
  hookEvents(match: MatchRecord): AbciEvent[] {
    const contract = this.contractAddress;
    const height = String(match.height);
    const events: AbciEvent[] = [];
    for (const type of match.hooks) {
      const gas = [['consumed', '50000'] as const, ['type', type] as const, ['contract', contract] as const];
      events.push({ type: 'sudo', attributes: [['_contract_address', contract]] });
      events.push({ type: 'sudo-gas', attributes: [...gas, ['height', height]] });
    }
    return events;
  }

  /** Runs the messages: all of them or none. What can fail is checked first, so that nothing needs to be undone. */
  #execute(tx: DecodedTx, mode: AnteMode, paid: readonly AbciEvent[]): Executed {
    const gasUsed = gasOf(tx);
    if (mode === 'deliver' && !isGasless(tx) && gasUsed > tx.gasLimit) {
      const numbers = `gasWanted: ${tx.gasLimit}, gasUsed: ${gasUsed}`;
      throw new TxRefusal(Code.OUT_OF_GAS, `out of gas in location: WriteFlat; ${numbers}: out of gas`);
    }
    const orders = tx.messages.reduce((sum, { kind, value }) => sum + (kind === 'place' ? value.orders.length : 0), 0);
    if (this.dex.pendingOrders + orders > BLOCK_ORDERS_MAX) {
      throw new TxRefusal(Code.OUT_OF_GAS, `block of more than ${BLOCK_ORDERS_MAX} orders: out of gas`);
    }
    const steps = tx.messages.map((message, index) => this.#plan(message, index));
    this.#demandFunds(tx);
    const done = steps.map((step, index): Step => {
      const { data, events } = mode === 'deliver' ? step() : NOTHING;
      const action = { type: 'message', attributes: [['action', tx.messages[index]!.typeUrl]] } as const;
      return { data, events: [action, ...events] };
    });
    const events = [...paid];
    for (const step of done) events.push(...step.events);
    // Who sent no bytes reads none, nor texts, but the events.
    if (tx.raw === undefined) return { data: NO_BYTES, events, log: '', gasUsed };
    return { data: dataOf(tx, done), events, log: logOf(done), gasUsed };
  }

  #plan(message: DecodedTx['messages'][number], index: number): () => Step {
    if (message.kind === 'send') {
      const { fromAddress, toAddress, amount } = message.value;
      return () => {
        this.fund(toAddress, []);
        for (const coin of amount.map(parseAmount)) this.bank.send(fromAddress, toAddress, coin.denom, coin.amount);
        return NOTHING;
      };
    }
    if (message.value.contractAddr !== this.contractAddress) {
      throw new TxRefusal(
        Code.KEY_NOT_FOUND,
        `contract ${message.value.contractAddr} is not registered: key not found`,
      );
    }
    if (message.kind === 'cancel') return this.#planCancels(message.value.creator, message.value.cancellations, index);
    const { creator, funds } = message.value;
    const orders = this.#ordersOf(creator, message.value.orders);
    return () => {
      for (const amount of funds.map(parseAmount)) this.dex.contract.deposit(creator, amount);
      const ids = orders.map((order) => this.place(order));
      return {
        data: () => msgPlaceOrdersResponse.encode({ orderIds: ids.map(BigInt) }),
        events: ids.map((id) => ({ type: 'place_order', attributes: [['order_id', String(id)]] })),
      };
    };
  }

  #planCancels(
    account: string,
    cancellations: readonly {
      id: bigint;
      priceDenom: string;
      assetDenom: string;
      positionDirection: number;
      price: bigint;
    }[],
    index: number,
  ): () => Step {
    const cancels: CancelOrder[] = [];
    for (const { id, priceDenom, assetDenom, positionDirection, price } of cancellations) {
      const market = this.marketOf(priceDenom, assetDenom);
      const tick = market === undefined ? null : stepsOf(price, market.tickScaled);
      if (market === undefined || tick === null || id > BigInt(Number.MAX_SAFE_INTEGER)) continue;
      const cancel = { account, market: market.index, side: sideOf(positionDirection), tick, orderId: Number(id) };
      if (this.dex.checkCancel(cancel) === 'notYours') {
        const where = `failed to execute message; message index: ${index}`;
        throw new TxRefusal(Code.UNDEFINED, `${where}: cannot cancel orders created by others`);
      }
      cancels.push(cancel);
    }
    return () => ({
      data: NOTHING.data,
      events: cancels
        .filter((cancel) => this.cancel(cancel) === 'taken')
        .map((cancel) => ({ type: 'cancel_order', attributes: [['cancellation_id', String(cancel.orderId)]] })),
    });
  }

  /** The market with these denoms, as the order book names them. */
  marketOf(priceDenom: string, assetDenom: string): DevnetMarket | undefined {
    return this.markets.find(({ quote, base }) => quote === priceDenom && base === assetDenom);
  }

  #ordersOf(account: string, orders: readonly Order[]): NewOrder[] {
    return orders.map((order) => {
      const market = this.marketOf(order.priceDenom, order.assetDenom);
      if (market === undefined) {
        const names = `the pair {price:${order.priceDenom},asset:${order.assetDenom}}`;
        throw new TxRefusal(Code.KEY_NOT_FOUND, `${names} has no price ticksize configured: key not found`);
      }
      const type = order.orderType === OrderType.MARKET ? 'market' : 'limit';
      const tick = type === 'market' && order.price === 0n ? 0 : stepsOf(order.price, market.tickScaled);
      const lots = stepsOf(order.quantity, market.lotScaled);
      // The chain's tick errors are not registered, so nothing but code 1 reaches the sender.
      if (tick === null || lots === null || tick * lots > TICK_LOTS_MAX) throw new TxRefusal(Code.UNDEFINED, '');
      return {
        account,
        market: market.index,
        side: sideOf(order.positionDirection),
        type,
        tick,
        lots,
        data: order.data,
      };
    });
  }

  #demandFunds(tx: DecodedTx): void {
    const coins = tx.messages.flatMap((message) => {
      if (message.kind === 'cancel') return [];
      return message.kind === 'place' ? message.value.funds : message.value.amount;
    });
    for (const [denom, amount] of sumByDenom(coins.map(parseAmount))) {
      const held = this.bank.balance(tx.signer, denom);
      if (held >= amount) continue;
      const numbers = `${held}${denom} is smaller than ${amount}${denom}`;
      throw new TxRefusal(Code.INSUFFICIENT_FUNDS, `${numbers}: insufficient funds`);
    }
  }
}

type Executed = Pick<TxResult, 'data' | 'events' | 'log' | 'gasUsed'>;

/** What one message answered, encoded only for whom it is read by, and told. */
interface Step {
  readonly data: () => Uint8Array;
  readonly events: readonly AbciEvent[];
}

const NO_BYTES = new Uint8Array(0);

const NOTHING: Step = { data: () => NO_BYTES, events: [] };

function dataOf({ messages }: DecodedTx, done: readonly Step[]): Uint8Array {
  return txMsgData.encode({ data: done.map(({ data }, i) => ({ msgType: messages[i]!.typeUrl, data: data() })) });
}

function logOf(done: readonly Step[]): string {
  const logs = done.map(({ events }) => ({
    events: events.map(({ type, attributes }) => ({
      type,
      attributes: attributes.map(([key, value]) => ({ key, value })),
    })),
  }));
  return JSON.stringify(logs);
}

/** Runs a transaction and turns refusals into results with their code; `keep` takes events that a refusal leaves standing. */
function resultOf(sent: Tx, run: (tx: DecodedTx, keep: (events: readonly AbciEvent[]) => void) => Executed): TxResult {
  let gasWanted = 0n;
  let events: readonly AbciEvent[] = [];
  try {
    const tx = decodeTx(sent);
    gasWanted = tx.gasLimit;
    const done = run(tx, (kept) => {
      events = kept;
    });
    return { code: 0, codespace: '', gasWanted, ...done };
  } catch (error) {
    if (!(error instanceof TxRefusal)) throw error;
    const { code, codespace, message } = error;
    return { code, codespace, log: message, data: NO_BYTES, events, gasWanted, gasUsed: 0n };
  }
}

/**
 * A plain model of gas: so much for a transaction, a byte, an order. Real figures depend on the contract and the store.
 */
function gasOf(tx: DecodedTx): bigint {
  let gas = 40_000n + 10n * BigInt(tx.byteLength);
  for (const message of tx.messages) {
    if (message.kind === 'place') gas += 15_000n * BigInt(message.value.orders.length);
    else if (message.kind === 'cancel') gas += 15_000n * BigInt(message.value.cancellations.length);
    else gas += 20_000n;
  }
  return gas;
}

function anteEvents(tx: DecodedTx): AbciEvent[] {
  const fee = tx.fee.map(({ denom, amount }) => `${amount}${denom}`).join(',');
  return [
    { type: 'tx', attributes: [['fee', fee]] },
    { type: 'tx', attributes: [['acc_seq', `${tx.signer}/${tx.sequence}`]] },
  ];
}

function sideOf(positionDirection: number): Side {
  return positionDirection === PositionDirection.LONG ? 'buy' : 'sell';
}
