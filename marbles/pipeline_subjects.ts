import { filter, map, merge, type Observable, share, tap } from 'rxjs';
import { z } from 'zod';
import { Kernel } from '../streams/actor/kernel.ts';
import type { Decision } from '../streams/decisions.ts';
import type { Guarded } from '../streams/guard/guard.ts';
import type { Input } from '../streams/inputs.ts';
import type { OrderBatch } from '../streams/orders/types.ts';
import { pipeline } from '../streams/pipeline.ts';
import type { PredictionsParameters } from '../streams/predictions/predictions.ts';
import type { Quote } from '../streams/quotes/quotes.ts';
import type { AccountSettings } from '../streams/settings.ts';
import { accountOf } from '../test/pipeline_world.ts';
import { subject } from './subject.ts';

const MARKET = 'AAA';

/** Stamped numbers leave room for those of the kernel's lanes, as at the edge. */
const LANES = 256;

const levels = z.array(z.number());

/** What the feed says: a whole book, a change from one update id to another, or that it is down. */
const feed = z.union([
  z.strictObject({ snapshot: z.number(), bids: levels, asks: levels }),
  z.strictObject({ delta: z.tuple([z.number(), z.number()]), bids: levels, asks: levels }),
  z.strictObject({ status: z.enum(['up', 'down']) }),
]);

/**
 * What the chain says: the next block (and how old it is), that it takes the newest batch into it, that it refuses it, or an
 * execution of ours.
 */
const chain = z.union([
  z.enum(['block', 'commit']),
  z.strictObject({ blockOfAgeMs: z.number() }),
  z.strictObject({ refuse: z.string() }),
  z.strictObject({ fill: z.string(), side: z.enum(['buy', 'sell']), lots: z.number(), tick: z.number() }),
]);

const command = z.union([z.enum(['pause', 'resume', 'halt', 'cancelAll']), z.strictObject({ clears: z.string() })]);

/** What the shell says of its parts, and a model of itself. */
const report = z.union([
  z.strictObject({ database: z.enum(['success', 'failure']) }),
  z.strictObject({ drifting: z.boolean() }),
]);

/** A model's answer over half a second: how likely a rise is, a fall being as unlikely as it is likely. */
const model = z.strictObject({ bullish: z.number().min(0).max(1) });

const unstamped = { seq: 0, timeUs: 0 };

function feedInput(said: z.infer<typeof feed>): Input {
  const event = { ...unstamped, market: MARKET, eventUs: 0 };
  if ('status' in said) return { ...event, kind: 'feedStatus', status: said.status, reason: 'drawn' };
  const { bids, asks } = said;
  if ('snapshot' in said) return { ...event, kind: 'bookSnapshot', lastId: said.snapshot, bids, asks };
  const [firstId, lastId] = said.delta;
  return { ...event, kind: 'bookDelta', firstId, lastId, previousId: -1, bids, asks };
}

function commandInput(said: z.infer<typeof command>): Input {
  const event = { ...unstamped, kind: 'command', by: 'drawn' } as const;
  return typeof said === 'string' ? { ...event, command: said } : { ...event, command: 'resume', clears: said.clears };
}

function reportInput(said: z.infer<typeof report>): Input {
  if ('drifting' in said) {
    const { drifting } = said;
    return { ...unstamped, kind: 'drift', market: MARKET, model: 'drawn', drifting, detail: 'drawn' };
  }
  return { ...unstamped, kind: 'component', component: 'database', outcome: said.database, detail: 'drawn' };
}

function modelInput({ bullish }: z.infer<typeof model>): Input {
  const bearish = 1 - bullish;
  const one = {
    horizonMs: 500,
    bearish,
    neutral: 0,
    bullish,
    confidence: Math.max(bearish, bullish),
    uncertainty: 0.5,
  };
  const from = { market: MARKET, model: 'drawn/1', role: 'champion', featuresSeq: 0 } as const;
  return { ...unstamped, kind: 'prediction', ...from, horizons: [one] };
}

function chainInput(said: z.infer<typeof chain>, height: number, newest: OrderBatch | undefined, nowUs: number): Input {
  const batch = { ...unstamped, batchId: newest?.batchId ?? 0, txHash: 'AB' };
  if (said === 'block') return { ...unstamped, kind: 'block', height, chainTimeUs: 0 };
  if (typeof said === 'object' && 'blockOfAgeMs' in said) {
    return { ...unstamped, kind: 'block', height, chainTimeUs: nowUs - said.blockOfAgeMs * 1_000 };
  }
  if (said === 'commit') {
    const orderIds = (newest?.places ?? []).map((_, i) => `${batch.batchId}-${i}`);
    return { ...batch, kind: 'batchCommitted', height: height + 1, orderIds };
  }
  if ('refuse' in said) return { ...batch, kind: 'batchRefused', code: 13, codespace: 'sdk', reason: said.refuse };
  const { fill: orderId, side, lots, tick } = said;
  const settlement = { market: MARKET, orderId, side, lots, microTicks: tick * 1_000_000, liquidity: 'maker' } as const;
  return { ...unstamped, ...settlement, kind: 'settlement', height, settlementId: `${orderId}/${lots}` };
}

function told(batch: OrderBatch): string {
  const cancels = batch.cancels.map(({ tick }) => `-${tick}`);
  const places = batch.places.map(({ side, tick }) => `+${side} ${tick}`);
  return [...cancels, ...places].join(', ');
}

