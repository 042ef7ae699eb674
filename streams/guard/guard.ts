import type { Reducer, Turn } from '../actor/reducer.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import { lotValueQuote } from '../market/money.ts';
import { type Breaker, type BreakerSettings, closedBreaker, observed } from '../operators/circuit_breaker.ts';
import type { Caused } from '../orders/types.ts';
import type { Own } from '../own.ts';
import type { MarketSettings } from '../settings.ts';
import type { Alert } from './alert.ts';
import { BREAKER_ACTIONS, isTripped, later, measureBreaker, type PipelineBreaker } from './breakers.ts';
import type { Conditions, ConditionsOutput } from './conditions.ts';
import { positionLimitUsdc } from './inventory_limit.ts';
import { type Move, moveOf, type PriceHistory, remember } from './price_history.ts';

/**
 * How a market may be quoted: `quote` on both sides, `reduce` only with orders that shrink the position, `withdraw` not at
 * all.
 */
export type Stance = 'quote' | 'reduce' | 'withdraw';

/** A fair value with what the breakers say about quoting from it. */
export interface Guarded extends Caused {
  readonly kind: 'guarded';
  readonly market: string;
  readonly fair: FairValue;
  readonly stance: Stance;
  /** `ok`, or why the stance is another: the book's quality, the trading state, or a breaker. */
  readonly reason: string;
  /** Factor on the half spread, at least 1. */
  readonly widen: number;
  /** Whether predictions may shift the quote; false is fallback pricing. */
  readonly prediction: boolean;
  /** Names of the breakers that are not closed, the account's among them. */
  readonly breakers: readonly string[];
}

/** When the breakers of one market trip. */
export interface GuardParameters {
  /** A position beyond this share of its limit is flattened, percent. */
  readonly inventoryTripPct: number;
  /** … until it is below this share, percent. */
  readonly inventoryClearPct: number;
  /** Time over which a move is measured. */
  readonly extremeWindowMs: number;
  /** A move within the window that stops the whole account, basis points. */
  readonly extremeStopBps: number;
  /** A move within the window of so many standard deviations stops the market … */
  readonly extremeSigmas: number;
  /** … unless it is smaller than this, basis points. */
  readonly extremeFloorBps: number;
  /** A spread wider than this for a second stops the market, basis points. */
  readonly extremeSpreadBps: number;
  /** How long a market that was stopped is left alone before it may be quoted again. */
  readonly extremeRecoverMs: number;
}

/** What the guard of a market tells. */
export type GuardOutput = Guarded | Alert;

type Watched = Extract<PipelineBreaker, 'disconnect' | 'inventory' | 'extreme'>;

interface GuardState {
  trading: string;
  widen: number;
  prediction: boolean;
  /** The account's breakers that are not closed, and the first reason not to trade at all. */
  account: readonly string[];
  hold: string;
  positionLots: number;
  equityUsdc: number | null;
  wasLive: boolean;
  /** Samples in a row with a book that is one-sided or too wide. */
  odd: number;
  history: PriceHistory;
  breakers: Record<Watched, Breaker>;
}

/** A book is one-sided or too wide when it was so in this many samples in a row: one second at 5 Hz. */
const ODD_SAMPLES = 5;

/** Calm samples in a row that end an extreme market: one second at 5 Hz. */
const CALM_SAMPLES = 5;

/** For a breaker whose two marks are its hysteresis already: the least time there is. */
const AT_ONCE_MS = 0.001;

/** What a breaker is told, and the figures behind it, for the one time in thousands that somebody reads them. */
type Reading = readonly ['success' | 'failure', () => string] | undefined;

/**
 * The breakers of one market, between fair value and quotes. Every fair value comes out as {@link Guarded}.
 *
 * - `disconnect`: the feed is down or silent → nothing is quoted until a live book.
 * - `inventory`: the position is beyond its limit (by fills that came late, or because its price moved) → only orders that
 *   shrink it, until it is below the lower mark.
 * - `extreme`: the price moved too far within the window, or the book is one-sided or far too wide → the market is not quoted
 *   until it has been calm; a move beyond `extremeStopBps` stops the whole account.
 *
 * What concerns all markets (latency, drift, the chain) comes as {@link Conditions}, the trading state by the loop.
 */
