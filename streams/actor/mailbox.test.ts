import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Mailbox, MailboxOverflowError, messageQueue } from './mailbox.ts';

/** Offers (a number) and takes (`null`). */
const traffic = fc.array(
  fc.oneof({ weight: 3, arbitrary: fc.nat(1_000) }, { weight: 2, arbitrary: fc.constant(null) }),
  {
    maxLength: 200,
  },
);
const capacity = fc.integer({ min: 1, max: 12 });

/** What each policy leaves of a full queue and one message more, from its definition. */
const FULL: Record<
  'dropHead' | 'dropTail' | 'dropNew' | 'dropBuffer',
  (waiting: number[], arriving: number) => number[]
> = {
  dropHead: (waiting, arriving) => [...waiting.slice(1), arriving],
  dropTail: (waiting, arriving) => [...waiting.slice(0, -1), arriving],
  dropNew: (waiting) => waiting,
  dropBuffer: (_waiting, arriving) => [arriving],
};

describe('a mailbox', () => {
  it.each(Object.keys(FULL) as (keyof typeof FULL)[])(
    '%s: keeps order, its bound, and count of what it drops',
    (overflow) => {
      fc.assert(
        fc.property(capacity, traffic, (most, all) => {
          const queue = messageQueue<number>({ capacity: most, overflow });
          let model: number[] = [];
          let [offered, taken, dropped] = [0, 0, 0];
          for (const message of all) {
            if (message === null) {
              const got = queue.take();
              expect(got).toBe(model.shift());
              if (got !== undefined) taken += 1;
            } else {
              offered += 1;
              dropped += queue.offer(message);
              model = model.length < most ? [...model, message] : FULL[overflow](model, message);
            }
            expect(queue.depth).toBe(model.length);
            expect(queue.depth).toBeLessThanOrEqual(most);
            expect(offered).toBe(taken + dropped + queue.depth);
          }
        }),
      );
    },
  );

  it('fail: loses nothing and refuses what does not fit', () => {
    fc.assert(
      fc.property(capacity, traffic, (most, all) => {
        const queue = messageQueue<number>({ capacity: most, overflow: 'fail' });
        const model: number[] = [];
        for (const message of all) {
          if (message === null) expect(queue.take()).toBe(model.shift());
          else if (model.length === most) expect(() => queue.offer(message)).toThrow(MailboxOverflowError);
          else {
            expect(queue.offer(message)).toBe(0);
            model.push(message);
          }
          expect(queue.depth).toBe(model.length);
        }
        while (model.length > 0) expect(queue.take()).toBe(model.shift());
        expect(queue.take()).toBeUndefined();
      }),
    );
  });

  it('conflate: nothing is lost but into its fold, keys come in order of first arrival, and their number is bounded', () => {
    const mailbox: Mailbox<readonly number[]> = {
      capacity: 3,
      overflow: 'conflate',
      key: ([first]) => `${first! % 5}`,
      fold: (waiting, arriving) => [...waiting, ...arriving],
    };
    fc.assert(
      fc.property(traffic, (all) => {
        const queue = messageQueue(mailbox);
        const model = new Map<number, number[]>();
        for (const message of all) {
          if (message === null) {
            const [first] = model;
            if (first !== undefined) model.delete(first[0]);
            expect(queue.take()).toEqual(first?.[1]);
          } else if (!model.has(message % 5) && model.size === 3) {
            expect(() => queue.offer([message])).toThrow(MailboxOverflowError);
          } else {
            expect(queue.offer([message])).toBe(model.has(message % 5) ? 1 : 0);
            model.set(message % 5, [...(model.get(message % 5) ?? []), message]);
          }
          expect(queue.depth).toBe(model.size);
        }
      }),
    );
  });

  it('is empty after clear, and needs a positive capacity', () => {
    for (const overflow of ['dropHead', 'fail'] as const) {
      const queue = messageQueue<number>({ capacity: 9, overflow });
      for (let i = 0; i < 9; i += 1) queue.offer(i);
      queue.clear();
      expect([queue.depth, queue.take()]).toEqual([0, undefined]);
      expect(() => messageQueue({ capacity: 0, overflow })).toThrow('mailbox capacity 0: expected a positive integer');
    }
  });
});
