import type { Observable } from 'rxjs';
import type { Entry, Kernel } from './actor/kernel.ts';
import type { Decision } from './decisions.ts';
import { fairValueStage } from './fairvalue/stage.ts';
import { featureStage } from './features/stage.ts';
import { moneyStage } from './fills/stage.ts';
import type { ConditionsOutput } from './guard/conditions.ts';
import { alertsOf, conditionsStage, guardedOf, guardStage } from './guard/stage.ts';
import { type AccountInput, EXECUTION, type Given, routeOf } from './inputs.ts';
import { marketStage, reportsOf, sampleStage } from './market/stage.ts';
import type { MarketInput, MarketStretch } from './market/types.ts';
import { merge } from './operators/merge.ts';
import { where } from './operators/where.ts';
import { fillsOf, orderStage } from './orders/stage.ts';
import { isOwn, type Own } from './own.ts';
import { driftOf, figuresOf, predictionStage, predictionsOf } from './predictions/stage.ts';
import { type ModelInput, modelsOf } from './predictions/types.ts';
import { quoteStage } from './quotes/stage.ts';
import { riskStage } from './risk/stage.ts';
import type { AccountSettings, MarketSettings } from './settings.ts';
import { tradingStage } from './trading/stage.ts';

/**
 * The market maker: from inputs to decisions, for every market of one account.
 *
 *     market$ ─▶ sample$ ─▶ fairValue$ ─▶ guarded$ ─▶ quote$ ─▶ approved$ ─▶ orders$ ─▶ (venue) ─▶ fills$ ─▶ money$ ─┐
 *        │                      ▲            ▲        ▲  ▲           ▲                                             │
 *        └─▶ predicted$ ────────┼────────────┼────────┘  │           │                                             │
 *                │              └────────────┴───────────┴───────────┴───────────────── own$ ──────────────────────┤
 *                └────────────────────────────────────── drift$ ───────────────────────────────────────────────────┘
 */
export function pipeline(kernel: Kernel, inputs$: Observable<Given>, account: AccountSettings): Observable<Decision> {
  const inputs = kernel.entry('inputs', inputs$, routeOf);
  const account$ = inputs.on<AccountInput>(EXECUTION);
  const own = kernel.loop<Own, Decision>('own', isOwn);

  const conditions$ = merge(account$, own.events$).pipe(conditionsStage(kernel, account));
  const markets = account.markets.map((market) => oneMarket(kernel, inputs, own.events$, conditions$, market));
  const quotes$ = merge(...markets.map((market) => market.quote$));
  const marks$ = merge(...markets.map((market) => market.fairValue$));
  const alerts$ = merge(...markets.map((market) => market.alert$));
  const drift$ = merge(...markets.map((market) => market.drift$));

  const trading$ = merge(account$, own.events$, conditions$, alerts$).pipe(tradingStage(kernel, account));
  const approved$ = merge(account$, own.events$, marks$, quotes$).pipe(riskStage(kernel, account));
  const orders$ = merge(account$, trading$, approved$).pipe(orderStage(kernel, account));
  const money$ = merge(account$, marks$, orders$.pipe(fillsOf)).pipe(moneyStage(kernel, account));

  const execution$ = merge(drift$, trading$, approved$, orders$, money$).pipe(own.close);

  return merge(conditions$, ...markets.map((market) => market.decisions$), execution$);
}

/** One market, from its data to what we would like to quote. What it shares with others comes by `own$` and `conditions$`. */
function oneMarket(
  kernel: Kernel,
  inputs: Entry<Given>,
  own$: Observable<Own>,
  conditions$: Observable<ConditionsOutput>,
  settings: MarketSettings,
) {
  const { symbol } = settings.market;
  const mine = kernel.scope(symbol);
  const inputs$ = inputs.on<MarketInput | MarketStretch>(symbol);
  const models$ = inputs.on<ModelInput>(modelsOf(symbol));
  const ours$ = own$.pipe(where((event) => !('market' in event) || event.market === symbol));

  const market$ = inputs$.pipe(marketStage(mine, settings));
  const sample$ = market$.pipe(sampleStage(mine, settings));
  const features$ = merge(ours$, market$, sample$).pipe(featureStage(mine, settings));
  const fairValue$ = merge(ours$, sample$).pipe(fairValueStage(mine, settings));
  const guard$ = merge(ours$, conditions$, fairValue$).pipe(guardStage(mine, settings));
  const predicted$ = merge(ours$, models$, market$, features$).pipe(predictionStage(mine, settings));
  const quote$ = merge(ours$, predicted$.pipe(predictionsOf), guard$.pipe(guardedOf)).pipe(quoteStage(mine, settings));

  const decisions$ = merge(
    market$.pipe(reportsOf),
    sample$,
    features$,
    fairValue$,
    guard$,
    predicted$.pipe(figuresOf),
    quote$,
  );
  return { fairValue$, alert$: guard$.pipe(alertsOf), drift$: predicted$.pipe(driftOf), quote$, decisions$ };
}
