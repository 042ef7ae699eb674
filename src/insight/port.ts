import type { MarketInsight, Opinions } from './answers.ts';
import type { Situation } from './situation.ts';

/** Why there is no answer. Short and stable; the reason beside it is for people. */
export type FailureCode =
  | 'off'
  | 'budget'
  | 'breaker'
  | 'busy'
  | 'timeout'
  | 'cancelled'
  | 'rate-limited'
  | 'unreachable'
  | 'server-error'
  | 'rejected'
  | 'filtered'
  | 'refused'
  | 'truncated'
  | 'malformed'
  | 'oversized';

/** No answer, and why. Nothing is thrown: to have no insight is an ordinary state. */
export interface NoAnswer {
  readonly ok: false;
  readonly code: FailureCode;
  /** With its numbers and what to do, for people; holds no secret. */
  readonly reason: string;
}

/** An answer that has passed its schema, and what it took. */
export interface Answered<T> {
  readonly ok: true;
  readonly answer: T;
  /** Deployment and version of the prompt: `gpt-4o enhance/1`. */
  readonly by: string;
  /** Out of the cache: nothing was sent and nothing paid. */
  readonly cached: boolean;
  readonly tokensIn: number;
  readonly tokensOut: number;
  /** US dollars, at the prices of the configuration. */
  readonly costUsd: number;
  /** Time from the question to the answer, milliseconds. */
  readonly tookMs: number;
}

/** See {@link Answered} and {@link NoAnswer}. */
export type Outcome<T> = Answered<T> | NoAnswer;

/** What may still be spent, US dollars by hour and day of UTC. */
export interface BudgetStatus {
  readonly spentHourUsd: number;
  readonly budgetHourUsd: number;
  readonly spentDayUsd: number;
  readonly budgetDayUsd: number;
}

/** How an adviser does. */
export interface AdviserStatus {
  /** `ready` asks when asked; `open`: its breaker refuses; `spent`: its budget does; `held`: the service has asked for a pause. */
  readonly state: 'off' | 'ready' | 'open' | 'spent' | 'held';
  /** Why, when it is not ready. */
  readonly detail: string;
  readonly budget: BudgetStatus;
  /** Questions that were sent, those of them that were answered, and what came out of the cache. */
  readonly asked: number;
  readonly answered: number;
  readonly cached: number;
  /** The newest failure, `code: reason`, or the empty string. */
  readonly lastFailure: string;
}

/**
 * The port to a language model's judgement. Off by default ({@link import('./off.ts').off}); the real one is Azure OpenAI.
 * Neither call throws; both are slow, and never on the way of a quote.
 */
export interface Adviser {
  /** For each market how far the model's predictions should be leaned on; markets without an opinion are left out. */
  enhancePrediction(situation: Situation, signal?: AbortSignal): Promise<Outcome<Opinions>>;
  /** The markets in words, for people. */
  generateMarketInsight(situation: Situation, signal?: AbortSignal): Promise<Outcome<MarketInsight>>;
  status(): AdviserStatus;
}
