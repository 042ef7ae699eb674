import { decimalOf, scaleOf } from '../../../streams/market/units.ts';
import { ProgressBar } from '../../backtest/progress.ts';
import { infoOf, PRICE_PARTS, sparkline, type TapeInfo } from '../../tape/info.ts';
import { Tape } from '../../tape/reader.ts';
import { timeText } from '../../tape/rows.ts';
import { grouped } from '../../terminal/figures.ts';
import type { TapeAction } from './tape_options.ts';

const NANOS_PER_S = 1e9;
const NANOS_PER_MS = 1e6;

/** `flashmm tape info` */
export const infoAction: TapeAction = {
  options: [],
  single: true,
  hint: "'flashmm tape import' makes tapes.",
  async run([file = ''], context) {
    const tape = Tape.open(file);
    const bar = new ProgressBar(context.stderr, tape.rows);
    try {
      const info = infoOf(tape, (rows) => {
        context.signal.throwIfAborted();
        bar.show(rows, 'reading');
      });
      bar.clear();
      if (context.json) context.printJson(jsonOf(tape, info));
      else context.print(textOf(tape, info));
    } finally {
      bar.clear();
      tape.close();
    }
    return undefined;
  },
};

/** A time counted from the tape's origin, as text. */
function timeAt(tape: Tape, ns: number): string {
  const s = Math.floor(ns / NANOS_PER_S);
  return timeText(tape.originS + s, ns - s * NANOS_PER_S);
}

function figuresOf(tape: Tape, info: TapeInfo) {
  const { tickSize, lotSize } = tape.market;
  const spanS = (info.lastNs - info.firstNs) / NANOS_PER_S;
  return {
    spanS,
    rowsPerS: spanS > 0 ? info.rows / spanS : info.rows,
    low: decimalOf(info.lowTick, scaleOf(tickSize)),
    high: decimalOf(info.highTick, scaleOf(tickSize)),
    traded: decimalOf(info.tradedLots, scaleOf(lotSize)),
    latencyMs: Number.isNaN(info.latencyNs) ? null : info.latencyNs / NANOS_PER_MS,
  };
}

function jsonOf(tape: Tape, info: TapeInfo): unknown {
  const { market, origin } = tape;
  const { spanS, rowsPerS, low, high, traded, latencyMs } = figuresOf(tape, info);
  return {
    tape: tape.path,
    market: market.symbol,
    venue: market.venue,
    tick_size: market.tickSize,
    lot_size: market.lotSize,
    format: origin.format,
    files: origin.files,
    bytes: tape.bytes,
    batches: tape.batchCount,
    rows: info.rows,
    messages: info.messages,
    kinds: info.kinds,
    first: timeAt(tape, info.firstNs),
    last: timeAt(tape, info.lastNs),
    span_seconds: spanS,
    rows_per_second: rowsPerS,
    peak_rows_per_second: info.peakRowsPerS,
    low_price: low,
    high_price: high,
    traded_size: traded,
    latency_median_ms: latencyMs,
  };
}

function textOf(tape: Tape, info: TapeInfo): string {
  const { market, origin } = tape;
  const { spanS, rowsPerS, low, high, traded, latencyMs } = figuresOf(tape, info);
  const kinds = Object.entries(info.kinds).map(([kind, count]) => `${kind} ${grouped(count)}`);
  return [
    `${tape.path}: ${market.symbol} (${market.venue}), tick ${market.tickSize}, lot ${market.lotSize}`,
    `from      ${origin.format}: ${origin.files.join(', ')}`,
    `rows      ${grouped(info.rows)} in ${grouped(info.messages)} messages, ${(tape.bytes / 1e6).toFixed(1)} MB`,
    `kinds     ${kinds.join(', ')}`,
    `time      ${timeAt(tape, info.firstNs)} to ${timeAt(tape, info.lastNs)}, ${spanS.toFixed(1)} s`,
    `rate      ${grouped(rowsPerS)} rows/s, at most ${grouped(info.peakRowsPerS)} in a second`,
    `latency   ${latencyMs === null ? 'no event times' : `${latencyMs.toFixed(3)} ms from event to receipt, median`}`,
    `price     ${low} to ${high}, traded ${traded}`,
    `          ${info.prices.every(Number.isNaN) ? '·'.repeat(PRICE_PARTS) : sparkline(info.prices)}`,
  ].join('\n');
}
