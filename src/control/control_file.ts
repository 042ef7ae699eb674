import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CommandError } from '../exit/command_error.ts';
import { type Liveness, livenessOf, thisProcess } from './process_identity.ts';

/** How a command finds the session that runs with a state folder, and shows that it may command it. */
const controlSchema = z.object({
  format: z.literal(1),
  pid: z.int().positive(),
  began: z.string(),
  namespace: z.string(),
  /** Where its control API listens, on loopback; null while it starts. */
  url: z.string().nullable(),
  /** Whoever can read this file may command the session: 256 random bits, new for each. */
  token: z.string().regex(/^[0-9a-f]{64}$/),
  /** ISO 8601 */
  started: z.string(),
  version: z.string(),
  mode: z.enum(['paper', 'live']),
});

/** See {@link controlSchema}. */
export type ControlRecord = z.infer<typeof controlSchema>;

/** What a state folder says of its session. */
export type FoundSession =
  | { readonly state: 'absent' }
  | { readonly state: Liveness; readonly record: ControlRecord }
  | { readonly state: 'unreadable'; readonly why: string };

const FILE = 'control.json';
const TOKEN_BYTES = 32;
/** Only the user that runs the session. */
const OWNER_ONLY = 0o600;

/** Looks whether a session runs with this state folder. A file without its process is what a killed one leaves. */
export function findSession(stateDir: string): FoundSession {
  let text: string;
  try {
    text = readFileSync(join(stateDir, FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'absent' };
    return { state: 'unreadable', why: (error as Error).message };
  }
  const parsed = controlSchema.safeParse(jsonOf(text));
  if (!parsed.success) return { state: 'unreadable', why: `${join(stateDir, FILE)} is no control file` };
  return { state: livenessOf(parsed.data), record: parsed.data };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The control file of this process, from before anything is traded until the clean end. It is also the lock of the state
 * folder: of two sessions on one account each would take the other's orders for strangers.
 */
export class ControlFile {
  /** What a session that did not end in order left here, or undefined. */
  readonly left: ControlRecord | undefined;
  readonly #path: string;
  #record: ControlRecord;

  /**
   * Takes the folder for this process; what a killed session left is replaced.
   *
   * @throws CommandError `refused` while another session has it, `environment` when it cannot be written
   */
  constructor(stateDir: string, facts: Pick<ControlRecord, 'version' | 'mode'>) {
    this.#path = join(stateDir, FILE);
    const token = randomBytes(TOKEN_BYTES).toString('hex');
    this.#record = { format: 1, ...thisProcess(), url: null, token, started: new Date().toISOString(), ...facts };
    try {
      mkdirSync(stateDir, { recursive: true });
      this.left = this.#claim(stateDir);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      const hint = 'Name a folder that can be written to.';
      throw new CommandError('environment', `runtime.state_dir: ${(error as Error).message}`, hint);
    }
  }

  /** Proves to the session that a request comes from someone who can read the file. */
  get token(): string {
    return this.#record.token;
  }

  /** Tells where the session listens. @throws Error when it cannot be written */
  publish(url: string): void {
    this.#record = { ...this.#record, url };
    renameSync(this.#written(), this.#path);
  }

  /** Gives the folder back: the session ended in order. Doing it twice does no harm. */
  release(): void {
    if (tokenIn(this.#path) === this.token) rmSync(this.#path, { force: true });
  }

  #claim(stateDir: string): ControlRecord | undefined {
    const found = findSession(stateDir);
    if (found.state === 'alive') throw inUse(stateDir, found.record);
    const mine = this.#written();
    try {
      if (found.state !== 'absent') this.#clear('record' in found ? found.record.token : undefined);
      // Fails if somebody else was quicker.
      linkSync(mine, this.#path);
      return 'record' in found ? found.record : undefined;
    } catch (error) {
      const other = findSession(stateDir);
      if (other.state === 'alive') throw inUse(stateDir, other.record);
      throw error;
    } finally {
      rmSync(mine, { force: true });
    }
  }

  /** Takes what a dead session left out of the way, and only that: another start may have put its own there meanwhile. */
  #clear(leftToken: string | undefined): void {
    const aside = `${this.#path}.${process.pid}.left`;
    renameSync(this.#path, aside);
    const taken = tokenIn(aside);
    if (taken !== leftToken) linkSync(aside, this.#path);
    rmSync(aside, { force: true });
  }

  #written(): string {
    const path = `${this.#path}.${process.pid}`;
    rmSync(path, { force: true });
    const file = openSync(path, 'wx', OWNER_ONLY);
    try {
      writeSync(file, `${JSON.stringify(this.#record, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return path;
  }
}

function tokenIn(path: string): string | undefined {
  try {
    return (jsonOf(readFileSync(path, 'utf8')) as Partial<ControlRecord> | undefined)?.token;
  } catch {
    return undefined;
  }
}

function inUse(stateDir: string, { pid, started }: ControlRecord): CommandError {
  return new CommandError(
    'refused',
    `a session already runs with the state folder ${stateDir}: process ${pid}, since ${started}`,
    "Stop it with 'flashmm stop', or use another folder and account: --set runtime.state_dir=FOLDER.",
  );
}
