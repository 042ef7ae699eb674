import type { OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CARRY_ON, CONTROL_MAILBOX } from '../actor/policies.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Own } from '../own.ts';
import type { MarketSettings } from '../settings.ts';
import { type Guarded, guard } from './guard.ts';

/** The actor that stands between fair value and quotes: the five breakers of one market. */
export function guardStage(kernel: Kernel, settings: MarketSettings): OperatorFunction<FairValue | Own, Guarded> {
  return kernel.actor({
    name: 'guard',
    mailbox: CONTROL_MAILBOX,
    supervision: CARRY_ON,
    behavior: (inbox, self) => inbox.pipe(self.reduce(guard(settings.market.symbol))),
  });
}
