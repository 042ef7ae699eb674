import type { OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CONTROL_MAILBOX, GIVE_UP } from '../actor/policies.ts';
import type { AccountSettings } from '../settings.ts';
import { type TradingInput, type TradingOutput, trading } from './trading.ts';

/** The trading-state actor of the account. */
export function tradingStage(kernel: Kernel, settings: AccountSettings): OperatorFunction<TradingInput, TradingOutput> {
  return kernel.actor({
    name: 'trading',
    mailbox: CONTROL_MAILBOX,
    supervision: GIVE_UP,
    behavior: (inbox, self) => inbox.pipe(self.reduce(trading(settings.trading))),
  });
}
