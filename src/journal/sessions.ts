import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const SESSION = /^\d{8}T\d{6}Z-[0-9a-z]+$/;

/** A session's name and the folder that its journal goes to. */
export interface SessionFolder {
  readonly session: string;
  readonly directory: string;
}

/**
 * Names a new session after its start, and makes room for its journal: beyond `sessionsMost` the oldest ones go.
 *
 * @param root folder of all journals, made if missing
 * @param startUs integer microseconds since the epoch
 * @param sessionsMost sessions kept, this one included; at least 1
 * @throws Error when the folder cannot be written
 */
export function newSession(root: string, startUs: number, sessionsMost: number): SessionFolder {
  mkdirSync(root, { recursive: true });
  for (const old of sessionsIn(root).slice(0, -(sessionsMost - 1) || undefined)) {
    rmSync(join(root, old), { recursive: true, force: true });
  }
  const stamp = new Date(startUs / 1_000).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const session = `${stamp}-${process.pid.toString(36)}`;
  return { session, directory: join(root, session) };
}

/** The sessions that have a journal below `root`, oldest first. */
export function sessionsIn(root: string): readonly string[] {
  return readdirSync(root)
    .filter((name) => SESSION.test(name))
    .sort();
}
