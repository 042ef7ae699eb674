import { map, type OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CONTROL_MAILBOX, GIVE_UP } from '../actor/policies.ts';
import { MICROS_PER_MS } from '../clock/clock.ts';
import { gridTicks } from '../operators/grid_ticks.ts';
import { merge } from '../operators/merge.ts';
import { where } from '../operators/where.ts';
import type { AccountSettings } from '../settings.ts';
import { type OrdersInput, type OrdersOutput, orders, type Wake } from './orders.ts';
import type { Fill } from './types.ts';

/**
 * The order actor of the account. Wakes a microsecond after the markets were sampled, so that it sees all their wishes; where
 * models are asked, so much later that they have answered.
 */
export function orderStage(kernel: Kernel, settings: AccountSettings): OperatorFunction<OrdersInput, OrdersOutput> {
  const { wakePeriodMs: periodMs, wakeDelayMs } = settings;
  const offsetUs = 1 + wakeDelayMs * MICROS_PER_MS;
  const wake$ = gridTicks({ clock: kernel.clock, periodMs, offsetUs }).pipe(
    map((timeUs): Wake => ({ kind: 'wake', timeUs })),
  );
  return kernel.actor({
    name: 'orders',
    mailbox: CONTROL_MAILBOX,
    supervision: GIVE_UP,
    behavior: (inbox, self) => merge(inbox, wake$).pipe(self.reduce(orders(settings.orders))),
  });
}

/** The executions among what the order stage tells. */
export const fillsOf = where((event: OrdersOutput): event is Fill => event.kind === 'fill');
