import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LANES } from '../../streams/actor/kernel.ts';
import type { Input } from '../../streams/inputs.ts';
import { accountOf, bookSnapshot, START_US } from '../runtime/fixtures/account.ts';
import { Reactor } from '../runtime/reactor.ts';
import { encodeFrame, FRAME, HEAD_BYTES, PREAMBLE_BYTES, preamble } from './frame.ts';
import { JournalCorruptError, JournalReader, type TornTail } from './reader.ts';
import type { JournalRecord } from './records.ts';
import { JournalWriter, segmentName, writeSnapshotFile } from './writer.ts';

const plan = { settings: accountOf('AAA'), seed: 1, startUs: START_US };
const header = { pipeline: 'market-maker', flashmm: '0', node: 'v24', session: 'x', segment: 1, plan } as const;
let folder: string;
let whole: Buffer;
let ends: number[];

/** Reads all that can be read of some bytes. */
function read(bytes: Buffer): { records: JournalRecord[]; torn: TornTail | undefined; error: unknown } {
  const path = join(folder, 'read.journal');
  writeFileSync(path, bytes);
  return readPath(path);
}

function readPath(path: string): ReturnType<typeof read> {
  const reader = new JournalReader(path);
  const records: JournalRecord[] = [];
  let error: unknown;
  try {
    for (const record of reader.records()) records.push(record);
  } catch (thrown) {
    error = thrown;
  }
  return { records, torn: reader.torn, error };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'flashmm-reader-'));
  const directory = join(folder, 'session');
  const options = { directory, session: 'x', plan, flashmm: '0', segmentMaxBytes: 1e9, segmentsMost: 9 } as const;
  const writer = new JournalWriter({ ...options, fsync: 'always', snapshotEveryS: 1 });
  const reactor = new Reactor(plan);
  for (let i = 1; i <= 12; i += 1) {
    const input = { ...bookSnapshot('AAA', i), seq: i * LANES, timeUs: START_US + i * 150_000 };
    writer.append(input);
    reactor.take(input);
    writer.settled(reactor);
  }
  writer.close(reactor.digest.mark(), 'end');
  whole = readFileSync(join(directory, segmentName(1)));
  ends = [];
  for (let at = PREAMBLE_BYTES; at < whole.length; ends.push(at)) at += HEAD_BYTES + whole.readUInt32LE(at);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the journal', () => {
  it('reads back what was written', () => {
    const { records, torn, error } = read(whole);
    expect({ torn, error }).toEqual({ torn: undefined, error: undefined });
    expect(records).toHaveLength(ends.length);
    expect(records[0]).toMatchObject({ kind: 'header', header: { session: 'x', segment: 1, plan } });
    expect(records.filter(({ kind }) => kind === 'input')).toHaveLength(12);
    expect(records.filter(({ kind }) => kind === 'snapshot')).toHaveLength(1);
    expect(records.at(-1)).toMatchObject({ kind: 'close', close: { reason: 'end' } });
  });

  it('notices any flipped bytes, and gives only frames before them', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(flips, (all) => {
        const bytes = Buffer.from(whole);
        for (const [at, by] of all) bytes[at % bytes.length]! ^= by;
        const firstAt = bytes.findIndex((byte, i) => byte !== whole[i]);
        fc.pre(firstAt >= 0);
        const { records, error } = read(bytes);
        expect(error).toBeInstanceOf(JournalCorruptError);
        expect(records.length).toBe(ends.filter((end) => end <= firstAt).length);
        if (firstAt >= PREAMBLE_BYTES) expect((error as JournalCorruptError).frame).toBe(records.length);
      }),
      { numRuns: 300 },
    );
  });

  it('torn at any byte gives the intact prefix and says how much is lost', () => {
    fc.assert(
      fc.property(fc.nat(), (at) => {
        const length = at % whole.length;
        const { records, torn, error } = read(whole.subarray(0, length));
        const before = ends.filter((end) => end <= length);
        expect(error).toBeUndefined();
        expect(records).toHaveLength(before.length);
        const from = before.at(-1) ?? (length >= PREAMBLE_BYTES ? PREAMBLE_BYTES : 0);
        expect(torn?.bytes ?? 0).toBe(length - from);
      }),
      { numRuns: 300 },
    );
  });

  it('says which version it cannot read, and what is no journal', () => {
    const newer = Buffer.from(whole);
    newer.writeUInt32LE(2, 4);
    expect(String(read(newer).error)).toMatch(/format version 2: this program reads 1/);
    expect(String(read(Buffer.from('{"json": true}')).error)).toMatch(/not a journal of FlashMM/);
    expect(() => new JournalReader(join(folder, 'nowhere'))).toThrow(/there is no such file or folder/);
    expect(() => new JournalReader(folder)).toThrow(/holds no journal segment/);
  });

  it('refuses frames that are whole but wrong', () => {
    const input = { kind: 'tick', seq: LANES, timeUs: START_US } as const;
    const cases: [RegExp, ...Buffer[]][] = [
      [/a header begins a segment/, encodeFrame(FRAME.input, input)],
      [/plan.seed/, encodeFrame(FRAME.header, { ...header, plan: { ...plan, seed: 0.5 } })],
      [/input 1024 follows input 256/, ...inputs(LANES, 4 * LANES)],
      [/before/, ...inputs(LANES), encodeFrame(FRAME.input, { ...input, seq: 2 * LANES, timeUs: START_US - 1 })],
      [/a known kind/, encodeFrame(FRAME.header, header), encodeFrame(FRAME.input, { ...input, kind: 'rumour' })],
      [/hash/, encodeFrame(FRAME.header, header), encodeFrame(FRAME.mark, { decisions: 1, hash: 'abc' })],
    ];
    for (const [reason, ...frames] of cases) {
      expect(String(read(Buffer.concat([preamble(), ...frames])).error)).toMatch(reason);
    }
  });

  it('misses a segment, and does not mix two sessions', () => {
    const directory = join(folder, 'gaps');
    const segment = (name: string, says: object): void => {
      const bytes = Buffer.concat([preamble(), encodeFrame(FRAME.header, { ...header, ...says })]);
      new JournalWriter({
        ...{ directory: join(directory, name), session: 'x', plan, flashmm: '0', segmentMaxBytes: 1, segmentsMost: 2 },
        ...{ fsync: 'never', snapshotEveryS: 1 },
      }).close({ decisions: 0, hash: '0'.repeat(64) }, 'end');
      writeFileSync(join(directory, name, segmentName(3)), bytes);
    };
    segment('missing', { segment: 3 });
    expect(String(readPath(join(directory, 'missing')).error)).toMatch(/segment 3 follows 1: one is missing/);
    segment('mixed', { segment: 2, session: 'y' });
    expect(String(readPath(join(directory, 'mixed')).error)).toMatch(/session y follows x/);
  });

  it('does not write over a journal', () => {
    const options = { session: 'x', plan, flashmm: '0', segmentMaxBytes: 1, segmentsMost: 2 } as const;
    const again = { ...options, directory: join(folder, 'session'), fsync: 'never', snapshotEveryS: 1 } as const;
    expect(() => new JournalWriter(again)).toThrow(/EEXIST/);
    expect(() => new JournalWriter({ ...again, segmentsMost: 1 })).toThrow('segmentsMost 1: expected at least 2');
  });

  it('writes a snapshot as a file of its own', () => {
    const path = join(folder, 'now.snapshot');
    const reactor = new Reactor(plan);
    const snapshot = JSON.parse(JSON.stringify(reactor.snapshot()));
    writeSnapshotFile(path, snapshot, { session: 'x', plan, flashmm: '0' });
    const { records, error } = readPath(path);
    expect(error).toBeUndefined();
    expect(records).toEqual([
      { kind: 'header', header: { ...header, node: process.version } },
      { kind: 'snapshot', snapshot },
    ]);
  });
});

function inputs(...seqs: number[]): Buffer[] {
  const frames = seqs.map((seq) => encodeFrame(FRAME.input, { kind: 'tick', seq, timeUs: START_US } satisfies Input));
  return [encodeFrame(FRAME.header, header), ...frames];
}
