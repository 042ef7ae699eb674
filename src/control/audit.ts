import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** One admin request and what became of it. */
export interface AuditEntry {
  /** ISO 8601 */
  readonly time: string;
  /** Who the request proved to come from: `operator` for the holder of the control token, `unknown` when refused as such. */
  readonly principal: string;
  /** Who it said to come from: a name for people, not proven. */
  readonly by: string;
  /** `pause`, `stop` …, or the path when there is no such thing. */
  readonly action: string;
  /** What came with it. */
  readonly details: Readonly<Record<string, string | undefined>>;
  /** HTTP status of the answer, and its code when it was refused. */
  readonly status: number;
  readonly answer: string;
  /** Refused requests before this one that were too many to write down. */
  readonly left_out: number;
}

/** Where admin requests are written down. Must not throw: an emergency stop is not refused because a disk is full. */
export type Audit = (entry: AuditEntry) => void;

const FILE = 'audit.jsonl';
/** Years of commands by hand; beyond it the file is put aside, never deleted. */
const FILE_MAX_BYTES = 16 * 1_048_576;
const OWNER_ONLY = 0o600;

/**
 * Opens the append-only audit file in the state folder: one JSON line a request, on disk before the request is answered.
 *
 * @param onError is told when a line could not be written
 */
export function auditFile(stateDir: string, onError: (error: Error) => void): Audit {
  const path = join(stateDir, FILE);
  return (entry) => {
    try {
      mkdirSync(stateDir, { recursive: true });
      putAside(path, stateDir, entry.time);
      // Opened anew each time, a few times a day: whoever moved the file away gets a new one.
      const file = openSync(path, 'a', OWNER_ONLY);
      try {
        writeSync(file, `${JSON.stringify(entry)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      onError(error as Error);
    }
  };
}

function putAside(path: string, stateDir: string, time: string): void {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes >= FILE_MAX_BYTES) renameSync(path, join(stateDir, `audit-${time.replace(/[-:]|\.\d+/g, '')}.jsonl`));
}
