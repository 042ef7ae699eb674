import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import { LANES } from '../../streams/actor/kernel.ts';
import { FORMAT_VERSION, FRAME, HEAD_BYTES, MAGIC, PREAMBLE_BYTES, payloadFault, payloadLength } from './frame.ts';
import {
  closeSchema,
  headerSchema,
  inputSchema,
  type JournalHeader,
  type JournalRecord,
  markSchema,
  snapshotSchema,
} from './records.ts';

/** Bytes read at once. */
const CHUNK_BYTES = 1024 * 1024;

const SEGMENT = /^\d{8}\.journal$/;

/** A journal that is not what was written: where, and what is wrong. */
export class JournalCorruptError extends Error {
  override readonly name = 'JournalCorruptError';
  readonly path: string;
  /** Counted from 0 within the segment; -1 for what lies before the first frame, or the file as a whole. */
  readonly frame: number;
  /** Byte at which the frame begins. */
  readonly offset: number;
  readonly reason: string;

  constructor(path: string, frame: number, offset: number, reason: string) {
    super(`${basename(path)}: frame ${frame} at byte ${offset}: ${reason}`);
    this.path = path;
    this.frame = frame;
    this.offset = offset;
    this.reason = reason;
  }
}

/** Bytes at the end of the newest segment that make no whole frame: a write that a crash cut short. */
export interface TornTail {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

/** A journal read from its files: a session's folder, or one segment (or snapshot file) alone. */
export class JournalReader {
  readonly segments: readonly string[];
  /** Set once everything has been read and the newest segment breaks off within a frame. */
  torn: TornTail | undefined;

  /** @throws Error when there is no journal at `path` */
  constructor(path: string) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) throw new Error(`${path}: there is no such file or folder`);
    this.segments = found.isDirectory()
      ? readdirSync(path)
          .filter((name) => SEGMENT.test(name))
          .sort()
          .map((name) => join(path, name))
      : [path];
    if (this.segments.length === 0) throw new Error(`${path}: holds no journal segment (00000001.journal …)`);
  }

  /**
   * Every record in order.
   *
   * @throws JournalCorruptError where a checksum, the numbering of inputs or the order of segments is wrong
   */
  *records(): Generator<JournalRecord, void, undefined> {
    const order = new RecordOrder();
    for (const path of this.segments) {
      for (const { record, frame, offset } of this.#segment(path, path === this.segments.at(-1))) {
        const fault = order.fault(record);
        if (fault !== undefined) throw new JournalCorruptError(path, frame, offset, fault);
        yield record;
      }
    }
  }

  *#segment(path: string, isLast: boolean): Generator<{ record: JournalRecord; frame: number; offset: number }> {
    const bytes = new FileBytes(path);
    let frame = -1;
    let offset = 0;
    const corrupt = (reason: string): JournalCorruptError => new JournalCorruptError(path, frame, offset, reason);
    const cutShort = (): void => {
      if (!isLast) throw corrupt('the segment breaks off, and is not the newest');
      if (bytes.size > offset) this.torn = { path, offset, bytes: bytes.size - offset };
    };
    try {
      const opening = bytes.at(0, PREAMBLE_BYTES);
      if (opening === undefined) return cutShort();
      if (opening.toString('latin1', 0, 4) !== MAGIC) throw corrupt('not a journal of FlashMM');
      const version = opening.readUInt32LE(4);
      if (version !== FORMAT_VERSION) throw corrupt(`format version ${version}: this program reads ${FORMAT_VERSION}`);
      offset = PREAMBLE_BYTES;
      for (frame = 0; offset < bytes.size; frame += 1) {
        const head = bytes.at(offset, HEAD_BYTES);
        if (head === undefined) return cutShort();
        const length = payloadLength(head);
        if (typeof length === 'string') throw corrupt(length);
        const whole = bytes.at(offset, HEAD_BYTES + length);
        if (whole === undefined) return cutShort();
        const payload = whole.subarray(HEAD_BYTES);
        const fault = payloadFault(whole, payload);
        if (fault !== undefined) throw corrupt(fault);
        const record = decode(payload, corrupt);
        if ((frame === 0) !== (record.kind === 'header'))
          throw corrupt('a header begins a segment, and nothing else does');
        yield { record, frame, offset };
        offset += HEAD_BYTES + length;
      }
    } finally {
      bytes.close();
    }
  }
}

