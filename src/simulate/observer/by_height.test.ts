import { expect, test } from 'vitest';
import { ByHeight } from './by_height.ts';

test('what was so after a block is known for as many blocks as are kept, and not after', () => {
  const lots = new ByHeight<number>(3);
  for (let height = 7; height <= 12; height += 1) lots.set(height, 10 * height);
  expect([9, 10, 11, 12, 13].map((height) => lots.get(height))).toEqual([undefined, 100, 110, 120, undefined]);
});
