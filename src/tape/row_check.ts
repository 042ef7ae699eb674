import type { TapeBatch } from './reader.ts';
import { FLAG, KIND, KIND_NAMES, SIDE, timeText, WHOLE_SIDE } from './rows.ts';

const NANOS_PER_S = 1e9;

/** By kind and side: whether there are rows of them. */
const KNOWN = new Uint8Array(256 * 4);
for (const kind of KIND_NAMES.keys()) {
  for (const side of Object.values(SIDE)) {
    const level = kind === KIND.level || kind === KIND.snapshotLevel;
    if (!level || side !== SIDE.none) KNOWN[kind * 4 + (side & 3)] = 1;
  }
}

/**
 * Looks for the first row of a batch that no import writes: of an unknown kind, without a side, with a size that is no integer from 0, a
 * price below 0, or received before the one above. For readers who trade on the rows; `checkTape` finds all of them.
 *
 * @param lastNs receive time of the row above the batch, -∞ where there is none
 * @returns the last receive time; or where and why, with the row counted within the batch
 */
export function wrongRow(batch: TapeBatch, lastNs: number, originS: number): number | { at: number; reason: string } {
  const endNs = lastReceived(batch, lastNs);
  if (wellFormed(batch) && !Number.isNaN(endNs)) return endNs;
  // Something is wrong: now for where.
  for (let at = 0; at < batch.length; at += 1) {
    const reason = reasonOf(batch, at, lastNs, originS);
    if (reason !== undefined) return { at, reason };
    if ((batch.flags[at]! & FLAG.local) !== 0) lastNs = batch.receiveNs[at]!;
  }
  return endNs;
}

/** One pass a column: a loop over one array runs several times as fast as one that looks at all. */
function wellFormed({ length, kind, side, tick, lots }: TapeBatch): boolean {
  let known = 1;
  for (let at = 0; at < length; at += 1) known &= KNOWN[(kind[at]! << 2) | (side[at]! & 3)]!;
  let below = 0;
  for (let at = 0; at < length; at += 1) below |= tick[at]! < 0 && tick[at] !== WHOLE_SIDE ? 1 : 0;
  let odd = 0;
  for (let at = 0; at < length; at += 1) {
    const size = lots[at]!;
    // False for what is no number, too.
    odd |= size >= 0 && size <= Number.MAX_SAFE_INTEGER && Math.floor(size) === size ? 0 : 1;
  }
  return known === 1 && below === 0 && odd === 0;
}

/** The receive time of the last row that we see; not a number where one goes back. */
function lastReceived({ length, flags, receiveNs }: TapeBatch, lastNs: number): number {
  let fell = false;
  for (let at = 0; at < length; at += 1) {
    if ((flags[at]! & FLAG.local) === 0) continue;
    const ns = receiveNs[at]!;
    if (!(ns >= lastNs)) fell = true;
    lastNs = ns;
  }
  return fell ? Number.NaN : lastNs;
}

function reasonOf(
  { kind, side, flags, tick, lots, receiveNs }: TapeBatch,
  at: number,
  lastNs: number,
  originS: number,
): string | undefined {
  const size = lots[at]!;
  if (!KIND_NAMES.has(kind[at]!))
    return `malformed: kind ${kind[at]}: expected one of ${[...KIND_NAMES.keys()].join(', ')}`;
  if (KNOWN[kind[at]! * 4 + (side[at]! & 3)] === 0) return `malformed: side ${side[at]} of a level: expected 1 or -1`;
  if (!Number.isSafeInteger(size) || size < 0) return `malformed: size of ${size} lots: expected an integer from 0`;
  if (tick[at]! < 0 && tick[at] !== WHOLE_SIDE) return `malformed: price of ${tick[at]} ticks: expected from 0`;
  const ns = receiveNs[at]!;
  if ((flags[at]! & FLAG.local) === 0 || ns >= lastNs) return undefined;
  if (Number.isNaN(ns)) return 'malformed: no receive time';
  return `unsorted: received at ${textOf(originS, ns)}, before ${textOf(originS, lastNs)} of the row above`;
}

function textOf(originS: number, ns: number): string {
  const s = Math.floor(ns / NANOS_PER_S);
  return timeText(originS + s, ns - s * NANOS_PER_S);
}
