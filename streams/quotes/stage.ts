import type { OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CARRY_ON, CONTROL_MAILBOX } from '../actor/policies.ts';
import type { MarketSettings } from '../settings.ts';
import { type Quote, type QuotesInput, quotes } from './quotes.ts';

/** The quoting actor of one market. */
export function quoteStage(kernel: Kernel, settings: MarketSettings): OperatorFunction<QuotesInput, Quote> {
  return kernel.actor({
    name: 'quotes',
    mailbox: CONTROL_MAILBOX,
    supervision: CARRY_ON,
    behavior: (inbox, self) => inbox.pipe(self.reduce(quotes(settings.market, settings.quotes))),
  });
}
