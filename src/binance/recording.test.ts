import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { LocalBook } from '../../streams/market/local_book.ts';
import { Recording } from './recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tape = new URL('../../tapes/spot_ethusdt_20240808.gz', import.meta.url).pathname;
const text = gunzipSync(readFileSync(tape)).toString();
const head = text.split('\n').slice(0, 3_000);

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function inputsOf(...files: string[]) {
  const recording = await Recording.open(files);
  const inputs = [];
  for await (const { input } of recording.inputs()) inputs.push(input);
  return { recording, inputs };
}

describe('a recording', () => {
  it('gives a book that equals the exchange at every update both name', async () => {
    const { recording, inputs } = await inputsOf(tape);
    const book = new LocalBook(recording.market.symbol);
    const rejects = inputs
      .map((input) => (input.kind === 'reject' ? input : book.apply(input as never)))
      .filter((one) => one !== null);
    expect([inputs.length, rejects.length]).toEqual([33_618, 0]);
    expect([book.comparisons, book.mismatches, book.status]).toEqual([577, 0, 'live']);
    expect(recording.progress.bytesRead).toBe(recording.progress.bytesTotal);
  });

  it('gives the same inputs when it is cut in two at any line end', async () => {
    const whole = await inputsOf(file('whole', head.join('\n')));
    for (const at of [1, 700, 2_999]) {
      const parts = [head.slice(0, at).join('\n'), gzipSync(`${head.slice(at).join('\n')}\n`)] as const;
      const cut = await inputsOf(file(`a${at}`, parts[0]), file(`b${at}.gz`, parts[1]));
      expect(cut.inputs).toEqual(whole.inputs);
    }
  });

  it('turns bad lines into rejects that name file and line, and goes on', async () => {
    const bad = [head[0], 'nonsense', '12 {"e":"trade"}', head[1]!.slice(0, 90), '', head[2]];
    const { inputs } = await inputsOf(file('bad', bad.join('\r\n')));
    expect(inputs.map((input) => input.kind)).toEqual(['bookTicker', 'reject', 'reject', 'reject', expect.any(String)]);
    expect(inputs[1]).toMatchObject({ reason: 'malformed', detail: expect.stringContaining('bad:2: ') });
  });

  it('tells of a truncated file where it ends, with everything before it read', async () => {
    const { inputs } = await inputsOf(file('cut.gz', gzipSync(head.join('\n')).subarray(0, 60_000)));
    expect(inputs.length).toBeGreaterThan(500);
    expect(inputs.at(-1)).toMatchObject({ kind: 'reject', reason: 'truncated' });
  });

  it('takes a stamp that goes back for the one before it, and counts it', async () => {
    const { recording, inputs } = await inputsOf(file('back', [head[10], head[5]].join('\n')));
    expect(inputs[1]!.timeUs).toBe(inputs[0]!.timeUs);
    expect(recording.progress.clamped).toBe(1);
  });

  it('says what is wrong with a file that is no recording', async () => {
    await expect(Recording.open([join(folder, 'missing')])).rejects.toThrow('no such file');
    await expect(Recording.open([file('text', 'hello\nworld\n')])).rejects.toThrow(
      'no Binance message in its first 2 lines',
    );
    await expect(Recording.open([file('fake.gz', 'hello')])).rejects.toThrow('not a gzip file');
    await expect(Recording.open([])).rejects.toThrow('name at least one file');
  });
});
