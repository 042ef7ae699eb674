import type { OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CARRY_ON, CONTROL_MAILBOX } from '../actor/policies.ts';
import type { FairValue } from '../fairvalue/fair_value.ts';
import type { Own } from '../own.ts';
import type { Quote } from '../quotes/quotes.ts';
import type { AccountSettings } from '../settings.ts';
import { type Approved, risk } from './risk.ts';

/** The pre-trade risk actor of the account. */
export function riskStage(
  kernel: Kernel,
  settings: AccountSettings,
): OperatorFunction<Quote | FairValue | Own, Approved> {
  return kernel.actor({
    name: 'risk',
    mailbox: CONTROL_MAILBOX,
    supervision: CARRY_ON,
    behavior: (inbox, self) => inbox.pipe(self.reduce(risk(settings))),
  });
}
