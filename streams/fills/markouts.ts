import { MICROS_PER_MS } from '../clock/clock.ts';
import { cashOf, type Quanta, turnoverOf, worthOf } from '../market/money.ts';
import type { Market, Side } from '../market/types.ts';
import type { Caused, Fill } from '../orders/types.ts';

/** How long after a fill its markouts are taken, milliseconds; 0 is the fill itself. */
export const HORIZONS_MS = [0, 1_000, 5_000, 30_000] as const;

/** A mark later than this after it was due says something else: five samples of the grid. */
const LATE_MOST_MS = 1_000;

/** Fills of a market that wait for a mark at most: thirty seconds of the highest rate allowed, each in several parts. */
export const PENDING_MOST = 4_096;

/**
 * What a fill was worth so long after it: lots times the way from its price to the mid, in our favour. At horizon 0 that is the
 * spread captured; what is lost of it later is adverse selection. Money in quanta, as decimal strings.
 */
export interface Markout extends Caused {
  readonly kind: 'markout';
  readonly market: string;
  readonly settlementId: string;
  readonly side: Side;
  readonly lots: number;
  /** Price of the fill and mid of the mark, millionths of a tick. */
  readonly microTicks: number;
  readonly midMicroTicks: number;
  readonly horizonMs: number;
  readonly turnoverQuanta: string;
  /** The markout at horizon 0. */
  readonly edgeQuanta: string;
  readonly profitQuanta: string;
}

/** A fill that waits for marks, plain data. */
export interface PendingMarkout {
  readonly seq: number;
  readonly timeUs: number;
  readonly settlementId: string;
  readonly side: Side;
  readonly lots: number;
  readonly microTicks: number;
  /** The mid when it was filled. */
  readonly midMicroTicks: number;
}

/** What waits and what was missed in a market, plain data: a queue and a count for each horizon after 0. */
export interface Markouts {
  readonly waiting: PendingMarkout[][];
  readonly missed: number[];
}

/** A market without fills. */
export function noMarkouts(): Markouts {
  return { waiting: HORIZONS_MS.slice(1).map(() => []), missed: HORIZONS_MS.map(() => 0) };
}

/**
 * Takes in a fill, to be compared with the marks that come. When too many wait, the oldest is given up and counted.
 *
 * @param mid the newest, and when it was; 0 before the first
 * @returns its markout at horizon 0, or undefined when no mid of its time is known
 */
export function awaitMarks(
  market: Market,
  markouts: Markouts,
  fill: Fill,
  mid: { readonly microTicks: number; readonly timeUs: number },
): Omit<Markout, keyof Caused> | undefined {
  if (mid.microTicks === 0 || fill.timeUs - mid.timeUs > LATE_MOST_MS * MICROS_PER_MS) {
    markouts.missed.forEach((count, i) => {
      markouts.missed[i] = count + 1;
    });
    return undefined;
  }
  const { seq, timeUs, settlementId, side, lots, microTicks } = fill;
  const pending = { seq, timeUs, settlementId, side, lots, microTicks, midMicroTicks: mid.microTicks };
  markouts.waiting.forEach((queue, i) => {
    queue.push(pending);
    if (queue.length <= PENDING_MOST) return;
    queue.shift();
    markouts.missed[i + 1]! += 1;
  });
  return markoutOf(market, pending, 0, mid.microTicks);
}

/** A mark: the first at or after a horizon is the fill's markout there; one that comes too late is none. */
export function takeMark(
  market: Market,
  markouts: Markouts,
  midMicroTicks: number,
  timeUs: number,
  tell: (markout: Omit<Markout, keyof Caused>, fillSeq: number) => void,
): void {
  markouts.waiting.forEach((queue, i) => {
    const horizonMs = HORIZONS_MS[i + 1]!;
    let done = 0;
    for (const pending of queue) {
      const lateUs = timeUs - pending.timeUs - horizonMs * MICROS_PER_MS;
      if (lateUs < 0) break;
      done += 1;
      if (lateUs > LATE_MOST_MS * MICROS_PER_MS) markouts.missed[i + 1]! += 1;
      else tell(markoutOf(market, pending, horizonMs, midMicroTicks), pending.seq);
    }
    if (done > 0) queue.splice(0, done);
  });
}

function markoutOf(
  market: Market,
  { settlementId, side, lots, microTicks, midMicroTicks: midThen }: PendingMarkout,
  horizonMs: number,
  midMicroTicks: number,
): Omit<Markout, keyof Caused> {
  const signed = side === 'buy' ? lots : -lots;
  const cash = cashOf(market, side, lots, microTicks);
  const made = (mid: number): Quanta => cash + worthOf(market, signed, mid);
  return {
    kind: 'markout',
    market: market.symbol,
    settlementId,
    side,
    lots,
    microTicks,
    midMicroTicks,
    horizonMs,
    turnoverQuanta: String(turnoverOf(market, lots, microTicks)),
    edgeQuanta: String(made(midThen)),
    profitQuanta: String(made(midMicroTicks)),
  };
}
