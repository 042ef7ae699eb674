import type { Recovered } from '../../streams/orders/types.ts';
import type { AccountRecord, AccountState } from './records.ts';

/** Booked settlements of so many blocks below the booked height are remembered: a repeat comes from blocks just read again. */
const SETTLED_BLOCKS = 20;

/** Settlement ids remembered at most, whatever their heights. */
const SETTLED_MOST = 10_000;

/** Transactions of unknown fate that are remembered at most: an account has one under way, and at its end a handful. */
const SIGNED_MOST = 32;

/** An account nothing is known of: the first start. */
export function emptyAccount(): AccountState {
  return {
    height: 0,
    batches: 0,
    orders: {},
    inFlight: null,
    signed: [],
    settled: [],
    money: null,
    trading: null,
  };
}

/** Adds a record to what is known. Every record fits every state: what it contradicts, it replaces. */
export function applyRecord(state: AccountState, record: AccountRecord): void {
  switch (record.kind) {
    case 'intent':
      state.batches = Math.max(state.batches, record.batchId);
      state.inFlight = { batchId: record.batchId, places: record.places, cancels: record.cancels };
      return;
    case 'signed': {
      const { batchId, txHash, sequence, timeoutHeight, signedHeight } = record;
      // Signed again, a batch has another sequence: the copy before it is certainly void.
      state.signed = state.signed.filter((one) => one.batchId !== batchId);
      state.signed.push({ batchId, txHash, sequence, timeoutHeight, signedHeight });
      if (state.signed.length > SIGNED_MOST) state.signed.shift();
      return;
    }
    case 'outcome':
      if (state.inFlight?.batchId === record.batchId) state.inFlight = null;
      state.signed = state.signed.filter(({ batchId }) => batchId !== record.batchId);
      return;
    case 'order':
      state.orders[record.order.clientOrderId] = record.order;
      return;
    case 'orderEnded':
      delete state.orders[record.clientOrderId];
      return;
    case 'fill':
      state.settled.push({ settlementId: record.settlementId, height: record.height });
      if (state.settled.length > SETTLED_MOST) state.settled.splice(0, SETTLED_MOST / 10);
      return;
    case 'money':
      state.money = record.record;
      return;
    case 'trading':
      state.trading = record.trading;
      return;
    case 'height':
      state.height = Math.max(state.height, record.height);
      if (state.settled.length > 0 && state.settled[0]!.height <= state.height - SETTLED_BLOCKS)
        state.settled = state.settled.filter(({ height }) => height > state.height - SETTLED_BLOCKS);
      return;
  }
}

/** What the pipeline is told of an account before anything else. */
export function recoveredOf(state: AccountState): Recovered {
  const { height, batches, orders, inFlight, settled, money, trading } = state;
  return {
    kind: 'recovered',
    seq: 0,
    timeUs: 0,
    height,
    batches,
    orders: Object.values(orders),
    inFlight,
    settled: settled.map(({ settlementId }) => settlementId),
    money,
    trading,
  };
}
