import type { InvariantName } from '../observer/invariant.ts';
import type { Level } from '../plan.ts';

/** A change to one file of the code under test. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  /** What is replaced: a text that is there exactly once, which a test sees to. */
  readonly search: string;
  readonly replace: string;
}

/** A bug that is put into the code under test, to see whether the simulation finds it. */
export interface Mutation {
  readonly name: string;
  /** What is wrong then. */
  readonly bug: string;
  /** The invariants that may be the first to show it. */
  readonly shows: readonly InvariantName[];
  readonly edits: readonly Edit[];
  /** Seeds from 1 on within which it has to be found, and simulated hours of each. */
  readonly seeds: number;
  readonly hours: number;
  readonly level: Level;
}

/** Within which most bugs are found. */
const BUDGET = { seeds: 12, hours: 0.25, level: 'heavy' } as const;

/** Bugs as they happen: each was, or could have been, a mistake of ours. The test command tries a part of them. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'approval-check-off',
    bug: 'a quote that bypasses the risk stage reaches the order stage, which does not ask for the approval',
    shows: ['position', 'stopped'],
    edits: [
      {
        file: 'streams/orders/orders.ts',
        search: 'if (isApproved(event)) state.wanted',
        replace: 'if (event !== undefined) state.wanted',
      },
      {
        file: 'streams/pipeline.ts',
        search: 'const orders$ = merge(account$, trading$, approved$)',
        replace:
          "const bypass$ = new (quotes$.constructor as any)((to: any) => quotes$.subscribe((quote) => to.next({ ...quote, kind: 'approved', quotedUs: quote.timeUs, limits: [] })));\n  const orders$ = merge(account$, trading$, approved$, bypass$ as never)",
      },
    ],
    ...BUDGET,
  },
  {
    name: 'in-flight-ignored',
    bug: 'another batch is made while one is on its way, and the worst case does not count what that places',
    shows: ['ledger', 'position', 'orders', 'endings'],
    edits: [
      {
        file: 'streams/orders/transactions.ts',
        search: 'if (state.inFlight !== null || state.height <= state.sentHeight) return;',
        replace: 'if (state.height <= state.sentHeight) return;',
      },
      {
        file: 'streams/risk/worst_case.ts',
        search: 'for (const order of live) if (order.side === side) lots += order.lots;',
        replace: 'for (const order of live) if (order.side === side && order.resting) lots += order.lots;',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'position-ignored',
    bug: 'the position limit looks at the orders, and not at what is held',
    shows: ['position'],
    edits: [
      {
        file: 'streams/risk/limits.ts',
        search: "const held = side === 'buy' ? check.positionLots : -check.positionLots;",
        replace: 'const held = 0;',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'sequence-repair-off',
    bug: 'a wrong account sequence is kept instead of asked for anew',
    // Nothing gets through any more, and cancels neither.
    shows: ['endings', 'stopped'],
    edits: [
      {
        file: 'src/sei/client/transactions.ts',
        search: 'if (sequence > pending.sequence && height > 0) pending.overtaken ??= { sequence, height };',
        replace: '',
      },
      {
        file: 'src/sei/client/transactions.ts',
        search: 'this.#forget(pending);\n    this.#sequence = undefined;',
        replace: 'this.#forget(pending);\n    this.#sequence = pending.sequence;',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'network-error-is-refusal',
    bug: 'a broadcast without an answer counts as one that was refused',
    shows: ['ledger', 'position', 'orders', 'endings'],
    edits: [
      {
        file: 'src/sei/client/transactions.ts',
        search: 'else this.#doubt(pending, (error as Error).message);',
        replace: "else this.#drop(pending, { code: -1, codespace: 'flashmm', log: (error as Error).message });",
      },
    ],
    ...BUDGET,
  },
  {
    name: 'refusal-believed',
    bug: 'a transaction that one node refuses counts as one that no node has',
    shows: ['ledger', 'position', 'orders', 'endings'],
    edits: [
      {
        file: 'src/sei/client/pending_tx.ts',
        search: 'if (same.length > 1 && !doubtful)',
        replace: 'if (!doubtful)',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'resubmission-doubles',
    bug: 'after no answer the batch is signed again with the next sequence, instead of the same bytes being sent again',
    shows: ['endings', 'position', 'orders'],
    edits: [
      {
        file: 'src/sei/client/transactions.ts',
        search: 'else this.#doubt(pending, (error as Error).message);',
        replace:
          'else { this.#doubt(pending, (error as Error).message); this.#pending = this.#signed(own.batch, pending.sequence + 1n, pending.repairs); void this.#depart(this.#pending); }',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'void-too-early',
    bug: 'a transaction counts as void some blocks before its timeout height',
    shows: ['ledger', 'position', 'orders', 'endings'],
    edits: [
      {
        file: 'src/sei/client/transactions.ts',
        search: 'else if (height >= pending.timeoutHeight) this.#expire(pending);',
        replace: 'else if (height >= pending.timeoutHeight - 7) this.#expire(pending);',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'journal-sync-off',
    bug: 'the account’s journal is written and not forced to disk',
    shows: ['ledger', 'position', 'orders', 'stopped', 'endings'],
    edits: [
      {
        file: 'src/account/journal.ts',
        search: 'await this.#options.store.sync();',
        replace: 'await Promise.resolve();',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'recovery-forgets-in-flight',
    bug: 'the transaction under way is not looked for after a restart',
    shows: ['ledger', 'position', 'orders', 'endings'],
    edits: [
      {
        file: 'src/account/keeper.ts',
        search: 'resume: [...signed],',
        replace: 'resume: [],',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'fills-of-the-down-time-missed',
    bug: 'after a restart the blocks since the last one booked are not read',
    shows: ['ledger', 'position'],
    edits: [
      {
        file: 'src/account/keeper.ts',
        search: 'fromHeight: height > 0 ? height : undefined',
        replace: 'fromHeight: undefined',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'duplicate-settlement-booked',
    bug: 'a settlement that is told twice is booked twice',
    shows: ['ledger', 'endings', 'position'],
    edits: [
      {
        file: 'streams/orders/execution.ts',
        search: 'if (known.has(event.settlementId)) {',
        replace: 'if (event.settlementId === undefined) {',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'unknown-order-ignored',
    bug: 'an order that rests and that nobody here has placed is neither adopted nor cancelled',
    shows: ['orders'],
    edits: [
      {
        file: 'streams/orders/recovery.ts',
        search: 'if (order === undefined) adopt(parameters, state, resting, event.seq, turn);',
        replace: 'if (order === undefined) continue;',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'pause-does-not-cancel',
    bug: 'paused or halted, nothing is placed, and what rests is left there',
    shows: ['stopped'],
    edits: [
      {
        file: 'streams/orders/transactions.ts',
        search: 'if (state.recovery !== null && !stopped) return;',
        replace: 'if (state.recovery !== null || stopped) return;',
      },
    ],
    ...BUDGET,
    // A pause of eighteen seconds in which nothing else goes wrong is rare.
    seeds: 24,
  },
  {
    name: 'halt-forgotten',
    bug: 'the emergency stop does not outlive the process',
    shows: ['stopped'],
    edits: [
      {
        file: 'src/account/state.ts',
        search: 'state.trading = record.trading;',
        replace: 'state.trading = null;',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'false-book-believed',
    bug: 'a book that lacks our own orders is told and quoted from',
    shows: ['data'],
    edits: [
      {
        file: 'src/sei/client/own_orders.ts',
        search: 'if (there < ours) return',
        replace: 'if (there < 0 * ours) return',
      },
    ],
    ...BUDGET,
  },
  {
    name: 'stale-check-off',
    bug: 'a book of which nothing was heard for long is quoted from',
    shows: ['data'],
    edits: [
      {
        file: 'streams/market/stage.ts',
        search: 'if (ageUs > staleAfterMs * MICROS_PER_MS) return',
        replace: 'if (ageUs > 1_000 * staleAfterMs * MICROS_PER_MS) return',
      },
    ],
    ...BUDGET,
  },
];