export function guard({
  market,
  guard: parameters,
  risk,
}: MarketSettings): Reducer<GuardState, FairValue | Own | ConditionsOutput, GuardOutput> {
  const settings: Readonly<Record<Watched, BreakerSettings>> = {
    disconnect: measureBreaker(1, AT_ONCE_MS, 1),
    inventory: measureBreaker(1, AT_ONCE_MS, 1),
    extreme: measureBreaker(1, parameters.extremeRecoverMs, CALM_SAMPLES),
  };
  const read = (state: GuardState, fair: FairValue, turn: Turn<GuardOutput>): void => {
    const positionUsdc = Math.abs(state.positionLots) * lotValueQuote(market, fair.fairTick);
    const move = follow(parameters, state, fair);
    const readings: Record<Watched, Reading> = {
      disconnect: connection(state, fair),
      inventory:
        fair.fairTick > 0 ? inventory(parameters, positionUsdc, positionLimitUsdc(risk, state.equityUsdc)) : undefined,
      extreme: extreme(parameters, state, fair, move),
    };
    for (const name of ['disconnect', 'inventory', 'extreme'] as const) {
      const before = later(settings[name], state.breakers[name], fair.timeUs);
      const reading = readings[name];
      const after = reading === undefined ? before : observed(settings[name], before, reading[0], fair.timeUs);
      state.breakers[name] = after;
      if (isTripped(before) !== isTripped(after)) tell(market.symbol, name, after, reading?.[1]() ?? '', fair, turn);
    }
    stopIfTooFar(parameters, state, fair, move, turn);
  };
  return {
    initial: () => ({
      ...{ trading: 'active', widen: 1, prediction: true, account: [], hold: '', positionLots: 0, equityUsdc: null },
      ...{ wasLive: false, odd: 0, history: [] },
      breakers: {
        disconnect: closedBreaker(settings.disconnect),
        inventory: closedBreaker(settings.inventory),
        extreme: closedBreaker(settings.extreme),
      },
    }),
    step: (state, event, turn) => {
      if (event.kind === 'position') state.positionLots = event.lots;
      else if (event.kind === 'tradingState') state.trading = event.state;
      else if (event.kind === 'equity') state.equityUsdc = event.equityUsdc;
      else if (event.kind === 'conditions') surroundings(state, event, market.symbol);
      else if (event.kind === 'fairValue') {
        read(state, event, turn);
        turn.emit(guarded(state, event, market.symbol, turn));
      }
    },
    encode: (state) => state,
    decode: (plain) => JSON.parse(JSON.stringify(plain)) as GuardState,
  };
}

function surroundings(state: GuardState, event: Conditions, market: string): void {
  state.widen = event.widen;
  state.prediction = !event.fallback.includes('') && !event.fallback.includes(market);
  state.account = Object.keys(event.breakers);
  state.hold = event.holds[0]?.code ?? '';
}

function connection(state: GuardState, { quality }: FairValue): Reading {
  if (quality === 'live') {
    state.wasLive = true;
    return ['success', () => 'the book is live'];
  }
  // A market that has not been there yet is not lost.
  return state.wasLive && (quality === 'down' || quality === 'stale')
    ? ['failure', () => `the feed is ${quality}`]
    : undefined;
}

function inventory({ inventoryTripPct, inventoryClearPct }: GuardParameters, usdc: number, limitUsdc: number): Reading {
  const figures = (): string => `position ${usdc.toFixed(2)} USDC, limit ${limitUsdc.toFixed(2)}`;
  if (usdc * 100 > limitUsdc * inventoryTripPct) return ['failure', figures];
  return usdc * 100 <= limitUsdc * inventoryClearPct ? ['success', figures] : undefined;
}

/** Counts odd books in a row, and takes the price of one that is not into the window. @returns the move that the window shows */
function follow({ extremeSpreadBps, extremeWindowMs }: GuardParameters, state: GuardState, fair: FairValue): Move {
  if (fair.quality === 'live' || fair.quality === 'empty') {
    state.odd = spreadBpsOf(fair) > extremeSpreadBps ? state.odd + 1 : 0;
    const { timeUs, fairTick: tick, sigmaBps } = fair;
    if (state.odd === 0) remember(state.history, { timeUs, tick, sigmaBps }, extremeWindowMs);
  }
  return moveOf(state.history);
}

