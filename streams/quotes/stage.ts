import type { OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CARRY_ON, CONTROL_MAILBOX } from '../actor/policies.ts';
import type { Guarded } from '../guard/guard.ts';
import type { Own } from '../own.ts';
import type { MarketSettings } from '../settings.ts';
import { type Quote, quotes } from './quotes.ts';

/** The quoting actor of one market. */
export function quoteStage(kernel: Kernel, settings: MarketSettings): OperatorFunction<Guarded | Own, Quote> {
  return kernel.actor({
    name: 'quotes',
    mailbox: CONTROL_MAILBOX,
    supervision: CARRY_ON,
    behavior: (inbox, self) => inbox.pipe(self.reduce(quotes(settings.market, settings.quotes))),
  });
}
