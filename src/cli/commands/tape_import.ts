import { ProgressBar } from '../../backtest/progress.ts';
import { CommandError } from '../../exit/command_error.ts';
import { type ImportReport, importTape } from '../../tape/import.ts';
import type { Finding } from '../../tape/problems.ts';
import { FORMATS, type Format } from '../../tape/sources/row_source.ts';
import { grouped } from '../../terminal/figures.ts';
import type { TapeAction, TapeContext } from './tape_options.ts';

/** `flashmm tape import` */
export const importAction: TapeAction = {
  options: ['out', 'from', 'symbol', 'venue', 'tick', 'lot', 'repair', 'force'],
  single: false,
  hint: 'docs/tapes.md says what is imported.',
  async run(files, context) {
    const { out, symbol, venue, tick, lot, repair, force } = context.options;
    if (out === undefined) throw new CommandError('usage', '--out FILE is required: where to write the tape');
    const startedMs = performance.now();
    let bar: ProgressBar | undefined;
    try {
      const report = await importTape(files, out, {
        from: formatOf(context.options.from),
        symbol,
        venue,
        tickSize: tick,
        lotSize: lot,
        repair: repair === true,
        force,
        onProgress: ({ bytesRead, bytesTotal }) => {
          context.signal.throwIfAborted();
          bar ??= new ProgressBar(context.stderr, bytesTotal);
          bar.show(bytesRead, 'importing');
        },
      });
      const seconds = (performance.now() - startedMs) / 1_000;
      bar?.clear();
      if (context.json) context.printJson(jsonOf(files, out, report, seconds));
      else printText(out, report, seconds, context);
    } finally {
      bar?.clear();
    }
    return undefined;
  },
};

function formatOf(text: string | undefined): Format | undefined {
  const format = FORMATS.find((one) => one === text);
  if (text !== undefined && format === undefined) {
    throw new CommandError('usage', `--from ${text}: expected one of ${FORMATS.join(', ')}`);
  }
  return format;
}

function jsonOf(files: readonly string[], out: string, report: ImportReport, seconds: number): unknown {
  const { format, market, rows, bytes, problems } = report;
  const plain = (findings: ReadonlyMap<string, Finding>): unknown => Object.fromEntries(findings);
  return {
    tape: out,
    files,
    format,
    market: market.symbol,
    venue: market.venue,
    tick_size: market.tickSize,
    lot_size: market.lotSize,
    rows,
    bytes,
    repaired: plain(problems.found),
    notes: plain(problems.notes),
    seconds,
    rss_max_mb: Math.round(process.resourceUsage().maxRSS / 102.4) / 10,
  };
}

function printText(out: string, report: ImportReport, seconds: number, context: TapeContext): void {
  const { format, market, rows, bytes, problems } = report;
  const { symbol, venue, tickSize, lotSize } = market;
  const rate = grouped(rows / seconds);
  context.print(
    `${out}: ${grouped(rows)} rows of ${symbol} (${venue}) from ${format}, tick ${tickSize}, lot ${lotSize}`,
  );
  context.print(`${(bytes / 1e6).toFixed(1)} MB in ${seconds.toFixed(1)} s, ${rate} rows/s`);
  for (const [heading, findings] of [
    ['repaired', problems.found],
    ['note', problems.notes],
  ] as const) {
    for (const [what, { count, examples }] of findings) {
      context.print(`${heading}: ${what}, ${grouped(count)} times`);
      for (const example of examples) context.print(`  ${example}`);
    }
  }
}
