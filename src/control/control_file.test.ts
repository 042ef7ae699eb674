import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditFile } from './audit.ts';
import { ControlFile, type ControlRecord, findSession } from './control_file.ts';
import { leaveHaltOrder, readHaltOrder, removeHaltOrder } from './halt_order.ts';
import { livenessOf, thisProcess } from './process_identity.ts';

const FACTS = { version: '1.2.3', mode: 'paper' } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flashmm-control-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, 'control.json');
const written = () => JSON.parse(readFileSync(path(), 'utf8')) as ControlRecord;
const leave = (record: unknown) => writeFileSync(path(), JSON.stringify(record));

describe('the control file', () => {
  it('is there from the claim on, says where to go once that is known, and is gone after the end', () => {
    const control = new ControlFile(folder, FACTS);
    expect(findSession(folder)).toMatchObject({ state: 'alive', record: { url: null, pid: process.pid, ...FACTS } });
    control.publish('http://127.0.0.1:1');
    expect(findSession(folder)).toMatchObject({ state: 'alive', record: { url: 'http://127.0.0.1:1' } });
    expect(written().token).toBe(control.token);
    control.release();
    control.release();
    expect(findSession(folder)).toEqual({ state: 'absent' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('can be read by its owner alone, whatever the umask and before it says anything', () => {
    const umask = process.umask(0);
    try {
      const control = new ControlFile(folder, FACTS);
      expect(statSync(path()).mode & 0o777).toBe(0o600);
      control.publish('http://127.0.0.1:1');
      expect(statSync(path()).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(umask);
    }
  });

  it('has another token each time', () => {
    const first = new ControlFile(folder, FACTS);
    first.release();
    expect(new ControlFile(folder, FACTS).token).not.toBe(first.token);
  });

  it('keeps a second session out', () => {
    new ControlFile(folder, FACTS);
    expect(() => new ControlFile(folder, FACTS)).toThrow(
      expect.objectContaining({ exit: 'refused', message: expect.stringContaining(`process ${process.pid}`) }),
    );
  });

  it('of a killed process is replaced, and remembered', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const record = { ...new ControlFile(folder, FACTS), ...written(), pid: child.pid };
    child.kill('SIGKILL');
    await once(child, 'exit');
    leave(record);
    expect(findSession(folder)).toMatchObject({ state: 'dead' });
    const control = new ControlFile(folder, FACTS);
    expect(control.left).toMatchObject({ pid: child.pid });
    expect(written().token).toBe(control.token);
  });

  it('is not taken for that of another process with the same number', () => {
    new ControlFile(folder, FACTS);
    leave({ ...written(), began: 'another boot:1' });
    expect(findSession(folder)).toMatchObject({ state: 'dead' });
    leave({ ...written(), namespace: 'pid:[1]' });
    expect(findSession(folder)).toMatchObject({ state: 'elsewhere' });
  });

  it('leaves alone what another session has put in its place', () => {
    const control = new ControlFile(folder, FACTS);
    const other = { ...written(), token: 'b'.repeat(64) };
    leave(other);
    control.release();
    expect(written()).toEqual(other);
  });

  it.each(['', '{', '[]', '{"format":2}', 'null'])('that is garbage (%j) is said to be, and replaced', (text) => {
    writeFileSync(path(), text);
    expect(findSession(folder)).toMatchObject({ state: 'unreadable', why: expect.stringContaining('no control file') });
    expect(new ControlFile(folder, FACTS).left).toBeUndefined();
    expect(findSession(folder)).toMatchObject({ state: 'alive' });
  });

  it('says what to do about a folder that cannot be written', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => new ControlFile(join(folder, 'file'), FACTS)).toThrow(
      expect.objectContaining({ exit: 'environment', message: expect.stringContaining('runtime.state_dir') }),
    );
  });
});

describe('a process', () => {
  it('knows itself', () => {
    expect(livenessOf(thisProcess())).toBe('alive');
  });

  it('that has ended is dead, reaped or not', async () => {
    const child = spawn(process.execPath, ['-e', '0']);
    await once(child, 'exit');
    expect(livenessOf({ ...thisProcess(), pid: child.pid! })).toBe('dead');
  });
});

describe('the audit file', () => {
  const entry = {
    ...{ time: '2026-01-02T03:04:05.678Z', principal: 'operator', by: 'alice', action: 'POST /admin/pause' },
    ...{ details: {}, status: 200, answer: 'ok', left_out: 0 },
  };
  const lines = (name: string) =>
    readFileSync(join(folder, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('is appended to, over sessions, for its owner alone', () => {
    const errors: Error[] = [];
    auditFile(folder, (error) => errors.push(error))(entry);
    auditFile(folder, (error) => errors.push(error))({ ...entry, by: 'bob' });
    expect(lines('audit.jsonl')).toEqual([entry, { ...entry, by: 'bob' }]);
    expect(statSync(join(folder, 'audit.jsonl')).mode & 0o777).toBe(0o600);
    expect(errors).toEqual([]);
  });

  it('is put aside when it has grown too large, and kept', () => {
    writeFileSync(join(folder, 'audit.jsonl'), 'x'.repeat(16 * 1_048_576));
    auditFile(folder, () => {})(entry);
    expect(readdirSync(folder).sort()).toEqual(['audit-20260102T030405Z.jsonl', 'audit.jsonl']);
    expect(lines('audit.jsonl')).toEqual([entry]);
  });

  it('that cannot be written is told, and stops no command', () => {
    const errors: Error[] = [];
    writeFileSync(join(folder, 'file'), '');
    expect(() => auditFile(join(folder, 'file'), (error) => errors.push(error))(entry)).not.toThrow();
    expect(errors).toHaveLength(1);
  });
});

describe('a halt that no session was there to take', () => {
  it('waits for the next one', () => {
    expect(readHaltOrder(folder)).toBeUndefined();
    leaveHaltOrder(folder, { time: '2026-01-02T03:04:05Z', by: 'alice (cli)' });
    expect(readHaltOrder(folder)).toEqual({ time: '2026-01-02T03:04:05Z', by: 'alice (cli)' });
    removeHaltOrder(folder);
    expect(readHaltOrder(folder)).toBeUndefined();
  });

  it('is one also when it cannot be read', () => {
    writeFileSync(join(folder, 'halt.json'), '{');
    expect(readHaltOrder(folder)).toMatchObject({ by: expect.stringContaining('cannot be read') });
    writeFileSync(join(folder, 'halt.json'), '{}');
    chmodSync(join(folder, 'halt.json'), 0);
    expect(readHaltOrder(folder)).toBeDefined();
  });
});
