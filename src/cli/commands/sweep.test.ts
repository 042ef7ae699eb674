import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, it } from 'vitest';
import { importTape } from '../../tape/import.ts';
import { runInProcess } from '../fixtures/run_in_process.ts';

const lines = gunzipSync(readFileSync(new URL('../../../tapes/spot_btcusdt_20240808.gz', import.meta.url)))
  .toString()
  .split('\n')
  .slice(0, 3_500);
const folder = mkdtempSync(join(tmpdir(), 'flashmm-sweep-'));
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
function file(name: string, content: string): string {
  writeFileSync(at(name), content);
  return at(name);
}
const long = file('long', lines.join('\n'));
const whole = file('whole', lines.slice(0, 1_500).join('\n'));

/** A sweep that goes well, as JSON. */
async function swept(...args: string[]) {
  const { code, out, err } = await runInProcess('sweep', ...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

const GRID = ['--tape', whole, '--vary', 'quotes.kappa=0.2,20', '--set', 'quotes.min_edge_bps=0'];
const first = swept(...GRID, '--out', at('one'));

/** A folder with the first sweep's results in it, changed. */
function resultsIn(name: string, change: (results: string) => string): string {
  mkdirSync(at(name));
  file(`${name}/results.jsonl`, change(readFileSync(at('one/results.jsonl'), 'utf8')));
  return at(name);
}

describe('flashmm sweep', () => {
  it('has the same table whatever the jobs', async () => {
    const one = await first;
    const two = await swept(...GRID, '--out', at('two'), '--jobs', '2');
    expect(two).toEqual({ ...one, jobs: 2, seconds: expect.any(Number), folder: at('two') });
    expect(one).toMatchObject({ points: 2, finished: 2, blocks: 1, trials: 2, objective: 'pnl_usdc' });
  });

  it('decides in each point as a backtest does, best first', async () => {
    const one = await first;
    for (const row of one.rows) {
      const setting = `quotes.kappa=${row.values['quotes.kappa']}`;
      const args = ['--tape', whole, '--models', 'off', '--set', 'quotes.min_edge_bps=0', '--set', setting, '--json'];
      const backtest = JSON.parse((await runInProcess('backtest', ...args)).out);
      expect(backtest).toMatchObject({ decisions_hash: row.decisions_hash, fills: row.fills });
      expect(row.pnl_usdc).toBe(backtest.pnl_usdc);
    }
    expect(one.rows[0].pnl_usdc).toBeGreaterThanOrEqual(one.rows[1].pnl_usdc);
    const hashes = one.rows.map((row: { decisions_hash: string }) => row.decisions_hash);
    expect(new Set(hashes).size).toBe(2);
    expect(one.rows[0].fills).toBeGreaterThan(0);
  });

  it('goes on after a torn line, and only where it was', async () => {
    const { hash } = await first;
    const torn = resultsIn('torn', (results) => results.slice(0, -30));
    const again = await runInProcess('sweep', ...GRID, '--out', torn, '--objective', 'fills');
    expect(again.code).toBe(0);
    expect(again.err).toMatch(
      /results\.jsonl: its last line was torn \(\d+ bytes\) and is dropped\n1 results are there/,
    );
    expect(again.out).toContain(`hash ${hash}`);
    expect(again.out).toContain('best by fills first');
    const all = readFileSync(at('one/results.jsonl'), 'utf8');
    expect(readFileSync(at('torn/results.jsonl'), 'utf8')).toBe(all);
    // All is there now: nothing is run, or only for the curves.
    expect((await runInProcess('sweep', ...GRID, '--out', torn)).err).toContain('2 results are there');
    expect(readFileSync(at('torn/results.jsonl'), 'utf8')).toBe(all);
  });

  it('leaves the table as Parquet, and a page that needs nothing else', async () => {
    const { rows, hash } = await first;
    const bytes = readFileSync(at('one/table.parquet'));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const table = await parquetReadObjects({ file });
    expect(table).toHaveLength(2);
    for (const row of rows) {
      const { point, pnl_usdc, fills, sharpe, decisions_hash, values } = row;
      const found = table.find((one) => one.point === point);
      expect(found).toMatchObject({ block: 0, tape: whole, pnl_usdc, fills, sharpe, decisions_hash, ...values });
    }
    const metadata = parquetMetadata(file).key_value_metadata;
    expect(metadata?.find(({ key }) => key === 'flashmm.hash')?.value).toBe(hash);
    const page = readFileSync(at('one/sweep.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<img|https?:|url\(|@import|NaN|undefined|Infinity/);
    for (const part of [
      'Sensitivity',
      'Profit',
      'Drawdown',
      'Markouts',
      'fills on the price',
      'inventory',
      'Trials: 2.',
    ])
      expect(page).toContain(part);
    expect(page.match(/class="fill (?:buy|sell)"/g)).toHaveLength(rows[0].fills);
  });

  it('walks a tape in columns as the recording that it is of, and runs baselines on it', async () => {
    const columns = at('columns.arrow');
    await importTape([long], columns, { repair: false });
    const walk = ['--block-s', '12', '--gap-s', '1', '--train-blocks', '1', ...GRID.slice(2)];
    const [ofColumns, ofLines] = [
      await swept('--tape', columns, ...walk, '--out', at('columns')),
      await swept('--tape', long, ...walk, '--out', at('lines')),
    ];
    expect(ofColumns.rows).toEqual(ofLines.rows);
    expect(ofColumns.walk_forward).toEqual(ofLines.walk_forward);
    const varied = ['--vary', 'strategy=naive,grid,avellaneda-stoikov,buy-and-hold,live'];
    const baselines = [...varied, '--set', 'backtest.exchange=hftbacktest'];
    const { rows } = await swept('--tape', columns, ...baselines, '--out', at('baselines'));
    expect(new Set(rows.map((row: { decisions_hash: string }) => row.decisions_hash)).size).toBe(5);
    expect(readFileSync(at('baselines/sweep.html'), 'utf8')).toContain('The best: strategy');
    const recording = await runInProcess('sweep', '--tape', whole, ...baselines, '--out', at('refused'));
    expect(recording).toMatchObject({ code: 2, err: expect.stringContaining('whole is no tape in columns') });
    const unequal = await runInProcess('sweep', '--tape', columns, ...varied, '--out', at('refused'));
    expect(unequal).toMatchObject({ code: 2, err: expect.stringContaining('another exchange than naive') });
  });

  it('walks forward: blocks stand for themselves, and the next one judges', async () => {
    const walk = ['--tape', long, ...GRID.slice(2), '--block-s', '10', '--gap-s', '0.5', '--train-blocks', '2'];
    const { blocks, rows, walk_forward: walked } = await swept(...walk, '--out', at('walk'));
    expect(blocks).toBeGreaterThan(2);
    expect(walked.folds).toHaveLength(blocks - 2);
    for (const [i, { train, test, point, judged }] of walked.folds.entries()) {
      expect([train, test]).toEqual([[i, i + 1], i + 2]);
      expect([0, 1]).toContain(point);
      expect(judged.pnl_usdc).not.toBe(null);
    }
    const sum = walked.folds.reduce(
      (all: number, fold: { judged: { pnl_usdc: number } }) => all + fold.judged.pnl_usdc,
      0,
    );
    expect(walked.judged.pnl_usdc).toBeCloseTo(sum, 9);
    expect(rows[0].fills).toBeGreaterThan(0);
  });

  it('takes a spec from a file, and options over it', async () => {
    const spec = file(
      'spec.toml',
      `tapes = [['${whole}']]\nobjective = 'fills'\n[vary]\nquotes.levels = { from = 1, to = 4 }\n[random]\npoints = 3\nseed = 5\n`,
    );
    const found = await swept(spec, '--points', '2', '--out', at('spec'));
    expect(found).toMatchObject({ points: 2, objective: 'fills', sweep: { random: { points: 2, seed: 5 } } });
    expect(found.rows[0].fills).toBeGreaterThanOrEqual(found.rows[1].fills);
  });

  it.each([
    [['--tape', whole], 2, 'nothing is varied'],
    [['--vary', 'quotes.levels=1,2'], 2, 'no tape: name at least one'],
    [
      ['--tape', whole, '--vary', 'quotes.gamma=-1,1'],
      3,
      'quotes.gamma = -1 (point 0 of the sweep): expected a number',
    ],
    [['--tape', at('none'), '--vary', 'quotes.levels=1,2'], 4, 'none: no such file'],
    [['--tape', whole, '--vary', 'strategy=luck'], 2, 'luck: expected some of live, naive'],
    [[...GRID, '--objective', 'luck'], 2, 'expected one of pnl_usdc, profit_bps, sharpe'],
    [[...GRID, '--block-s', '60'], 2, '--train-blocks N is missing'],
    [[...GRID, '--block-s', '60', '--train-blocks', '9'], 2, 'expected more than the 9 that choose'],
    [['--tape', whole, whole, ...GRID.slice(2), '--train-blocks', '1'], 2, 'needs tapes one after another'],
    [[at('nothing.toml')], 3, 'nothing.toml: no such file'],
  ])('refuses %j', async (args, code, message) => {
    const refused = await runInProcess('sweep', ...args, '--out', at('refused'));
    expect(refused.err).toContain(message);
    expect(refused.code).toBe(code);
  });

  it('refuses a spec file by key, and results that are not its own', async () => {
    const wrong = file('wrong.toml', `tapes = ['${whole}']\n[vary]\nquotes.levels = 'two'\n`);
    expect(await runInProcess('sweep', wrong)).toMatchObject({
      code: 3,
      err: expect.stringContaining('vary.quotes.levels: expected a list'),
    });
    const broken = file('broken.toml', 'tapes = [');
    expect((await runInProcess('sweep', broken)).err).toContain('broken.toml, line 1');
    await first;
    const own = resultsIn('own', (results) => `${results}damaged\n`);
    const other = await runInProcess('sweep', ...GRID, '--vary', 'quotes.levels=1,2', '--out', at('one'));
    expect(other).toMatchObject({ code: 5, err: expect.stringContaining('results of another sweep') });
    expect((await runInProcess('sweep', ...GRID, '--out', own)).err).toContain('line 4: its checksum is wrong');
  });
});
