import type { OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CONTROL_MAILBOX, GIVE_UP } from '../actor/policies.ts';
import type { AccountSettings } from '../settings.ts';
import { type Approved, type RiskInput, risk } from './risk.ts';

/** The pre-trade risk actor of the account. */
export function riskStage(kernel: Kernel, settings: AccountSettings): OperatorFunction<RiskInput, Approved> {
  return kernel.actor({
    name: 'risk',
    mailbox: CONTROL_MAILBOX,
    supervision: GIVE_UP,
    behavior: (inbox, self) => inbox.pipe(self.reduce(risk(settings))),
  });
}
