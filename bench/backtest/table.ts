import type { Measured } from './grid.ts';

type Result = Measured | { readonly missing: string };

/** One tape in all engines. */
export interface Results {
  readonly name: string;
  /** A result for each round: with the rows in memory, and read from the file as it goes. */
  readonly ours: readonly Measured[];
  readonly streamed: readonly Measured[];
  readonly hftbacktest: readonly Result[];
  readonly nautilus: Result;
  /** Lines `time side tick lots` of both engines. */
  readonly fills: { readonly ours: string; readonly theirs: string } | undefined;
}

/** One engine on one tape, over all rounds. */
export interface EngineFigures {
  readonly engine: string;
  readonly version: string;
  readonly rows: number;
  /** Median of the warm runs, seconds: the processor's and the clock's. */
  readonly cpu_s: number;
  readonly wall_s: number;
  /** Rows over `cpu_s`. */
  readonly rows_per_second: number;
  readonly load_s: number;
  readonly first_run_s: number;
  /** What was run before the clock counted, the first run included. */
  readonly warm_up_s: number;
  readonly rss_mb: number;
  readonly fills: number;
  readonly position: number;
  readonly pnl: number;
}

/** What the benchmark says of a tape. A ratio is null where the peer is missing, and so are differences. */
export interface Compared {
  readonly tape: string;
  readonly engines: readonly (EngineFigures | { readonly engine: string; readonly missing: string })[];
  readonly ratio_to_hftbacktest: number | null;
  readonly ratio_to_nautilus: number | null;
  /** Share of hftbacktest's memory that ours takes, the tape in memory in both. */
  readonly rss_share_of_hftbacktest: number | null;
  /** Fills that only one of the two has, by time, side, price and size. */
  readonly fill_differences: number | null;
}

/** Median; of an even number the higher of the two in the middle. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function figures(engine: string, results: readonly Result[]): EngineFigures | { engine: string; missing: string } {
  const absent = results.find((result) => 'missing' in result);
  if (absent !== undefined) return { engine, missing: absent.missing };
  const all = results as readonly Measured[];
  const { version, rows, fills, position, pnl } = all[0]!;
  const cpuS = median(all.flatMap(({ cpu_s }) => cpu_s));
  return {
    engine,
    version,
    rows,
    cpu_s: cpuS,
    wall_s: median(all.flatMap(({ wall_s }) => wall_s)),
    rows_per_second: Math.round(rows / cpuS),
    load_s: median(all.map(({ load_s }) => load_s)),
    first_run_s: median(all.map(({ first_wall_s }) => first_wall_s)),
    warm_up_s: median(all.map(({ warm_up_s }) => warm_up_s)),
    rss_mb: Math.round(median(all.map(({ rss_mb }) => rss_mb))),
    fills,
    position,
    pnl,
  };
}

/** Puts the results of a tape together. */
export function compare({ name, ours, streamed, hftbacktest, nautilus, fills }: Results): Compared {
  const flashmm = figures('flashmm', ours) as EngineFigures;
  const read = figures('flashmm, from the file', streamed) as EngineFigures;
  const [hft, naut] = [figures('hftbacktest', hftbacktest), figures('nautilus_trader', [nautilus])];
  const ratio = (peer: typeof hft): number | null =>
    'missing' in peer ? null : flashmm.rows_per_second / peer.rows_per_second;
  return {
    tape: name,
    engines: [flashmm, read, hft, naut],
    ratio_to_hftbacktest: ratio(hft),
    ratio_to_nautilus: ratio(naut),
    rss_share_of_hftbacktest: 'missing' in hft ? null : flashmm.rss_mb / hft.rss_mb,
    fill_differences: fills === undefined ? null : differences(fills.ours, fills.theirs),
  };
}

/** The worst of all tapes, and the sum of all differences; null where a peer is missing. */
export function overall(
  all: readonly Compared[],
): Pick<Compared, 'ratio_to_hftbacktest' | 'ratio_to_nautilus' | 'rss_share_of_hftbacktest' | 'fill_differences'> {
  const of = (values: readonly (number | null)[], pick: (numbers: readonly number[]) => number): number | null =>
    values.some((value) => value === null) ? null : pick(values as readonly number[]);
  const least = (numbers: readonly number[]): number => Math.min(...numbers);
  return {
    ratio_to_hftbacktest: of(
      all.map((one) => one.ratio_to_hftbacktest),
      least,
    ),
    ratio_to_nautilus: of(
      all.map((one) => one.ratio_to_nautilus),
      least,
    ),
    rss_share_of_hftbacktest: of(
      all.map((one) => one.rss_share_of_hftbacktest),
      (shares) => Math.max(...shares),
    ),
    fill_differences: of(
      all.map((one) => one.fill_differences),
      (counts) => counts.reduce((sum, n) => sum + n, 0),
    ),
  };
}

/** Lines that one text has more often than the other. */
function differences(ours: string, theirs: string): number {
  const counts = new Map<string, number>();
  const add = (text: string, by: number): void => {
    for (const line of text.split('\n')) if (line !== '') counts.set(line, (counts.get(line) ?? 0) + by);
  };
  add(ours, 1);
  add(theirs, -1);
  return [...counts.values()].reduce((sum, count) => sum + Math.abs(count), 0);
}

/** The report that a person reads. */
export function table(all: readonly Compared[], environment: { cpu: string; cores: number; node: string }): string {
  const head = [
    '',
    'rows',
    'M rows/s',
    'CPU ms',
    'wall ms',
    'load s',
    'first s',
    'warm-up s',
    'RSS MB',
    'fills',
    'PnL',
  ];
  const lines = all.flatMap((one) => [
    '',
    one.tape,
    head.map(column).join(''),
    ...one.engines.map((engine) =>
      'missing' in engine ? `  ${engine.engine}: not here (${engine.missing})` : row(engine),
    ),
    `  to hftbacktest ${times(one.ratio_to_hftbacktest)}, to NautilusTrader ${times(one.ratio_to_nautilus)}, fill differences ${one.fill_differences ?? 'not compared'}, memory ${share(one.rss_share_of_hftbacktest)} of hftbacktest's`,
  ]);
  const { cpu, cores, node } = environment;
  return [
    `${cores} cores of ${cpu}, Node ${node}; medians of warm runs; rows a second of processor time; loading, compiling and warming up apart`,
    ...lines,
  ].join('\n');
}

function row(one: EngineFigures): string {
  return [
    `  ${one.engine} ${one.version}`,
    one.rows.toLocaleString('en'),
    (one.rows_per_second / 1e6).toFixed(one.rows_per_second < 1e6 ? 3 : 1),
    (one.cpu_s * 1e3).toFixed(0),
    (one.wall_s * 1e3).toFixed(0),
    one.load_s.toFixed(2),
    one.first_run_s.toFixed(2),
    one.warm_up_s.toFixed(2),
    one.rss_mb.toFixed(0),
    String(one.fills),
    one.pnl.toFixed(2),
  ]
    .map(column)
    .join('');
}

function column(text: string, at: number): string {
  return at === 0 ? text.padEnd(38) : text.padStart(10);
}

function times(ratio: number | null): string {
  return ratio === null ? 'not compared' : `${ratio.toFixed(ratio < 10 ? 2 : 0)} ×`;
}

function share(part: number | null): string {
  return part === null ? 'not compared' : `${(part * 100).toFixed(0)} %`;
}
