import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { TapeFolder } from '../../../test/tape_files.ts';
import { type Ran, runInProcess } from '../fixtures/run_in_process.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const at = (name: string): string => join(folder.path, name);
const neutral = folder.file(
  'market.csv',
  ['ts_ns,kind,side,price,qty', ...Array.from({ length: 100 }, (_, i) => line(i))].join('\n'),
);

function line(i: number): string {
  const kind = i % 10 === 9 ? 'trade' : 'depth';
  return `${1_723_161_255 + i}000000000,${kind},b,${(60_000 + (i % 7) / 10).toFixed(1)},0.00${1 + (i % 9)}`;
}

function tape(...args: string[]): Promise<Ran> {
  return runInProcess('tape', ...args);
}

describe('flashmm tape', () => {
  it('imports, tells, checks, cuts and exports', async () => {
    const imported = await tape('import', neutral, '--out', at('a.arrow'), '--symbol', 'BTCUSDT', '--json');
    expect(imported).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(imported.out)).toMatchObject({
      rows: 100,
      format: 'neutral',
      market: 'BTCUSDT',
      repaired: {},
      tick_size: '0.1',
    });

    const info = JSON.parse((await tape('info', at('a.arrow'), '--json')).out);
    expect(info).toMatchObject({
      kinds: { level: 90, trade: 10 },
      first: '2024-08-08T23:54:15.000000000Z',
      span_seconds: 99,
      low_price: '60000.0',
      high_price: '60000.6',
      peak_rows_per_second: 1,
      latency_median_ms: 0,
    });
    const text = (await tape('info', at('a.arrow'))).out;
    expect(text).toContain('rows      100 in 100 messages');
    expect(text).toMatch(/[▁▂▃▄▅▆▇█]{20}/);

    const check = await tape('check', at('a.arrow'));
    expect(check.code).toBe(0);
    expect(check.out).toMatch(/\nsound\n$/);
    const strict = await tape('check', at('a.arrow'), '--jump-s', '0.5', '--json');
    expect(strict.code).toBe(1);
    expect(JSON.parse(strict.out)).toMatchObject({
      sound: false,
      findings: { 'clock-jump': { count: 99, fault: true } },
    });

    expect(
      (await tape('cut', at('a.arrow'), '--from', '+10', '--to', '2024-08-08T23:54:35Z', '--out', at('b.arrow'))).code,
    ).toBe(0);
    expect(JSON.parse((await tape('info', at('b.arrow'), '--json')).out)).toMatchObject({
      format: 'cut',
      span_seconds: 9,
    });

    const exported = await tape('export', at('a.arrow'), '--out', at('c.csv'), '--json');
    expect(JSON.parse(exported.out)).toEqual({ file: at('c.csv'), format: 'csv', rows: 100, left_out: {} });
    expect(readFileSync(at('c.csv'), 'utf8').trimEnd()).toBe(readFileSync(neutral, 'utf8'));
  });

  it('tells what it repaired', async () => {
    const wrong = folder.file('wrong.csv', `ts_ns,kind,side,price,qty\n${line(0)}\nrubbish\n${line(2)}\n`);
    const refused = await tape('import', wrong, '--out', at('w.arrow'));
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(
      `${wrong}: row 3: malformed: 1 fields: expected ts_ns,kind,side,price,qty\n  With --repair,`,
    );
    expect(existsSync(at('w.arrow'))).toBe(false);
    const repaired = await tape('import', wrong, '--out', at('w.arrow'), '--repair');
    expect(repaired.code).toBe(0);
    expect(repaired.out).toMatch(/repaired: malformed, 1 times\n {2}.*row 3: 1 fields.*: left out\n$/);
  });

  it.each([
    [[], 2, 'ACTION FILE is missing'],
    [['frobnicate', 'x'], 2, "action 'frobnicate': expected one of import, info, check, cut, export"],
    [['info'], 2, 'tape info: a file is missing'],
    [['info', 'a', 'b'], 2, "tape info: unexpected argument 'b'"],
    [['info', 'a', '--repair'], 2, 'tape info takes no --repair'],
    [['import', neutral], 2, '--out FILE is required'],
    [['import', neutral, '--out', neutral], 1, 'is there already; --force replaces it'],
    [['import', neutral, '--out', at('x'), '--from', 'excel'], 2, '--from excel: expected one of recording, neutral'],
    [['import', neutral, '--out', at('x'), '--tick', 'abc'], 2, '--tick abc: expected a positive decimal such as 0.01'],
    [['import', neutral, '--out', '/nowhere/x.arrow'], 1, '/nowhere/x.arrow: cannot be written'],
    [['info', neutral], 1, "market.csv: does not begin with 'ARROW1'"],
    [['export', neutral, '--out', at('x.txt')], 2, 'its name does not say the format: --to csv or npz'],
    [['cut', at('a.arrow'), '--from', 'noon', '--out', at('y')], 2, '--from noon: expected a time such as'],
    [['cut', at('a.arrow'), '--from', '+5', '--to', '+5', '--out', at('y')], 2, '--from is not before --to'],
  ] as const)('refuses %j', async (args, code, message) => {
    const result = await tape(...args);
    expect(result.code).toBe(code);
    expect(result.err).toContain(message);
  });
});
