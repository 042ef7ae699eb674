import type { MarketInput, MarketStretch, Reject, Stamped } from './market/types.ts';
import type { ExecutionInput } from './orders/types.ts';
import { type ModelInput, modelsOf } from './predictions/types.ts';

/** An operator's command. */
export interface Command extends Stamped {
  readonly kind: 'command';
  /**
   * `pause` cancels and stops quoting until `resume`; `halt` is the emergency stop; `cancelAll` cancels what rests now and
   * leaves the trading state as it is; `shutdown` is a pause that ends with the process.
   */
  readonly command: 'pause' | 'resume' | 'halt' | 'cancelAll' | 'shutdown';
  /** For `resume` out of a halt: the code of the cause that the operator has dealt with. */
  readonly clears?: string;
  /** Who asked, for the audit trail: `sigint`, `api`, `cli` … */
  readonly by: string;
}

/**
 * How a part of the shell does that the pipeline leans on: every failure is reported, and the first success after failures.
 * What follows from it is decided by the breaker of that part (`guard/conditions.ts`).
 */
export interface ComponentReport extends Stamped {
  readonly kind: 'component';
  /** `database` is the account's journal; `sei_websocket` the block subscription; `ml_inference` the models' runtime. */
  readonly component: 'database' | 'sei_websocket' | 'ml_inference';
  readonly outcome: 'success' | 'failure';
  readonly detail: string;
}

/** A model's inputs or its accuracy have drifted away from what it was trained on, or are back. */
export interface Drift extends Stamped {
  readonly kind: 'drift';
  /** The market it concerns; the empty string for all. */
  readonly market: string;
  readonly model: string;
  readonly drifting: boolean;
  /** The measure, with its numbers. */
  readonly detail: string;
  /** Numbers of what caused it, where it was found out in here. */
  readonly causes?: readonly number[];
}

/** The wall clock moved and nothing else did: lets timers fire while the feed is silent. */
export interface Tick extends Stamped {
  readonly kind: 'tick';
}

/**
 * Everything that enters `streams/` from outside. Each is made with `seq: 0, timeUs: 0` and stamped once, at the edge,
 * where it also goes to the input journal.
 */
export type Input = MarketInput | ModelInput | AccountInput | Tick | Reject;

/** What a pipeline is given: inputs one by one, or a market's in stretches where they come from a tape. */
export type Given = Input | MarketStretch;

/** The key of everything that concerns the account rather than one market. */
export const EXECUTION = 'execution';

/** Whether an input is market data; the rest concerns the models or the account. */
export function isMarketInput(input: Input): input is MarketInput {
  switch (input.kind) {
    case 'bookSnapshot':
    case 'bookDelta':
    case 'bookTicker':
    case 'trade':
    case 'kline':
    case 'feedStatus':
      return true;
    default:
      return false;
  }
}

/** Which part of the pipeline an input is for: a market's symbol, that of its models, or {@link EXECUTION}. */
export function routeOf(input: Given): string {
  if (input.kind === 'stretch') return input.market;
  if (isModelInput(input)) return modelsOf(input.market);
  return isMarketInput(input) ? input.market : EXECUTION;
}

function isModelInput(input: Input): input is ModelInput {
  return input.kind === 'prediction' || input.kind === 'model' || input.kind === 'insight';
}

/** What concerns the account: everything but a market's data and predictions, and but what only moves the clock or is only counted. */
export type AccountInput = ExecutionInput | Command | ComponentReport | Drift;
