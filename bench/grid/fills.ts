import { createHash } from 'node:crypto';
import {
  byShare,
  logShare,
  logShare2,
  powerShare,
  powerShare2,
  powerShare3,
  type QueuePositionModel,
  riskAverse,
} from '../../streams/simulation/queue_position.ts';
import type { Fill } from './engine.ts';

/** The queue models of `grid.py`, by the names that it gives them. @param lotSize of the market, in its units */
export const queueModels = (lotSize: number): Readonly<Record<string, QueuePositionModel>> => ({
  riskAverse,
  'power(2)': byShare(powerShare(2)),
  'power2(2)': byShare(powerShare2(2)),
  'power3(3)': byShare(powerShare3(3)),
  log: byShare(logShare(lotSize)),
  log2: byShare(logShare2(lotSize)),
});

/** Fills as `grid.py` writes them: `time side tick`, in order of time, side and price. @param originS that of the tape */
export function fillLines(fills: readonly Fill[], originS: number): string[] {
  return fills
    .toSorted((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
    .map(([ns, side, tick]) => `${BigInt(originS) * 1_000_000_000n + BigInt(ns)} ${side} ${tick}`);
}

/** The hash of fills, as `grid.py` makes it. */
export function fillsSha256(lines: readonly string[]): string {
  return createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');
}