/** A file read in chunks. What {@link at} returns is valid until the next call. */
class FileBytes {
  readonly size: number;
  readonly #fd: number;
  #chunk = Buffer.alloc(0);
  #start = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
  }

  /** @returns undefined where the file ends before */
  at(offset: number, length: number): Buffer | undefined {
    if (offset + length > this.size) return undefined;
    const inside = offset - this.#start;
    if (inside >= 0 && inside + length <= this.#chunk.length) return this.#chunk.subarray(inside, inside + length);
    this.#chunk = Buffer.allocUnsafe(Math.min(this.size - offset, Math.max(length, CHUNK_BYTES)));
    this.#start = offset;
    let read = 0;
    while (read < this.#chunk.length) {
      const n = readSync(this.#fd, this.#chunk, read, this.#chunk.length - read, offset + read);
      if (n === 0) return undefined;
      read += n;
    }
    return this.#chunk.subarray(0, length);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Sees that segments follow each other and inputs are numbered without a gap. */
class RecordOrder {
  #header: JournalHeader | undefined;
  // Unknown until the first input or snapshot: what came before may have been rotated away.
  #seq = -1;
  #timeUs = 0;

  /** @returns what is wrong, or undefined */
  fault(record: JournalRecord): string | undefined {
    if (record.kind === 'header') return this.#follow(record.header);
    if (record.kind === 'snapshot') return this.#move(record.snapshot, 0, 'snapshot of input');
    if (record.kind === 'input') return this.#move(record.input, LANES, 'input');
    return undefined;
  }

  #move({ seq, timeUs }: { seq: number; timeUs: number }, step: number, what: string): string | undefined {
    if (this.#seq >= 0 && seq !== this.#seq + step) return `${what} ${seq} follows input ${this.#seq}`;
    if (timeUs < this.#timeUs) return `${what} ${seq} is of time ${timeUs}, before ${this.#timeUs}`;
    this.#seq = seq;
    this.#timeUs = timeUs;
    return undefined;
  }

  #follow(header: JournalHeader): string | undefined {
    const before = this.#header;
    this.#header = header;
    if (before === undefined) return undefined;
    if (header.session !== before.session) return `session ${header.session} follows ${before.session}`;
    if (header.segment !== before.segment + 1)
      return `segment ${header.segment} follows ${before.segment}: one is missing`;
    const same = JSON.stringify(header.plan) === JSON.stringify(before.plan);
    return same ? undefined : 'the settings are not those of the segment before';
  }
}

function decode(payload: Buffer, corrupt: (reason: string) => JournalCorruptError): JournalRecord {
  const parsed = <T>(schema: z.ZodType<T>): T => {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0]!;
    throw corrupt(`${issue.path.join('.') || 'the value'}: ${issue.message}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8', 1));
  } catch (error) {
    throw corrupt(`not JSON: ${(error as Error).message}`);
  }
  switch (payload[0]) {
    case FRAME.header:
      return { kind: 'header', header: parsed(headerSchema) };
    case FRAME.snapshot:
      return { kind: 'snapshot', snapshot: parsed(snapshotSchema) };
    case FRAME.input:
      return { kind: 'input', input: parsed(inputSchema) };
    case FRAME.mark:
      return { kind: 'mark', mark: parsed(markSchema) };
    case FRAME.close:
      return { kind: 'close', close: parsed(closeSchema) };
    default:
      throw corrupt(`frame type ${payload[0]}: has no place in an input journal`);
  }
}
