import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { TapeFolder } from '../../../test/tape_files.ts';
import { checkTape } from '../check.ts';
import { Tape } from '../reader.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

const T = '1723161255';
let us = 0;
const line = (message: unknown): string => {
  us += 10;
  return `${T}${String(us).padStart(6, '0')}123 ${JSON.stringify(message)}`;
};
const delta = (U: number, u: number, pu: number, b: string[][], a: string[][] = []): string =>
  line({
    stream: 'btcusdt@depth',
    data: { e: 'depthUpdate', E: 1723161256299, T: 1723161256298, s: 'BTCUSDT', U, u, pu, b, a },
  });
const snapshot = (lastUpdateId: number): string =>
  line({
    lastUpdateId,
    E: 1723161256299,
    T: 1723161256298,
    bids: [['60000.1', '1.000']],
    asks: [['60000.2', '2.000']],
  });

async function imported(name: string, lines: readonly string[], repair = false) {
  us = 0;
  const result = await folder.imported([folder.file(name, lines.join('\n'))], { repair });
  const brief = result.rows.map((row) => row.replace(/ of \d+$/, '').replace(/ \d{19}$/, ''));
  return { ...result, brief };
}

describe('a recording', () => {
  it('says updates again behind a snapshot that is older, and hides those that it includes', async () => {
    const { brief } = await imported('order', [
      delta(1, 5, 0, [['60000.0', '0.001']]),
      delta(6, 9, 5, [['60000.1', '0.005']], [['60000.2', '0.000']]),
      snapshot(7),
      delta(10, 10, 9, [['60000.0', '0.003']]),
    ]);
    expect(brief).toEqual([
      'level buy 600000 x 1 end #1/5/0',
      'level buy 600001 x 5 #6/9/5',
      'level sell 600002 x 0 end #6/9/5',
      'clear buy -2147483648 x 0 #7',
      'snapshotLevel buy 600001 x 1000 #7',
      'clear sell -2147483648 x 0 #7',
      'snapshotLevel sell 600002 x 2000 #7',
      'level buy 600001 x 5 again #6/9/5',
      'level sell 600002 x 0 end again #6/9/5',
      'level buy 600000 x 3 end #10/10/9',
    ]);
  });

  it('hides updates that come behind a snapshot and are older', async () => {
    const { brief } = await imported('stale', [
      snapshot(7),
      delta(6, 7, 5, [['60000.0', '0.001']]),
      delta(8, 8, 7, [['60000.0', '0.002']]),
    ]);
    expect(brief.slice(4)).toEqual([
      'level buy 600000 x 1 end not-exchange not-local #6/7/5',
      'level buy 600000 x 2 end #8/8/7',
    ]);
  });

  it('marks where updates are missing, and keeps those that change nothing for their ids', async () => {
    const { brief } = await imported('gap', [
      delta(1, 5, 0, [
        ['60000.0', '0.001'],
        ['60000.1', '0.001'],
      ]),
      delta(6, 6, 5, []),
      delta(9, 9, 8, [
        ['60000.0', '0.002'],
        ['60000.1', '0.003'],
      ]),
    ]);
    expect(brief.slice(2)).toEqual([
      'empty none 0 x 0 end #6/6/5',
      'level buy 600000 x 2 gap #9/9/8',
      'level buy 600001 x 3 end #9/9/8',
    ]);
  });

  it('is refused at a garbled line, by file and line, or read on without it under repair', async () => {
    const lines = [
      delta(1, 5, 0, [['60000.1', '0.001']]),
      '1723161255000000123 {"e":',
      delta(6, 6, 5, [['60000.2', '0.001']]),
    ];
    await expect(imported('garbled', lines)).rejects.toThrow(/garbled: row 2: malformed: /);
    const { brief, report } = await imported('garbled', lines, true);
    expect(brief).toEqual(['level buy 600001 x 1 end #1/5/0', 'level buy 600002 x 1 end #6/6/5']);
    expect(report.problems.found.get('malformed')).toMatchObject({ count: 1 });
  });

  it('gives, row by row, the book that the exchange’s own best prices show, a message cut anywhere or not', async () => {
    const path = new URL('../../../tapes/spot_btcusdt_20240808.gz', import.meta.url).pathname;
    const whole = await folder.imported([path]);
    const check = (tape: string) => checkTape(Tape.open(tape, { ids: true }), 10);
    const { findings, bookComparisons, sound } = check(whole.tape);
    expect({ sound, bookComparisons, findings: [...findings.keys()] }).toEqual({
      sound: true,
      // As many as the backtest of the same recording makes.
      bookComparisons: 564,
      findings: ['event-after', 'no-book'],
    });
    const lines = gunzipSync(readFileSync(path)).toString().split('\n');
    const parts = [lines.slice(0, 12_345), lines.slice(12_345)].map((part, i) =>
      folder.file(`part${i}`, part.join('\n')),
    );
    expect((await folder.imported(parts)).rows).toEqual(whole.rows);
  });
});
