import { MICROS_PER_SECOND } from '../clock/clock.ts';
import type { Equity } from '../fills/types.ts';

const DAY_US = 86_400 * MICROS_PER_SECOND;

/** From where losses are counted. An operator who clears a halt moves it to where the account stands then. */
export interface LossBaseline {
  /** The day of `dailyPnlUsdc`, days since the epoch; -1 before the first look. */
  readonly day: number;
  /** The day's profit that its losses are counted from: 0, or what it was when a halt for the day's loss was cleared. */
  readonly dailyPnlUsdc: number;
  /** The highest profit since the beginning, or since a halt for drawdown was cleared; null before the first look. */
  readonly peakUsdc: number | null;
  /** The account's peak when a halt for drawdown was cleared: until there is a higher one it counts no more. */
  readonly excusedPeakUsdc: number | null;
}

/** A baseline of nothing seen yet. */
export const NO_LOSSES: LossBaseline = { day: -1, dailyPnlUsdc: 0, peakUsdc: null, excusedPeakUsdc: null };

/** What was lost today and since the peak, USDC, positive. */
export interface Losses {
  readonly dailyUsdc: number;
  readonly drawdownUsdc: number;
}

/** The baseline once the account's figures are known: another day counts from zero, a new peak from itself. */
export function countedFrom(baseline: LossBaseline, equity: Equity): LossBaseline {
  const day = Math.floor(equity.timeUs / DAY_US);
  const dailyPnlUsdc = day === baseline.day ? baseline.dailyPnlUsdc : 0;
  const { excusedPeakUsdc } = baseline;
  const since = Math.max(baseline.peakUsdc ?? equity.totalPnlUsdc, equity.totalPnlUsdc);
  const excused = excusedPeakUsdc !== null && equity.peakUsdc <= excusedPeakUsdc;
  return { day, dailyPnlUsdc, peakUsdc: excused ? since : Math.max(since, equity.peakUsdc), excusedPeakUsdc };
}

/** The baseline once an operator has cleared the halt for the day's loss: it is counted from here. */
export function dailyExcused(baseline: LossBaseline, { dailyPnlUsdc }: Equity): LossBaseline {
  return { ...baseline, dailyPnlUsdc };
}

/** The baseline once an operator has cleared the halt for drawdown: it is counted from here. */
export function drawdownExcused(baseline: LossBaseline, { totalPnlUsdc, peakUsdc }: Equity): LossBaseline {
  return { ...baseline, peakUsdc: totalPnlUsdc, excusedPeakUsdc: peakUsdc };
}

/** The losses of the account against a baseline of the same figures. */
export function lossesOf(baseline: LossBaseline, { dailyPnlUsdc, totalPnlUsdc }: Equity): Losses {
  return {
    dailyUsdc: Math.max(0, baseline.dailyPnlUsdc - dailyPnlUsdc),
    drawdownUsdc: Math.max(0, (baseline.peakUsdc ?? totalPnlUsdc) - totalPnlUsdc),
  };
}