/** Infinite for a book that is one-sided. */
function spreadBpsOf({ quality, askTick, bidTick, fairTick }: FairValue): number {
  return quality === 'live' ? ((askTick - bidTick) / fairTick) * 10_000 : Number.POSITIVE_INFINITY;
}

function extreme(parameters: GuardParameters, state: GuardState, fair: FairValue, move: Move): Reading {
  const { extremeFloorBps, extremeSigmas, extremeSpreadBps } = parameters;
  if (fair.quality !== 'live' && fair.quality !== 'empty') return undefined;
  const live = fair.quality === 'live';
  if (state.odd >= ODD_SAMPLES) {
    const { odd } = state;
    const what = (): string =>
      live ? `spread ${spreadBpsOf(fair).toFixed(0)} bps, above ${extremeSpreadBps}` : 'the book is one-sided';
    return ['failure', () => `${what()} in ${odd} samples`];
  }
  if (state.odd > 0) return undefined;
  const { bps, sigmaBps, seconds } = move;
  const mark = Math.max(extremeFloorBps, extremeSigmas * sigmaBps);
  const figures = (): string => `${bps.toFixed(1)} bps in ${seconds.toFixed(1)} s, mark ${mark.toFixed(1)}`;
  return [Math.abs(bps) > mark ? 'failure' : 'success', figures];
}

/** The emergency stop: a move so large that nothing we know of the market holds any more. */
function stopIfTooFar(
  { extremeStopBps }: GuardParameters,
  state: GuardState,
  fair: FairValue,
  { bps, seconds }: Move,
  turn: Turn<GuardOutput>,
): void {
  if (fair.quality !== 'live') return;
  if (Math.abs(bps) <= extremeStopBps) return;
  // One move is told once: it begins anew from here.
  state.history.length = 0;
  const text = `${fair.market} moved ${bps.toFixed(1)} bps in ${seconds.toFixed(1)} s, beyond ${extremeStopBps}: emergency stop`;
  turn.emit(alertOf(fair, turn, { severity: 'critical', code: 'extreme-market', status: 'raised', text, halts: true }));
}

function tell(
  market: string,
  name: Watched,
  after: Breaker,
  figures: string,
  fair: FairValue,
  turn: Turn<GuardOutput>,
): void {
  const tripped = isTripped(after);
  const text = `${market}: ${figures}: ${tripped ? BREAKER_ACTIONS[name] : 'as usual again'}`;
  const [severity, status] = tripped ? (['warning', 'raised'] as const) : (['info', 'cleared'] as const);
  turn.emit(alertOf(fair, turn, { severity, code: name, status, text, halts: false }));
}

function alertOf(
  { market, seq, timeUs }: FairValue,
  turn: Turn<GuardOutput>,
  alert: Pick<Alert, 'severity' | 'code' | 'status' | 'text' | 'halts'>,
): Alert {
  return { kind: 'alert', seq: turn.nextSeq(), timeUs, causes: [seq], market, ...alert };
}

function guarded(state: GuardState, fair: FairValue, market: string, turn: Turn<GuardOutput>): Guarded {
  const [stance, reason] = stanceOf(state, fair);
  const own = (['disconnect', 'inventory', 'extreme'] as const).filter((name) => isTripped(state.breakers[name]));
  return {
    kind: 'guarded',
    seq: turn.nextSeq(),
    timeUs: fair.timeUs,
    causes: [fair.seq],
    market,
    fair,
    stance,
    reason,
    widen: state.widen,
    prediction: state.prediction,
    breakers: own.length === 0 ? state.account : [...new Set([...state.account, ...own])],
  };
}

function stanceOf({ trading, hold, breakers }: GuardState, fair: FairValue): readonly [Stance, string] {
  if (fair.quality !== 'live') return ['withdraw', fair.quality];
  if (trading !== 'active' && trading !== 'reducing') return ['withdraw', trading];
  if (hold !== '') return ['withdraw', hold];
  if (isTripped(breakers.extreme)) return ['withdraw', 'extreme'];
  if (isTripped(breakers.inventory)) return ['reduce', 'inventory'];
  return trading === 'reducing' ? ['reduce', trading] : ['quote', 'ok'];
}
