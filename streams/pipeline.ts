import { filter, merge, type Observable } from 'rxjs';
import type { Kernel } from './actor/kernel.ts';
import type { Decision } from './decisions.ts';
import { fairValueStage } from './fairvalue/stage.ts';
import { positionStage } from './fills/stage.ts';
import { type AccountInput, EXECUTION, type Input, routeOf } from './inputs.ts';
import { marketStage, reportsOf, sampleStage } from './market/stage.ts';
import type { MarketInput } from './market/types.ts';
import { fillsOf, orderStage } from './orders/stage.ts';
import { isOwn, type Own } from './own.ts';
import { quoteStage } from './quotes/stage.ts';
import { riskStage } from './risk/stage.ts';
import type { AccountSettings, MarketSettings } from './settings.ts';

/**
 * The market maker: from inputs to decisions, for every market of one account.
 *
 *     market$ ─▶ sample$ ─▶ fairValue$ ─▶ quote$ ─▶ approved$ ─▶ orders$ ─▶ (venue) ─▶ fills$ ─▶ positions$ ─┐
 *                                ▲            ▲          ▲                                                   │
 *                                └────────────┴──────────┴──────────────────── own$ ─────────────────────────┘
 */
export function pipeline(kernel: Kernel, inputs$: Observable<Input>, account: AccountSettings): Observable<Decision> {
  const inputs = kernel.entry('inputs', inputs$, routeOf);
  const own = kernel.loop<Own, Decision>('own', isOwn);

  const markets = account.markets.map((market) =>
    oneMarket(kernel, inputs.on<MarketInput>(market.market.symbol), own.events$, market),
  );

  const approved$ = merge(...markets.map((market) => market.approved$));
  const orders$ = merge(inputs.on<AccountInput>(EXECUTION), approved$).pipe(orderStage(kernel, account));
  const fills$ = orders$.pipe(fillsOf);
  const positions$ = fills$.pipe(positionStage(kernel, account));

  const execution$ = merge(orders$, positions$).pipe(own.close);

  return merge(...markets.map((market) => market.decisions$), execution$);
}

/** One market, from its data to quotes that passed the pre-trade limits. What it shares with others comes by `own$`. */
function oneMarket(kernel: Kernel, inputs$: Observable<MarketInput>, own$: Observable<Own>, settings: MarketSettings) {
  const mine = kernel.scope(settings.market.symbol);
  const ours$ = own$.pipe(filter((event) => event.market === settings.market.symbol));

  const market$ = inputs$.pipe(marketStage(mine, settings));
  const sample$ = market$.pipe(sampleStage(mine, settings));
  const fairValue$ = merge(ours$, sample$).pipe(fairValueStage(mine, settings));
  const quote$ = merge(ours$, fairValue$).pipe(quoteStage(mine, settings));
  const approved$ = merge(ours$, quote$).pipe(riskStage(mine, settings));

  return { approved$, decisions$: merge(market$.pipe(reportsOf), sample$, fairValue$, quote$, approved$) };
}
