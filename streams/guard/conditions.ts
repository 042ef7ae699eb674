import type { Reducer, Turn } from '../actor/reducer.ts';
import { MICROS_PER_MS } from '../clock/clock.ts';
import type { AccountInput, Drift } from '../inputs.ts';
import { type Breaker, type BreakerSettings, type BreakerState, observed } from '../operators/circuit_breaker.ts';
import type { BatchCommitted, BatchRefused, Caused } from '../orders/types.ts';
import type { Own } from '../own.ts';
import type { Alert } from './alert.ts';
import {
  BREAKER_ACTIONS,
  type BreakerName,
  COMPONENT_BREAKERS,
  closedBreakers,
  isTripped,
  later,
  measureBreaker,
} from './breakers.ts';

/** When the account-wide breakers of the pipeline trip. */
export interface ConditionParameters {
  /** Without a block for longer than this the venue counts as disconnected; 0 for a venue that makes none by itself. */
  readonly disconnectedAfterMs: number;
  /** A block older than this when it arrives, or a transaction that takes longer, is a slow one. */
  readonly latencyHighMs: number;
  /** Below this it is fast again; in between nothing changes. */
  readonly latencyLowMs: number;
  /** Factor on the half spread while the chain is slow, at least 1. */
  readonly latencyWiden: number;
  /** How long the chain has to be left alone before it may count as fast again. */
  readonly latencyRecoverMs: number;
}

/** What forbids trading now. */
export interface ConditionHold {
  readonly code: 'disconnect' | 'order_placement' | 'database';
  readonly text: string;
}

/** What the markets and the trading state need to know of the account's surroundings, whenever it changes. */
export interface Conditions extends Caused {
  readonly kind: 'conditions';
  /** Factor on every half spread, at least 1. */
  readonly widen: number;
  /** Markets to be priced without predictions; the empty string stands for all. */
  readonly fallback: readonly string[];
  readonly holds: readonly ConditionHold[];
  /** The breakers that are not closed, by name. */
  readonly breakers: Readonly<Partial<Record<BreakerName, BreakerState['status']>>>;
}

/** What the conditions stage tells. */
export type ConditionsOutput = Conditions | Alert;

/** Time to look at what did not happen. */
export interface Watch {
  readonly kind: 'watch';
  readonly timeUs: number;
}

type Watched = 'disconnect' | 'latency' | 'sei_websocket' | 'ml_inference' | 'order_placement' | 'database';

interface ConditionsState {
  /** When the newest block came, or watching began; 0 before. */
  blockUs: number;
  /** The batch under way: when it was sent, and how many orders it places. */
  batch: { batchId: number; sentUs: number; places: number } | null;
  drifting: string[];
  breakers: Record<Watched, Breaker>;
  /** What last went wrong with each, in words. */
  texts: Partial<Record<Watched, string>>;
}

/** Slow readings in a row that make a slow chain, and fast ones that make a fast one. */
const LATENCY_READINGS = 3;

/** Blocks that have to come one after the other before a chain that was silent is trusted again. */
const BLOCKS_TO_TRUST = 2;

/** The least time from a cut to trust: the first block after one is often followed by another cut. */
const RECONNECT_MS = 500;

/** Markets with drift that are remembered at most: as many as an account may have, and one for all. */
const DRIFTING_MOST = 17;

/**
 * The breakers of the account's surroundings: is the chain there, is it fast, does it take our orders, do journal, block
 * subscription and models work. Sensing only: what follows for the state of trading is decided in `trading/`, what follows
 * for a market in `guard.ts`.
 */
