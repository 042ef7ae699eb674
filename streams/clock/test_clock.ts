import type { TestScheduler } from 'rxjs/testing';
import { type Clock, MICROS_PER_MS } from './clock.ts';

/** RxJS's TestScheduler behind the {@link Clock} interface, so that marbles drive the same operators as live inputs. */
export function testClock(scheduler: TestScheduler): Clock {
  const nowUs = (): number => Math.round(scheduler.now() * MICROS_PER_MS);
  return {
    nowUs,
    now: () => scheduler.now(),
    schedule: scheduler.schedule.bind(scheduler) as Clock['schedule'],
    at: (dueUs, work) => {
      const subscription = scheduler.schedule(() => work(), Math.max(0, (dueUs - nowUs()) / MICROS_PER_MS));
      return () => subscription.unsubscribe();
    },
  };
}
