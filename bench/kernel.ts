/**
 * What the kernel costs: the same three stages as a plain loop, as a bare RxJS chain, as an RxJS chain whose stages are
 * shared as actors' are, and as actors with mailboxes, supervision and probes on (latencies measured one message in 64).
 */
import { type Observable, type OperatorFunction, Subject, share } from 'rxjs';
import { filter, map, scan } from 'rxjs/operators';
import { Kernel } from '../streams/actor/kernel.ts';
import { CARRY_ON, CONTROL_MAILBOX } from '../streams/actor/policies.ts';
import { HeapClock } from '../streams/clock/heap_clock.ts';
import { type Comparison, type Contender, main } from './harness.ts';

interface Update {
  readonly bidTick: number;
  readonly bidLots: number;
  readonly askTick: number;
  readonly askLots: number;
}

interface Value {
  readonly mid: number;
  readonly spread: number;
}

interface Drift extends Value {
  readonly average: number;
}

const EVENTS = 200_000;
/** Updates to cycle through, enough to be no constant and few enough to stay in the cache. */
const UPDATES: readonly Update[] = Array.from({ length: 1_024 }, (_, i) => ({
  bidTick: 1_000 + (i % 17),
  bidLots: 1 + (i % 29),
  askTick: 1_003 + (i % 17) + (i % 3),
  askLots: 1 + (i % 31),
}));

// The stages' work, as small as a stage's gets: what is measured is what lies between.
const isOpen = (update: Update): boolean => update.askTick > update.bidTick;
const microprice = ({ bidTick, bidLots, askTick, askLots }: Update): Value => ({
  mid: (bidTick * askLots + askTick * bidLots) / (bidLots + askLots),
  spread: askTick - bidTick,
});
const smooth = (last: Drift, value: Value): Drift => ({
  mid: value.mid,
  spread: value.spread,
  average: last.average + (value.mid - last.average) / 16,
});
const START: Drift = { mid: 0, spread: 0, average: 0 };
const isQuotable = (drift: Drift): boolean => drift.spread > 0;
const quote = (drift: Drift): number => drift.average - drift.spread / 2;

const market: OperatorFunction<Update, Value> = (source) => source.pipe(filter(isOpen), map(microprice));
const fairValue: OperatorFunction<Value, Drift> = (source) => source.pipe(scan(smooth, START));
const quotes: OperatorFunction<Drift, number> = (source) => source.pipe(filter(isQuotable), map(quote));

function loop(events: number): number {
  let sum = 0;
  let drift = START;
  for (let i = 0; i < events; i += 1) {
    const update = UPDATES[i % UPDATES.length]!;
    if (!isOpen(update)) continue;
    drift = smooth(drift, microprice(update));
    if (isQuotable(drift)) sum += quote(drift);
  }
  return sum;
}

/** Drives a chain once with the updates and sums what comes out. */
function drive(events: number, build: (inputs$: Observable<Update>) => Observable<number>): number {
  const inputs$ = new Subject<Update>();
  let sum = 0;
  const subscription = build(inputs$).subscribe((value) => {
    sum += value;
  });
  for (let i = 0; i < events; i += 1) inputs$.next(UPDATES[i % UPDATES.length]!);
  subscription.unsubscribe();
  return sum;
}

function actors(inputs$: Observable<Update>): Observable<number> {
  const stopwatchUs = (): number => performance.now() * 1_000;
  const kernel = new Kernel({ clock: new HeapClock(0), random: () => 0, stopwatchUs });
  const policy = { mailbox: CONTROL_MAILBOX, supervision: CARRY_ON };
  return kernel
    .entry('inputs', inputs$, () => 'market')
    .on('market')
    .pipe(
      kernel.actor({ name: 'market', behavior: market, ...policy }),
      kernel.actor({ name: 'fairValue', behavior: fairValue, ...policy }),
      kernel.actor({ name: 'quotes', behavior: quotes, ...policy }),
    );
}

const CONTENDERS: readonly Contender[] = [
  { name: 'plain loop', run: loop },
  { name: 'bare RxJS', run: (events) => drive(events, (inputs$) => inputs$.pipe(market, fairValue, quotes)) },
  {
    name: 'RxJS, each stage shared',
    run: (events) => drive(events, (inputs$) => inputs$.pipe(market, share(), fairValue, share(), quotes, share())),
  },
  { name: 'actors', run: (events) => drive(events, actors) },
];

/** The kernel against its peers. */
export const KERNEL: Comparison = {
  name: 'kernel, three stages',
  contenders: CONTENDERS,
  peer: 'bare RxJS',
  events: EVENTS,
  subject: 'actors',
  ratioMax: 1.5,
};

if (import.meta.main) main([KERNEL]);