export function conditions(
  parameters: ConditionParameters,
): Reducer<ConditionsState, AccountInput | Own | Watch, ConditionsOutput> {
  const settings: Readonly<Record<Watched, BreakerSettings>> = {
    disconnect: measureBreaker(1, RECONNECT_MS, BLOCKS_TO_TRUST),
    latency: measureBreaker(LATENCY_READINGS, parameters.latencyRecoverMs, LATENCY_READINGS),
    ...COMPONENT_BREAKERS,
  };
  return {
    initial: () => ({ blockUs: 0, batch: null, drifting: [], breakers: closedBreakers(settings), texts: {} }),
    step: (state, event, turn) => {
      if (!SENSED.has(event.kind)) return;
      const before = { ...state.breakers };
      const drifting = state.drifting;
      new Senses(parameters, settings, state, turn.nowUs()).take(event);
      const changed = (Object.keys(before) as Watched[]).filter(
        (name) => before[name].state.status !== state.breakers[name].state.status,
      );
      if (changed.length === 0 && drifting === state.drifting) return;
      const cause = 'seq' in event ? [event.seq] : [];
      for (const name of changed) tell(name, before[name], state, cause, turn);
      if (drifting !== state.drifting) tellDrift(event as Drift, cause, turn);
      turn.emit(summary(parameters, state, cause, turn));
    },
    encode: (state) => state,
    decode: (plain) => JSON.parse(JSON.stringify(plain)) as ConditionsState,
  };
}

/** What something is read from: most of what the account does says nothing of the conditions. */
const SENSED: ReadonlySet<string> = new Set<(AccountInput | Own | Watch)['kind']>([
  'watch',
  'block',
  'orderBatch',
  'batchUnknown',
  'batchCommitted',
  'batchRefused',
  'component',
  'drift',
]);

class Senses {
  readonly #parameters: ConditionParameters;
  readonly #settings: Readonly<Record<Watched, BreakerSettings>>;
  readonly #state: ConditionsState;
  readonly #nowUs: number;

  constructor(
    parameters: ConditionParameters,
    settings: Readonly<Record<Watched, BreakerSettings>>,
    state: ConditionsState,
    nowUs: number,
  ) {
    this.#parameters = parameters;
    this.#settings = settings;
    this.#state = state;
    this.#nowUs = nowUs;
  }

