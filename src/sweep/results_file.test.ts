import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NOTHING_MEASURED } from './measures.ts';
import { ResultsFile, type ResultsHeader } from './results_file.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-sweep-'));
afterAll(() => rmSync(folder, { recursive: true }));

const header: ResultsHeader = {
  ...{ format: 'flashmm-sweep', version: 1, flashmm: '0.1.0', commit: 'abc' },
  hash: 'f'.repeat(64),
  sweep: { axes: [] },
};
const block = { measures: NOTHING_MEASURED, decisionsHash: 'a1', failures: 0 };
const row = (point: number) => ({
  point,
  tape: 0,
  blocks: [{ ...block, measures: { ...NOTHING_MEASURED, pnlUsdc: 0.1 * point } }],
});

let files = 0;
function written(...points: readonly number[]): string {
  files += 1;
  const path = join(folder, `${files}.jsonl`);
  const file = ResultsFile.open(path, header);
  for (const point of points) file.add({ ...row(point), charts: [] });
  file.close();
  return path;
}

function found(path: string, of: ResultsHeader = header) {
  const file = ResultsFile.open(path, of);
  file.close();
  return file.found;
}

describe('a results file', () => {
  it('gives back what was added, to the digit, and goes on from there', () => {
    const path = written(0, 3);
    expect(found(path)).toEqual({ rows: [row(0), row(3)], tornBytes: 0 });
    const file = ResultsFile.open(path, header);
    file.add({ ...row(1), charts: [] });
    file.close();
    expect(found(path).rows).toEqual([row(0), row(3), row(1)]);
  });

  it('drops a torn last line, wherever it was torn, and says so', () => {
    const whole = readFileSync(written(0, 1));
    const lastLine = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
    for (let cut = lastLine + 1; cut < whole.length; cut += 97) {
      const path = written();
      writeFileSync(path, whole.subarray(0, cut));
      expect(found(path)).toEqual({ rows: [row(0)], tornBytes: cut - lastLine });
      expect(readFileSync(path)).toEqual(whole.subarray(0, lastLine));
    }
  });

  it('begins anew where not even its header is whole', () => {
    const path = written();
    writeFileSync(path, readFileSync(path).subarray(0, 20));
    expect(found(path)).toEqual({ rows: [], tornBytes: 20 });
    expect(found(path)).toEqual({ rows: [], tornBytes: 0 });
  });

  it('refuses a damaged line by its number', () => {
    const path = written(0, 1);
    const lines = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, lines.with(1, lines[1]!.replace('"point":0', '"point":7')).join('\n'));
    expect(() => found(path)).toThrow(`${path}: line 2: its checksum is wrong`);
  });

  it('refuses results of another sweep, program, commit or format', () => {
    const path = written(0);
    const other = (change: Partial<ResultsHeader>) => () => found(path, { ...header, ...change });
    expect(other({ hash: '0'.repeat(64) })).toThrow(
      'results of another sweep, ffffffffffff, while this one is 000000000000',
    );
    expect(other({ flashmm: '0.2.0' })).toThrow('made by version 0.1.0 at commit abc, while this is 0.2.0 at abc');
    expect(other({ commit: '' })).toThrow('while this is 0.1.0 at unknown');
    expect(other({ version: 2 as 1 })).toThrow('line 1: format flashmm-sweep 1, expected flashmm-sweep 2');
    expect(found(path).rows).toEqual([row(0)]);
  });
});
