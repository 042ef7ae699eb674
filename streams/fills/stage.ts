import { filter, type OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CONTROL_MAILBOX, GIVE_UP } from '../actor/policies.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { AccountInput } from '../inputs.ts';
import type { Fill } from '../orders/types.ts';
import type { AccountSettings } from '../settings.ts';
import { type Position, positions } from './positions.ts';

/** What the money stage takes in: executions, prices to value them at, and what the chain says of the account. */
export type MoneyInput = Fill | FairValue | AccountInput;

/** The money actor of the account. */
export function moneyStage(kernel: Kernel, settings: AccountSettings): OperatorFunction<MoneyInput, Position> {
  const markets = settings.markets.map(({ market }) => market);
  return kernel.actor({
    name: 'money',
    mailbox: CONTROL_MAILBOX,
    supervision: GIVE_UP,
    behavior: (inbox, self) =>
      inbox.pipe(
        filter((event) => event.kind === 'fill'),
        self.reduce(positions(markets, settings.fees)),
      ),
  });
}
