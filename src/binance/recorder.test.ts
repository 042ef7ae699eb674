import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { Recorder } from './recorder.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-recorder-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the recorder', () => {
  it('writes each message behind its receive time, which never goes back, on one line', async () => {
    const times = [5n, 3n, 9n];
    const recorder = new Recorder(join(folder, 'a.gz'), () => times.shift()!);
    for (const text of ['{"a":1}', '{"b":2}', 'gar\r\nbage']) recorder.write(text);
    await recorder.close();
    expect(gunzipSync(readFileSync(join(folder, 'a.gz'))).toString()).toBe('5 {"a":1}\n5 {"b":2}\n9 gar bage\n');
    expect(recorder.lines).toBe(3);
  });

  it('never overwrites a recording, and says so', async () => {
    writeFileSync(join(folder, 'kept'), 'mine');
    const recorder = new Recorder(join(folder, 'kept'), () => 1n);
    recorder.write('x');
    await expect(recorder.close()).rejects.toThrow('EEXIST');
    expect(readFileSync(join(folder, 'kept'), 'utf8')).toBe('mine');
    expect(existsSync(join(folder, 'kept'))).toBe(true);
  });
});
