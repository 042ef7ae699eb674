import type { OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CONTROL_MAILBOX, GIVE_UP } from '../actor/policies.ts';
import type { Fill } from '../orders/types.ts';
import type { AccountSettings } from '../settings.ts';
import { type Position, positions } from './positions.ts';

/** The position actor of the account. */
export function positionStage(kernel: Kernel, settings: AccountSettings): OperatorFunction<Fill, Position> {
  const markets = settings.markets.map(({ market }) => market);
  return kernel.actor({
    name: 'positions',
    mailbox: CONTROL_MAILBOX,
    supervision: GIVE_UP,
    behavior: (inbox, self) => inbox.pipe(self.reduce(positions(markets, settings.fees))),
  });
}
