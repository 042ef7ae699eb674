import { TestScheduler } from 'rxjs/testing';
import { describe, expect, test } from 'vitest';
import { where } from './where.ts';

const scheduled = (body: (helpers: Parameters<Parameters<TestScheduler['run']>[0]>[0]) => void): void =>
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(body);

describe('where', () => {
  test('passes on what the predicate holds of', () => {
    scheduled(({ cold, expectObservable }) => {
      const source = cold('-a-b-a-c-|');
      const expected = '   -a---a---|';
      expectObservable(source.pipe(where((one) => one === 'a'))).toBe(expected);
    });
  });

  test('fails with a predicate that throws, and with its source', () => {
    scheduled(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold('-a-b-a');
      const failing = source.pipe(
        where((one) => {
          if (one === 'b') throw 'error';
          return true;
        }),
      );
      expectObservable(failing).toBe('-a-#');
      expectSubscriptions(source.subscriptions).toBe('^--!');
      expectObservable(cold('-a-#').pipe(where(() => false))).toBe('---#');
    });
  });
});
