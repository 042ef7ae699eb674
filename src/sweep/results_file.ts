import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { CommandError } from '../exit/command_error.ts';
import type { TapeResult } from './run_tape.ts';

/** A finished task as the file keeps it: charts are made anew for those who look. */
export type ResultRow = Omit<TapeResult, 'charts'>;

/** The first line of a results file: what its results are of. */
export interface ResultsHeader {
  readonly format: 'flashmm-sweep';
  readonly version: 1;
  /** Version of the program. */
  readonly flashmm: string;
  /** The commit that it ran from, or the empty string where there is no repository. */
  readonly commit: string;
  /** SHA-256 of `sweep`, which says what the sweep is, so that two can be told apart at a glance. */
  readonly hash: string;
  readonly sweep: unknown;
}

/** What was in a file when it was opened. */
export interface FoundResults {
  readonly rows: readonly ResultRow[];
  /** Bytes at the end that were no whole line, and are gone: the process was killed in the middle of a write. */
  readonly tornBytes: number;
}

/** Checksum, a blank, JSON: as many characters as the checksum and the blank take. */
const PREFIX = 9;

/**
 * The results of a sweep, a line for each finished task, each with its checksum; added to and never changed. A sweep that was broken
 * off goes on after the last whole line.
 */
export class ResultsFile {
  readonly #fd: number;
  readonly found: FoundResults;

  private constructor(fd: number, found: FoundResults) {
    this.#fd = fd;
    this.found = found;
  }

  /**
   * Opens the file, or begins it.
   *
   * @throws CommandError (`refused`) when it is of another sweep, another version or commit, or a line of it is damaged; (`environment`) when
   *   it cannot be read or written
   */
  static open(path: string, header: ResultsHeader): ResultsFile {
    const fd = opened(path);
    try {
      const text = readFileSync(fd);
      const end = text.lastIndexOf(0x0a) + 1;
      const tornBytes = text.length - end;
      if (tornBytes > 0) ftruncateSync(fd, end);
      const lines = text.toString('utf8', 0, end).split('\n').slice(0, -1);
      const file = new ResultsFile(fd, { rows: rowsOf(path, lines, header), tornBytes });
      if (lines.length === 0) file.#append(header);
      return file;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Adds the result of a task. It is on the disk at the latest when the file is closed. */
  add({ point, tape, blocks }: TapeResult): void {
    this.#append({ point, tape, blocks } satisfies ResultRow);
  }

  close(): void {
    fsyncSync(this.#fd);
    closeSync(this.#fd);
  }

  #append(value: unknown): void {
    const json = JSON.stringify(value);
    writeSync(this.#fd, `${checksum(json)} ${json}\n`);
  }
}

function opened(path: string): number {
  try {
    // Reading and appending; made when it is not there.
    return openSync(path, 'a+', 0o644);
  } catch (error) {
    throw new CommandError(
      'environment',
      `${path}: cannot be opened: ${(error as Error).message}`,
      'Name another folder with --out.',
    );
  }
}

function rowsOf(path: string, lines: readonly string[], wanted: ResultsHeader): readonly ResultRow[] {
  const [head, ...rest] = lines.map((line, i) => parsed(path, i + 1, line));
  if (head === undefined) return [];
  const { format, version, hash, flashmm, commit } = head as Partial<ResultsHeader>;
  if (format !== wanted.format || version !== wanted.version) {
    throw refused(path, `line 1: format ${format} ${version}, expected ${wanted.format} ${wanted.version}`);
  }
  if (hash !== wanted.hash) {
    throw refused(
      path,
      `results of another sweep, ${hash?.slice(0, 12)}, while this one is ${wanted.hash.slice(0, 12)}`,
    );
  }
  if (flashmm !== wanted.flashmm || commit !== wanted.commit) {
    const there = `version ${flashmm} at commit ${commit || 'unknown'}`;
    throw refused(path, `made by ${there}, while this is ${wanted.flashmm} at ${wanted.commit || 'unknown'}`);
  }
  return rest as readonly ResultRow[];
}

function parsed(path: string, number: number, line: string): unknown {
  const json = line.slice(PREFIX);
  if (line.slice(0, PREFIX) !== `${checksum(json)} `) {
    throw refused(path, `line ${number}: its checksum is wrong, so it was changed or damaged`);
  }
  return JSON.parse(json);
}

function refused(path: string, message: string): CommandError {
  return new CommandError(
    'refused',
    `${path}: ${message}`,
    'Remove it to begin anew, or name another folder with --out.',
  );
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}
