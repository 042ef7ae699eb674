import type { OrderUpdate } from './types.ts';

/** The state of an order that rests or may rest. */
export type LiveStatus = 'placing' | 'resting' | 'cancelling';

/** What can happen to a live order. */
export type OrderEvent =
  | 'placed'
  | 'placeRefused'
  | 'cancelSent'
  | 'cancelled'
  | 'cancelRefused'
  | 'filledInPart'
  | 'filled'
  | 'vanished';

/**
 * The life of an order as a table: `next[status][event]` is the status that follows; what is not in the table is illegal.
 * An order in `placing` can fill: its block settles in the same instant in which it is placed.
 */
export const LIFE_CYCLE: Readonly<Record<LiveStatus, Partial<Record<OrderEvent, OrderUpdate['status']>>>> = {
  placing: { placed: 'resting', placeRefused: 'refused', filledInPart: 'placing', filled: 'filled' },
  resting: { cancelSent: 'cancelling', filledInPart: 'resting', filled: 'filled', vanished: 'vanished' },
  cancelling: {
    cancelled: 'cancelled',
    cancelRefused: 'resting',
    filledInPart: 'cancelling',
    filled: 'filled',
    vanished: 'vanished',
  },
};
