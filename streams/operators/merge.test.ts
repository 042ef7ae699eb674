import { Observable, Subject, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import { merge } from './merge.ts';

const scheduled = (body: (helpers: Parameters<Parameters<TestScheduler['run']>[0]>[0]) => void): void =>
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(body);

describe('merge', () => {
  test('passes on what each gives, and completes with the last', () => {
    scheduled(({ cold, expectObservable }) => {
      const a = cold('   -1-----2---|  ');
      const b = cold('   ---x-----------y-|');
      const expected = ' -1-x---2-------y-|';
      expectObservable(merge(a, b)).toBe(expected);
    });
  });

  test('ends with the first error, and with it what it listens to', () => {
    scheduled(({ cold, expectObservable, expectSubscriptions }) => {
      const a = cold('   -1---2---3');
      const b = cold('   ---#');
      expectObservable(merge(a, b)).toBe('-1-#');
      expectSubscriptions(a.subscriptions).toBe('^--!');
    });
  });

  test('lets go of all sources when nobody listens any more', () => {
    const [a, b] = [new Subject<number>(), new Subject<number>()];
    const listening = merge(a, b).subscribe();
    expect([a.observed, b.observed]).toEqual([true, true]);
    listening.unsubscribe();
    expect([a.observed, b.observed]).toEqual([false, false]);
  });

  test('completes at once without sources', () => {
    scheduled(({ expectObservable }) => expectObservable(merge()).toBe('|'));
  });

  test('subscribes to nothing after a source that fails at once', () => {
    let subscribed = false;
    const second = new Observable<never>(() => {
      subscribed = true;
    });
    const errors: unknown[] = [];
    merge(
      throwError(() => new Error('first')),
      second,
    ).subscribe({ error: (error: Error) => errors.push(error.message) });
    expect(errors).toEqual(['first']);
    expect(subscribed).toBe(false);
  });
});
