import { map, type OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CONTROL_MAILBOX, GIVE_UP } from '../actor/policies.ts';
import { gridTicks } from '../operators/grid_ticks.ts';
import { merge } from '../operators/merge.ts';
import type { AccountSettings } from '../settings.ts';
import { type MoneyInput, type MoneyOutput, money, type Second } from './money.ts';

/** The money actor of the account. Its second begins two microseconds late, so that the marks of that instant are in. */
export function moneyStage(
  kernel: Kernel,
  settings: AccountSettings,
): OperatorFunction<Exclude<MoneyInput, Second>, MoneyOutput> {
  const markets = settings.markets.map(({ market }) => market);
  const seconds$ = gridTicks({ clock: kernel.clock, periodMs: 1_000, offsetUs: 2 }).pipe(
    map((timeUs): Second => ({ kind: 'second', timeUs })),
  );
  return kernel.actor({
    name: 'money',
    mailbox: CONTROL_MAILBOX,
    supervision: GIVE_UP,
    behavior: (inbox, self) => merge(inbox, seconds$).pipe(self.reduce(money(markets, settings.fees))),
  });
}
