import fc from 'fast-check';
import { take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { type Paced, type PullAnswer, type PullPort, pacedPull, pullFrom } from './paced_pull.ts';

/** A port that is answered by hand, as a disk or a broker would. */
class HandPort implements PullPort<number> {
  asked: PullAnswer<number> | undefined;
  committed = 0;
  closed = 0;

  pull(answer: PullAnswer<number>): void {
    expect(this.asked).toBeUndefined();
    this.asked = answer;
  }

  answer(how: (answer: PullAnswer<number>) => void): void {
    const asked = this.asked!;
    this.asked = undefined;
    how(asked);
  }

  commit(count: number): void {
    expect(count).toBeGreaterThan(this.committed);
    this.committed = count;
  }

  close(): void {
    this.closed += 1;
  }
}

function setUp(maxUnacknowledged: number) {
  const port = new HandPort();
  const out: Paced<number>[] = [];
  const ends: unknown[] = [];
  const subscription = pacedPull({ open: () => port, maxUnacknowledged }).subscribe({
    next: (item) => out.push(item),
    error: (error: unknown) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  return { port, out, ends, subscription };
}

describe('pacedPull', () => {
  it('gives every item once and in order, never more ahead than it may, whatever the order of acknowledgements', () => {
    const script = fc.array(fc.oneof(fc.constant('answer' as const), fc.nat({ max: 8 })), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), script, (most, steps) => {
        const { port, out } = setUp(most);
        const acknowledged = new Set<number>();
        for (const step of steps) {
          if (step === 'answer') {
            if (port.asked !== undefined) port.answer((answer) => answer.item(out.length));
          } else if (out.length > 0) {
            const index = Math.max(0, out.length - 1 - step);
            out[index]!.acknowledge();
            acknowledged.add(index);
          }
          let done = 0;
          while (acknowledged.has(done)) done += 1;
          expect(port.committed).toBe(done);
          expect(out.length - done).toBeLessThanOrEqual(most);
          // It neither waits without reason nor asks without room.
          expect(port.asked !== undefined).toBe(out.length - done < most);
          expect(out.map(({ value }) => value)).toEqual(out.map((_, i) => i));
        }
      }),
    );
  });

  it('completes when the port has ended and all is acknowledged, then closes it once', () => {
    const { port, out, ends } = setUp(4);
    port.answer((answer) => answer.item(1));
    port.answer((answer) => answer.end());
    expect([ends, port.closed]).toEqual([[], 0]);
    out[0]!.acknowledge();
    expect([ends, port.closed, port.committed]).toEqual([['complete'], 1, 1]);
  });

  it('stops on unsubscription: an answer that comes later is ignored, and so is an acknowledgement', () => {
    const { port, out, subscription } = setUp(4);
    port.answer((answer) => answer.item(1));
    const asked = port.asked!;
    subscription.unsubscribe();
    asked.item(2);
    out[0]!.acknowledge();
    expect([out.length, port.committed, port.closed]).toEqual([1, 0, 1]);
  });

  it('takes the first answer only', () => {
    const { port, out, ends } = setUp(1);
    port.answer((answer) => {
      answer.item(1);
      answer.item(2);
      answer.fail('late');
      answer.end();
    });
    out[0]!.acknowledge();
    expect([out.length, ends]).toEqual([1, []]);
  });

  it('reads a long iterator without growing the stack, and stops in its middle', () => {
    const numbers = (): PullPort<number> => pullFrom(Array.from({ length: 100_000 }, (_, i) => i).values());
    let sum = 0;
    pacedPull({ open: numbers, maxUnacknowledged: 1 }).subscribe(({ value, acknowledge }) => {
      sum += value;
      acknowledge();
    });
    expect(sum).toBe(4_999_950_000);
    let returned = 0;
    const endless: Iterator<number> = {
      next: () => ({ done: false, value: 1 }),
      return: () => {
        returned += 1;
        return { done: true, value: undefined };
      },
    };
    const seen: number[] = [];
    pacedPull({ open: () => pullFrom(endless), maxUnacknowledged: 9 })
      .pipe(take(3))
      .subscribe(({ value }) => seen.push(value));
    expect([seen.length, returned]).toEqual([3, 1]);
  });

  it.each(['open', 'pull', 'commit', 'fail'] as const)('fails when %s does', (part) => {
    const boom = (): never => {
      throw 'boom';
    };
    const port: PullPort<number> = {
      pull: (answer) => (part === 'pull' ? boom() : part === 'fail' ? answer.fail('boom') : answer.item(1)),
      commit: () => part === 'commit' && boom(),
      close: () => {},
    };
    const errors: unknown[] = [];
    pacedPull({ open: () => (part === 'open' ? boom() : port), maxUnacknowledged: 1 }).subscribe({
      next: ({ acknowledge }) => acknowledge(),
      error: (error: unknown) => errors.push(error),
    });
    expect(errors).toEqual(['boom']);
  });

  it('refuses a bound below one', () => {
    expect(() => setUp(0)).toThrow(/maxUnacknowledged 0/);
  });
});
