import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SentimentFile } from './sentiment.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-sentiment-'));
afterAll(() => rmSync(folder, { recursive: true }));

function series(text: string): SentimentFile {
  const path = join(folder, 'series.csv');
  writeFileSync(path, text);
  return new SentimentFile(path);
}

function valuesAt(text: string, ...timesUs: number[]): (number | null)[] {
  const file = series(text);
  const values = timesUs.map((timeUs) => file.before(timeUs));
  file.close();
  return values;
}

describe('an external series', () => {
  it('tells the newest value known before an instant, never one of that instant or later', () => {
    const text = 'ts_us,value\n1000,0.5\n2000,-1\n\n2000,-2\r\n5000,3';
    expect(valuesAt(text, 0, 1_000, 1_001, 2_000, 2_001, 4_000, 9_000)).toEqual([null, null, 0.5, 0.5, -2, -2, 3]);
  });

  it('states its times in whole units or with their zone', () => {
    expect(valuesAt('ts_ms,value\n7,1\n', 7_001)).toEqual([1]);
    expect(valuesAt('ts_s,value\n7,1\n', 7_000_001)).toEqual([1]);
    expect(valuesAt('time,value\n1970-01-01T01:00:07.5+01:00,1\n', 7_500_000, 7_500_001)).toEqual([null, 1]);
  });

  it('is read as its time comes, whatever its length', () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i},${i / 10}`);
    expect(valuesAt(`ts_us,value\n${lines.join('\n')}`, 1, 7_778, 30_000)).toEqual([0, 777.7, 1_999.9]);
  });

  it('is refused with the line that is wrong', () => {
    const read = (text: string) => (): unknown => valuesAt(text, Number.MAX_SAFE_INTEGER);
    expect(read('a,b\n1,2')).toThrow("series.csv:1: 'a,b': expected the header 'ts_us,value'");
    expect(read('')).toThrow("series.csv:1: '': expected the header");
    expect(read('ts_us,value\n5,1\n4,1\n')).toThrow("series.csv:3: ts_us '4' is before the line above: expected order");
    expect(read('ts_us,value\n5,much')).toThrow("series.csv:2: '5,much': expected a time and a number");
    expect(read('ts_us,value\n5,1,9')).toThrow('expected a time and a number');
    expect(read('ts_us,value\nnow,1')).toThrow("series.csv:2: ts_us 'now': expected a time");
    expect(read('time,value\n2024-08-08T00:00:00,1')).toThrow("time '2024-08-08T00:00:00': expected a time");
    expect(read(`ts_us,value\n${'9'.repeat(70_000)}`)).toThrow('series.csv:2: a line of more than 1000 characters');
    expect(() => new SentimentFile(join(folder, 'none.csv'))).toThrow('none.csv: cannot be read: ENOENT');
  });
});