  take(event: AccountInput | Own | Watch): void {
    switch (event.kind) {
      case 'watch':
        this.#watch();
        return;
      case 'block':
        this.#state.blockUs = this.#nowUs;
        this.#read('disconnect', 'success', '');
        // A venue that states no time of its blocks says nothing about their age.
        if (event.chainTimeUs > 0) this.#latency(this.#nowUs - event.chainTimeUs, `block ${event.height} was`);
        return;
      case 'orderBatch':
        this.#state.batch = { batchId: event.batchId, sentUs: this.#nowUs, places: event.places.length };
        return;
      case 'batchUnknown':
        if (event.batchId === this.#state.batch?.batchId && this.#state.batch.places > 0)
          this.#read('order_placement', 'failure', `batch ${event.batchId}: ${event.reason}`);
        return;
      case 'batchCommitted':
      case 'batchRefused':
        this.#outcome(event);
        return;
      case 'component':
        this.#read(event.component, event.outcome, event.detail);
        return;
      case 'drift':
        this.#drift(event);
        return;
    }
  }

  #watch(): void {
    const { breakers, batch } = this.#state;
    for (const name of Object.keys(breakers) as Watched[]) {
      // Time alone says nothing of a chain that is silent: a block has to come before it is tried.
      if (name !== 'disconnect') breakers[name] = later(this.#settings[name], breakers[name], this.#nowUs);
    }
    if (this.#state.blockUs === 0) this.#state.blockUs = this.#nowUs;
    const silentMs = (this.#nowUs - this.#state.blockUs) / MICROS_PER_MS;
    const { disconnectedAfterMs } = this.#parameters;
    if (disconnectedAfterMs > 0 && silentMs > disconnectedAfterMs && breakers.disconnect.state.status !== 'open') {
      this.#read('disconnect', 'failure', `no block for ${Math.round(silentMs)} ms`);
    }
    if (batch === null) return;
    const waitedUs = this.#nowUs - batch.sentUs;
    if (waitedUs > this.#parameters.latencyHighMs * MICROS_PER_MS)
      this.#latency(waitedUs, `batch ${batch.batchId} is under way for`);
  }

  #outcome(event: BatchCommitted | BatchRefused): void {
    const { batch } = this.#state;
    if (batch === null || batch.batchId !== event.batchId) return;
    this.#state.batch = null;
    this.#latency(this.#nowUs - batch.sentUs, `batch ${batch.batchId} took`);
    if (batch.places === 0) return;
    const refused = event.kind === 'batchRefused';
    if (!refused && event.orderIds.some((id) => id !== '')) this.#read('order_placement', 'success', '');
    else {
      const why = refused ? `code ${event.code} ${event.codespace}: ${event.reason}` : 'every order was refused';
      this.#read('order_placement', 'failure', `batch ${batch.batchId}: ${why}`);
    }
  }

  #latency(us: number, what: string): void {
    const ms = us / MICROS_PER_MS;
    const { latencyHighMs, latencyLowMs } = this.#parameters;
    if (ms > latencyHighMs) this.#read('latency', 'failure', `${what} ${Math.round(ms)} ms, above ${latencyHighMs}`);
    else if (ms < latencyLowMs) this.#read('latency', 'success', '');
  }

  #read(name: Watched, outcome: 'success' | 'failure', text: string): void {
    const { breakers, texts } = this.#state;
    breakers[name] = observed(this.#settings[name], breakers[name], outcome, this.#nowUs);
    if (outcome === 'failure') texts[name] = text.slice(0, 200);
  }

  #drift({ market, drifting }: Drift): void {
    const { drifting: known } = this.#state;
    if (known.includes(market) === drifting) return;
    this.#state.drifting = drifting
      ? [...known, market].slice(0, DRIFTING_MOST)
      : known.filter((one) => one !== market);
  }
}

function summary(
  { latencyWiden }: ConditionParameters,
  state: ConditionsState,
  causes: readonly number[],
  turn: Turn<ConditionsOutput>,
): Conditions {
  const { breakers, texts, drifting } = state;
  const status: Partial<Record<BreakerName, BreakerState['status']>> = {};
  for (const name of Object.keys(breakers) as Watched[]) {
    if (isTripped(breakers[name])) status[name] = breakers[name].state.status;
  }
  if (drifting.length > 0) status.drift = 'open';
  // Half open, the way to the chain and to the journal is tried by quoting again; a chain that is away has to show itself.
  const holds = (['disconnect', 'order_placement', 'database'] as const).filter(
    (code) => status[code] === 'open' || (code === 'disconnect' && status[code] !== undefined),
  );
  return {
    kind: 'conditions',
    seq: turn.nextSeq(),
    timeUs: turn.nowUs(),
    causes,
    widen: status.latency === undefined ? 1 : latencyWiden,
    fallback: status.ml_inference === undefined ? drifting : ['', ...drifting],
    holds: holds.map((code) => ({ code, text: texts[code] ?? code })),
    breakers: status,
  };
}

/** Says so when a breaker trips and when it is closed again; the trials in between are in the summary. */
function tell(
  name: Watched,
  before: Breaker,
  state: ConditionsState,
  causes: readonly number[],
  turn: Turn<ConditionsOutput>,
): void {
  const tripped = isTripped(state.breakers[name]);
  if (tripped === isTripped(before)) return;
  const serious = name === 'disconnect' || name === 'database' || name === 'order_placement';
  const text = tripped ? `${state.texts[name] ?? name}: ${BREAKER_ACTIONS[name]}` : `${name} is well again`;
  turn.emit({
    kind: 'alert',
    seq: turn.nextSeq(),
    timeUs: turn.nowUs(),
    causes,
    severity: !tripped ? 'info' : serious ? 'critical' : 'warning',
    code: name,
    status: tripped ? 'raised' : 'cleared',
    market: '',
    text,
    halts: false,
  });
}

function tellDrift(event: Drift, causes: readonly number[], turn: Turn<ConditionsOutput>): void {
  const { market, model, drifting, detail } = event;
  const text = drifting ? `${model}: ${detail}: ${BREAKER_ACTIONS.drift}` : `${model}: ${detail}: predictions again`;
  turn.emit({
    kind: 'alert',
    seq: turn.nextSeq(),
    timeUs: turn.nowUs(),
    causes,
    severity: drifting ? 'warning' : 'info',
    code: 'drift',
    status: drifting ? 'raised' : 'cleared',
    market,
    text: text.slice(0, 300),
    halts: false,
  });
}
