import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LOG_LINES_MAX } from '../api/status.ts';
import { Secret } from '../config/secret.ts';
import { levelOf, openLog, rotatingFile } from './log.ts';
import { LogTail } from './log_tail.ts';

const folder = mkdtempSync(join(tmpdir(), 'flashmm-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

function logged(use: (log: ReturnType<typeof openLog>) => void, level = 'info') {
  const lines: string[] = [];
  const tail = new LogTail();
  use(openLog({ level, destination: { write: (line) => lines.push(line) }, onLine: (line) => tail.push(line) }));
  return { lines, records: lines.map((line) => JSON.parse(line) as Record<string, unknown>), tail: tail.lines() };
}

describe('log', () => {
  it('writes JSON lines with time and level, from the level that is asked for', () => {
    const { records } = logged((log) => {
      log.debug('unseen');
      log.info({ height: 3 }, 'block');
    });
    expect(records).toEqual([{ level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), height: 3, msg: 'block' }]);
  });

  it('never writes a secret, by its type or by the name of its key', () => {
    const { lines, tail } = logged((log) => {
      log.info({ key: new Secret('hunter2'), sei: { mnemonic: 'hunter2' }, token: 'hunter2' }, 'started');
      log.error({ err: new Error('failed'), secret: new Secret('hunter2') }, 'oops');
    });
    expect(lines).toHaveLength(2);
    expect(JSON.stringify({ lines, tail })).not.toContain('hunter2');
  });

  it('cuts a line that would fill the disk, and it stays JSON', () => {
    const { records } = logged((log) => log.warn({ answer: 'x'.repeat(1e6) }, 'nonsense'));
    expect(records[0]).toMatchObject({ level: 'warn', msg: 'a log line was too long' });
  });

  it('keeps the newest lines for the screen, with their fields', () => {
    const { tail } = logged((log) => {
      for (let i = 0; i < 5 * LOG_LINES_MAX; i++) log.info({ i }, 'line');
      log.error({ err: new Error('cut') }, 'feed');
    });
    expect(tail).toHaveLength(LOG_LINES_MAX);
    expect(tail.at(-1)).toMatchObject({ level: 'error', text: 'feed  cut' });
    expect(tail.at(-2)).toMatchObject({ level: 'info', text: `line  i=${5 * LOG_LINES_MAX - 1}` });
  });

  it('takes debug over a coarser level', () => {
    const runtime = { log_level: 'warn', debug: true } as Parameters<typeof levelOf>[0];
    expect(levelOf(runtime)).toBe('debug');
    expect(levelOf({ ...runtime, debug: false })).toBe('warn');
    expect(levelOf({ ...runtime, log_level: 'trace' })).toBe('trace');
  });
});

describe('rotating file', () => {
  it('keeps so many files of so many bytes, the newest lines in the first', () => {
    const file = rotatingFile({ folder, maxMb: 1, filesMax: 3 });
    const line = `${'x'.repeat(99_999)}\n`;
    for (let i = 0; i < 60; i++) file.write(line);
    file.write('last\n');
    file.close();
    const names = readdirSync(folder).sort();
    expect(names).toEqual(['flashmm.log', 'flashmm.log.1', 'flashmm.log.2']);
    for (const name of names) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1_048_576);
    expect(readFileSync(file.path, 'utf8').endsWith('last\n')).toBe(true);
  });

  it('loses lines rather than throwing when nothing can be written', () => {
    const file = rotatingFile({ folder, maxMb: 1, filesMax: 2 });
    file.close();
    expect(() => file.write('lost\n')).not.toThrow();
  });
});
