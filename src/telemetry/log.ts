import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { LogLine } from '../api/status.ts';
import type { Config } from '../config/schema.ts';
import { REDACTED } from '../config/secret.ts';

export type { Logger } from 'pino';

const MEGABYTE = 1_048_576;
/** A line is cut here: an endpoint that answers nonsense must not fill the disk. */
const LINE_MAX_BYTES = 16_384;
/** A last defence: whatever key a secret may hide behind. The first is that secrets are of type `Secret`. */
const REDACTED_PATHS = ['mnemonic', 'secret', 'token', 'password', 'authorization'].flatMap((key) => [key, `*.${key}`]);

/** How and where to log. */
export interface LogOptions {
  readonly level: string;
  /** Where the lines go: standard output when the terminal is not drawn on, else {@link rotatingFile}. */
  readonly destination: DestinationStream;
  /** Sees every line that is logged at info or above, for the log window of the terminal view. */
  readonly onLine?: (line: LogLine) => void;
}

/** The level that the settings ask for: `runtime.debug` wins over a coarser `runtime.log_level`. */
export function levelOf(runtime: Config['runtime']): string {
  return runtime.debug && runtime.log_level !== 'trace' ? 'debug' : runtime.log_level;
}

/** A logger of JSON lines: time as ISO text, level by name, secrets redacted, long lines cut. */
export function openLog(options: LogOptions): Logger {
  const { destination, onLine } = options;
  // The screen is shown what was written, so that what is redacted for one is redacted for both.
  const cut: DestinationStream = {
    write: (line) => {
      const bounded = line.length > LINE_MAX_BYTES ? `${shortened(line)}\n` : line;
      destination.write(bounded);
      if (onLine !== undefined) show(bounded, onLine);
    },
  };
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED_PATHS, censor: REDACTED },
      serializers: { err: pino.stdSerializers.err },
    },
    cut,
  );
}

function shortened(line: string): string {
  return JSON.stringify({
    level: 'warn',
    msg: 'a log line was too long',
    bytes: line.length,
    begins: line.slice(0, 200),
  });
}

/** Shows a written line on the screen, if it is of info or above: its text, then its simple fields. */
function show(written: string, onLine: (line: LogLine) => void): void {
  const { level, time, msg, err, ...fields } = JSON.parse(written) as Record<string, unknown>;
  if (level === 'trace' || level === 'debug') return;
  const simple = Object.entries(fields).filter(([, value]) => typeof value !== 'object');
  const parts = [String(msg ?? ''), ...simple.map(([key, value]) => `${key}=${String(value)}`)];
  const cause = (err as { message?: unknown } | undefined)?.message;
  if (cause !== undefined) parts.push(String(cause));
  onLine({
    timeMs: Date.parse(String(time)),
    level: level === 'fatal' || level === 'error' ? 'error' : level === 'warn' ? 'warn' : 'info',
    text: parts.join('  '),
  });
}

/** A log file in a folder that is rotated by size: `flashmm.log`, then `.1` … up to `filesMax` in all, the oldest deleted. */
export interface RotatingFileOptions {
  readonly folder: string;
  readonly maxMb: number;
  readonly filesMax: number;
}

/**
 * Opens the log file in the folder, which is made if it is missing. Lines are written before `write` returns, so that the
 * last ones before a crash are there.
 *
 * @throws Error when the folder cannot be written to
 */
export function rotatingFile(
  options: RotatingFileOptions,
): DestinationStream & { readonly path: string; close(): void } {
  const path = join(options.folder, 'flashmm.log');
  mkdirSync(options.folder, { recursive: true });
  let file = openSync(path, 'a');
  let bytes = statSync(path).size;
  const rotate = () => {
    closeSync(file);
    const name = (age: number) => (age === 0 ? path : `${path}.${age}`);
    rmSync(name(options.filesMax - 1), { force: true });
    for (let age = options.filesMax - 2; age >= 0; age -= 1) {
      if (existsSync(name(age))) renameSync(name(age), name(age + 1));
    }
    file = openSync(path, 'w');
    bytes = 0;
  };
  // A full disk must not stop the trading: lines are lost, counted, and the count is logged when there is room again.
  let lost = 0;
  const put = (line: string) => {
    const size = Buffer.byteLength(line);
    if (bytes > 0 && bytes + size > options.maxMb * MEGABYTE) rotate();
    writeSync(file, line);
    bytes += size;
  };
  return {
    path,
    write: (line) => {
      try {
        if (lost > 0) {
          put(
            `${JSON.stringify({ level: 'warn', msg: 'log lines were lost: the file could not be written', lost })}\n`,
          );
          lost = 0;
        }
        put(line);
      } catch {
        lost += 1;
      }
    },
    close: () => closeSync(file),
  };
}
