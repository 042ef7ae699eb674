import type { OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CONTROL_MAILBOX, REBUILD } from '../actor/policies.ts';
import type { Sample } from '../market/sample.ts';
import type { Own } from '../own.ts';
import type { MarketSettings } from '../settings.ts';
import { type FairValue, fairValue } from './fair_value.ts';

/** The fair-value actor of one market. */
export function fairValueStage(kernel: Kernel, settings: MarketSettings): OperatorFunction<Sample | Own, FairValue> {
  return kernel.actor({
    name: 'fairValue',
    mailbox: CONTROL_MAILBOX,
    supervision: REBUILD,
    behavior: (inbox, self) => inbox.pipe(self.reduce(fairValue(settings.market.symbol, settings.fairValue))),
  });
}
