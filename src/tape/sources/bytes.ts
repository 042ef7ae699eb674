import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { crc32, createGunzip } from 'node:zlib';
import { type Entry, openPromise } from 'yauzl';
import { TapeError } from '../tape_error.ts';
import type { SourceProgress } from './row_source.ts';

/** Bytes read at a time. */
const CHUNK_BYTES = 256 * 1024;

/** What a file's first bytes say that it is. */
export type Container = 'plain' | 'gzip' | 'zip';

/** Tells a gzip or zip file by its first bytes, whatever its name. @throws TapeError when it cannot be read */
export function containerOf(file: string): Container {
  const head = new Uint8Array(4);
  let read = 0;
  try {
    if (!statSync(file).isFile()) throw new Error('a folder or a device, expected a file');
    const fd = openSync(file, 'r');
    read = readSync(fd, head);
    closeSync(fd);
  } catch (error) {
    throw new TapeError(file, `cannot be read: ${(error as Error).message}`);
  }
  if (read >= 2 && head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (read >= 4 && head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4) return 'zip';
  return 'plain';
}

/** The bytes of a file, unpacked, and the name that they have inside. */
export interface Unpacked {
  readonly name: string;
  readonly bytes: Readable;
  close(): unknown;
}

/**
 * Opens a file for reading, unpacking gzip and the only entry of a zip.
 *
 * @param progress is told of each packed byte that is read
 * @throws TapeError when the file cannot be opened
 */
export async function unpack(file: string, progress?: SourceProgress): Promise<Unpacked> {
  const container = containerOf(file);
  if (container === 'zip') return unzip(file, progress);
  const raw = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  if (progress !== undefined) raw.on('data', (chunk) => (progress.bytesRead += chunk.length));
  if (container === 'plain') return { name: basename(file), bytes: raw, close: () => raw.destroy() };
  const bytes = raw.pipe(createGunzip({ chunkSize: CHUNK_BYTES }));
  raw.on('error', (error) => bytes.destroy(error));
  return { name: basename(file, '.gz'), bytes, close: () => raw.destroy() };
}

async function unzip(file: string, progress?: SourceProgress): Promise<Unpacked> {
  const damaged = (error: Error): TapeError => new TapeError(file, `damaged zip file: ${error.message}`);
  const zip = await openPromise(file, { lazyEntries: true, autoClose: false }).catch((error) => {
    throw damaged(error);
  });
  const entries = await new Promise<Entry[]>((resolve, reject) => {
    const found: Entry[] = [];
    zip.on('entry', (entry: Entry) => {
      found.push(entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(found));
    zip.on('error', (error) => reject(damaged(error)));
    zip.readEntry();
  });
  // numpy's archives may hold several arrays; the events are those named data.
  const entry = entries.length === 1 ? entries[0]! : entries.find(({ fileName }) => fileName === 'data.npy');
  if (entry === undefined) {
    const names = entries.map(({ fileName }) => fileName).join(', ');
    throw new TapeError(
      file,
      `a zip of ${entries.length} files (${names.slice(0, 120)}): expected one, or one named data.npy`,
    );
  }
  const bytes = await zip.openReadStreamPromise(entry).catch((error) => {
    throw damaged(error);
  });
  const packed = statSync(file).size / Math.max(1, entry.uncompressedSize);
  if (progress !== undefined) bytes.on('data', (chunk: Uint8Array) => (progress.bytesRead += chunk.length * packed));
  const checked = bytes.pipe(checksummed(entry.crc32));
  bytes.on('error', (error) => checked.destroy(error));
  return { name: entry.fileName, bytes: checked, close: () => [bytes.destroy(), zip.close()] };
}

/** Hands bytes on, and fails behind the last where their CRC-32 is not the one that a zip states: its reader leaves that to us. */
function checksummed(expected: number): Transform {
  let checksum = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      checksum = crc32(chunk, checksum);
      done(null, chunk);
    },
    flush(done) {
      if (checksum === expected) return done();
      return done(new Error(`the entry's CRC-32 is ${hex(checksum)}, and ${hex(expected)} was written`));
    },
  });
}

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0');

/** Why a stream of unpacked bytes ended early, in our words. */
export function endedBy(error: NodeJS.ErrnoException): {
  readonly reason: 'truncated' | 'damaged';
  readonly detail: string;
} {
  if (error.code === 'Z_BUF_ERROR')
    return { reason: 'truncated', detail: `the file ends too early (${error.message})` };
  return { reason: 'damaged', detail: `unreadable from here on (${error.message})` };
}