function wished({ bids, asks, reason }: Quote): string {
  return bids.length + asks.length === 0 ? `none: ${reason}` : `${bids[0] ?? 'none'} / ${asks[0] ?? 'none'}`;
}

/** How a market is guarded: what it may do, how much wider, and without what. */
function guarded({ stance, widen, prediction, breakers }: Guarded): string {
  const more = [widen > 1 ? `${widen} times as wide` : '', prediction ? '' : 'without predictions', breakers.join(' ')];
  return [stance, ...more].filter((one) => one !== '').join(', ');
}

/** The settings of the pipeline's marbles: every breaker sits still unless a marble wants it to move. */
const parameters = z.strictObject({
  staleAfterMs: z.number().default(1_000),
  maxPositionUsdc: z.number().default(2_000),
  maxDrawdownUsdc: z.number().default(1_000),
  disconnectedAfterMs: z.number().default(0),
  latencyHighMs: z.number().default(60_000),
  extremeFloorBps: z.number().default(5_000),
  extremeStopBps: z.number().default(10_000),
  recoverMs: z.number().default(1_000),
  sigmaBps: z.number().default(0.1),
});

/** What models say is taken, and nothing more: none is watched. */
const WATCHED: PredictionsParameters = {
  accuracyPredictions: 100,
  adwinDelta: 0.002,
  everyUs: 200_000,
  inputTripPct: 20,
  inputClearPct: 10,
  insightMaxShift: 0,
  insightValidMs: 0,
};

function settings(drawn: z.infer<typeof parameters>): AccountSettings {
  const { staleAfterMs, maxPositionUsdc, disconnectedAfterMs, latencyHighMs, recoverMs } = drawn;
  const { extremeFloorBps, extremeStopBps, maxDrawdownUsdc, sigmaBps } = drawn;
  const account = accountOf(MARKET);
  const markets = account.markets.map((market) => ({
    ...market,
    market: { ...market.market, venue: 'binance-spot' as const },
    sampling: { ...market.sampling, staleAfterMs },
    fairValue: { ...market.fairValue, sigmaFloorBps: sigmaBps },
    predictions: WATCHED,
    risk: { ...market.risk, maxPositionUsdc },
    guard: {
      ...market.guard,
      extremeFloorBps,
      extremeStopBps,
      extremeWindowMs: recoverMs,
      extremeRecoverMs: recoverMs,
    },
  }));
  const latency = { latencyHighMs, latencyLowMs: latencyHighMs / 2, latencyRecoverMs: recoverMs };
  const conditions = { ...account.conditions, disconnectedAfterMs, ...latency };
  return { ...account, markets, conditions, trading: { ...account.trading, maxDrawdownUsdc } };
}

const pipelineSubject = subject({
  about: 'streams/pipeline.ts: one market, 5 Hz, one lot of about 100 USDC a side',
  parameters,
  inputs: { feed, chain, commands: command, reports: report, models: model },
  outputs: ['samples', 'guarded', 'quotes', 'limits', 'batches', 'resyncs', 'positions', 'rejects', 'states', 'alerts'],
  wire: (drawn, { clock, inputs }) => {
    let newest: OrderBatch | undefined;
    let height = 0;
    let seq = 0;
    const inputs$: Observable<Input> = merge(
      inputs.of('feed').pipe(map(feedInput)),
      inputs.of('chain').pipe(
        map((said) => {
          if (said === 'block' || (typeof said === 'object' && 'blockOfAgeMs' in said)) height += 1;
          return chainInput(said, height, newest, clock.nowUs());
        }),
      ),
      inputs.of('commands').pipe(map(commandInput)),
      inputs.of('reports').pipe(map(reportInput)),
      inputs.of('models').pipe(map(modelInput)),
    ).pipe(
      map((input) => {
        seq += LANES;
        return { ...input, seq, timeUs: clock.nowUs() };
      }),
    );
    const kernel = new Kernel({ clock, random: () => 0.5 });
    const decisions$ = pipeline(kernel, inputs$, settings(drawn)).pipe(
      tap((decision) => {
        if (decision.kind === 'orderBatch') newest = decision;
      }),
      share(),
    );
    const of = <K extends Decision['kind']>(kind: K) =>
      decisions$.pipe(filter((one): one is Extract<Decision, { kind: K }> => one.kind === kind));
    return {
      samples: of('sample').pipe(map(({ quality }) => quality)),
      quotes: of('quote').pipe(map(wished)),
      limits: of('approved').pipe(
        filter(({ limits }) => limits.length > 0),
        map(({ limits }) => limits.join(' ')),
      ),
      batches: of('orderBatch').pipe(map(told)),
      resyncs: of('resync').pipe(map(({ reason }) => reason)),
      positions: of('position').pipe(map(({ lots }) => lots)),
      rejects: of('reject').pipe(map(({ reason }) => reason)),
      guarded: of('guarded').pipe(map(guarded)),
      states: of('tradingState').pipe(map(({ state, cause }) => `${state}: ${cause}`)),
      alerts: of('alert').pipe(map(({ severity, code, status }) => `${severity}: ${code} ${status}`)),
    };
  },
});

/** The whole market maker for one market. */
export const pipelineSubjects = { pipeline: pipelineSubject };
