import { map, merge, Observable, Subject as RxSubject } from 'rxjs';
import { z } from 'zod';
import type { Self } from '../streams/actor/actor.ts';
import { Kernel } from '../streams/actor/kernel.ts';
import type { Mailbox } from '../streams/actor/mailbox.ts';
import type { Reducer } from '../streams/actor/reducer.ts';
import type { Failure, Supervision } from '../streams/actor/supervision.ts';
import type { Clock } from '../streams/clock/clock.ts';
import { subject } from './subject.ts';

const MICROS_PER_MS = 1_000;

const mailbox = z.strictObject({
  capacity: z.number(),
  overflow: z.enum(['dropHead', 'dropTail', 'dropNew', 'dropBuffer', 'fail', 'conflate']),
});

const supervision = z.discriminatedUnion('directive', [
  z.strictObject({ directive: z.literal('resume') }),
  z.strictObject({ directive: z.literal('stop') }),
  z.strictObject({ directive: z.literal('escalate') }),
  z.strictObject({
    directive: z.literal('restart'),
    minBackoffMs: z.number(),
    maxBackoffMs: z.number(),
    randomFactor: z.number(),
    maxRestarts: z.number(),
    maxRestartsWithinMs: z.number(),
  }),
]);

/** A message: `a1` is of key `a`; `x` makes the behavior fail. */
const message = z.string().min(1).max(8);

const ROOMY: z.infer<typeof mailbox> = { capacity: 16, overflow: 'fail' };

function mailboxOf({ capacity, overflow }: z.infer<typeof mailbox>): Mailbox<string> {
  if (overflow !== 'conflate') return { capacity, overflow };
  return { capacity, overflow, key: (one) => one.charAt(0), fold: (_, arriving) => arriving };
}

/** Passes messages on; with `counts` a running number instead, so that it shows whether the state was kept. */
function passing(counts: boolean): Reducer<{ count: number }, string, string> {
  return {
    initial: () => ({ count: 0 }),
    step: (state, one, turn) => {
      if (one.startsWith('x')) throw new Error(`${one} failed`);
      state.count += 1;
      turn.emit(counts ? String(state.count) : one);
    },
    encode: (state) => ({ ...state }),
    decode: (plain) => ({ ...(plain as { count: number }) }),
  };
}

/** Keeps the actor busy with a message for a time, as inference or a transaction would. */
function served(self: Self, clock: Clock, serviceMs: number, inbox: Observable<string>): Observable<string> {
  if (serviceMs === 0) return inbox;
  return new Observable((subscriber) => {
    let cancel: (() => void) | undefined;
    subscriber.add(() => cancel?.());
    subscriber.add(
      inbox.subscribe({
        next: (one) => {
          self.hold();
          cancel = clock.at(clock.nowUs() + serviceMs * MICROS_PER_MS, () => {
            subscriber.next(one);
            self.release();
          });
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
  });
}

function decisionOf({ message: one, decision }: Failure): string {
  return `${String(one)} ${decision}`;
}

const actorSubject = subject({
  about: 'streams/actor/actor.ts, mailbox.ts, supervision.ts',
  parameters: z.strictObject({
    mailbox: mailbox.default(ROOMY),
    supervision: supervision.default({ directive: 'escalate' }),
    serviceMs: z.number().default(0),
    counts: z.boolean().default(false),
    random: z.number().default(0),
    farewell: z.boolean().default(false),
  }),
  inputs: { messages: message },
  outputs: ['out', 'failures'],
  wire: ({ mailbox: box, supervision: directive, serviceMs, counts, random, farewell }, { clock, inputs }) => {
    const failures = new RxSubject<string>();
    const onFailure = (failure: Failure): void => failures.next(decisionOf(failure));
    const kernel = new Kernel({ clock, random: () => random, onFailure });
    const out = kernel
      .entry('inputs', inputs.of('messages'), () => 'all')
      .on('all')
      .pipe(
        kernel.actor<string, string>({
          name: 'actor',
          mailbox: mailboxOf(box),
          supervision: directive as Supervision,
          behavior: (inbox, self) => served(self, kernel.clock, serviceMs, inbox).pipe(self.reduce(passing(counts))),
          ...(farewell ? { farewell: () => 'farewell' } : {}),
        }),
      );
    return { out, failures };
  },
});

const marketsSubject = subject({
  about: 'streams/actor/kernel.ts: one actor a market behind one entry',
  parameters: z.strictObject({ supervision }),
  inputs: { messages: message },
  outputs: ['A', 'B'],
  wire: ({ supervision: directive }, { clock, inputs }) => {
    const kernel = new Kernel({ clock, random: () => 0 });
    // The market is the last character, so that `xA` fails in A.
    const entry = kernel.entry('inputs', inputs.of('messages'), (one) => one.slice(-1));
    const market = (symbol: string): Observable<string> =>
      entry.on(symbol).pipe(
        kernel.scope(symbol).actor<string, string>({
          name: 'market',
          mailbox: mailboxOf(ROOMY),
          supervision: directive as Supervision,
          behavior: (inbox, self) => inbox.pipe(self.reduce(passing(true))),
        }),
      );
    return { A: market('A'), B: market('B') };
  },
});

const loopSubject = subject({
  about: 'streams/actor/kernel.ts: the one queue of the feedback edge',
  parameters: z.strictObject({}),
  inputs: { messages: message },
  outputs: ['order'],
  wire: (_, { clock, inputs }) => {
    const kernel = new Kernel({ clock, random: () => 0 });
    const entry = kernel.entry('inputs', inputs.of('messages'), () => 'all');
    const loop = kernel.loop('fed back', (_one: string): _one is string => true);
    const told = (who: string) => map((one: string) => `${who} ${one}`);
    // Both see the input before either sees what the first one fed back.
    return {
      order: merge(
        loop.events$.pipe(told('fed back')),
        entry.on('all').pipe(loop.close, told('first')),
        entry.on('all').pipe(told('second')),
      ),
    };
  },
});

/** The kernel: an actor with any mailbox and supervision, two markets side by side, and the feedback loop. */
export const kernelSubjects = { actor: actorSubject, markets: marketsSubject, loop: loopSubject };
