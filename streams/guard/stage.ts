import { map, type OperatorFunction, tap } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CARRY_ON, CONTROL_MAILBOX, GIVE_UP } from '../actor/policies.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { AccountInput } from '../inputs.ts';
import { gridTicks } from '../operators/grid_ticks.ts';
import { merge } from '../operators/merge.ts';
import { where } from '../operators/where.ts';
import type { Own } from '../own.ts';
import type { AccountSettings, MarketSettings } from '../settings.ts';
import type { Alert } from './alert.ts';
import { type ConditionsOutput, conditions, type Watch } from './conditions.ts';
import { type Guarded, type GuardOutput, guard } from './guard.ts';

/** The actor that watches the account's surroundings: the breakers that concern all markets. */
export function conditionsStage(
  kernel: Kernel,
  settings: AccountSettings,
): OperatorFunction<AccountInput | Own, ConditionsOutput> {
  const watch$ = gridTicks({ clock: kernel.clock, periodMs: settings.wakePeriodMs, offsetUs: 0 }).pipe(
    map((timeUs): Watch => ({ kind: 'watch', timeUs })),
  );
  return kernel.actor({
    name: 'conditions',
    mailbox: CONTROL_MAILBOX,
    supervision: GIVE_UP,
    behavior: (inbox, self) =>
      merge(inbox, watch$).pipe(
        self.reduce(conditions(settings.conditions)),
        tap((event) => {
          if (event.kind === 'conditions')
            self.probe.breaker = shown(Object.entries(event.breakers).map((one) => one.join(' ')));
        }),
      ),
  });
}

/** The actor that stands between fair value and quotes: the breakers of one market. */
export function guardStage(
  kernel: Kernel,
  settings: MarketSettings,
): OperatorFunction<FairValue | Own | ConditionsOutput, GuardOutput> {
  return kernel.actor({
    name: 'guard',
    mailbox: CONTROL_MAILBOX,
    supervision: CARRY_ON,
    behavior: (inbox, self) =>
      inbox.pipe(
        self.reduce(guard(settings)),
        tap((event) => {
          if (event.kind === 'guarded') self.probe.breaker = shown(event.breakers);
        }),
      ),
  });
}

/** What of a guard is for the quotes. */
export const guardedOf = where((event: GuardOutput): event is Guarded => event.kind === 'guarded');

/** What of a guard is for people, and for the trading state. */
export const alertsOf = where((event: GuardOutput): event is Alert => event.kind === 'alert');

/** What a probe shows of several breakers: those that are not closed. */
function shown(breakers: readonly string[]): string {
  return breakers.length === 0 ? 'closed' : breakers.join(', ');
}
