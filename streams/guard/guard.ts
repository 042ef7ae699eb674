import type { Reducer } from '../actor/reducer.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Caused } from '../orders/types.ts';
import type { Own } from '../own.ts';

/**
 * How a market may be quoted: `quote` on both sides, `reduce` only with orders that shrink the position, `withdraw` not at
 * all.
 */
export type Stance = 'quote' | 'reduce' | 'withdraw';

/** A fair value with what the breakers of its market say about quoting from it. */
export interface Guarded extends Caused {
  readonly kind: 'guarded';
  readonly market: string;
  readonly fair: FairValue;
  readonly stance: Stance;
  /** Factor on the half spread, at least 1. */
  readonly widen: number;
  /** Whether predictions may shift the quote; false is fallback pricing. */
  readonly prediction: boolean;
  /** Names of the breakers that are open. */
  readonly breakers: readonly string[];
}

/** What the breakers remember. */
interface GuardState {
  readonly open: readonly string[];
}

/** The breakers of one market. */
export function guard(market: string): Reducer<GuardState, FairValue | Own, Guarded> {
  return {
    initial: () => ({ open: [] }),
    step: (state, event, turn) => {
      if (event.kind !== 'fairValue') return;
      const { seq, timeUs } = event;
      turn.emit({
        kind: 'guarded',
        seq: turn.nextSeq(),
        timeUs,
        causes: [seq],
        market,
        fair: event,
        stance: event.quality === 'live' ? 'quote' : 'withdraw',
        widen: 1,
        prediction: true,
        breakers: state.open,
      });
    },
    encode: (state) => ({ ...state }),
    decode: (plain) => ({ ...(plain as GuardState) }),
  };
}
