import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** An emergency stop that no session was there to take: the next one takes it before it trades. */
const haltOrderSchema = z.object({
  /** ISO 8601 */
  time: z.string(),
  by: z.string(),
});

/** See {@link haltOrderSchema}. */
export type HaltOrder = z.infer<typeof haltOrderSchema>;

const FILE = 'halt.json';
const OWNER_ONLY = 0o600;

/** Leaves the order in the state folder, on disk when this returns. @throws Error when it cannot be written */
export function leaveHaltOrder(stateDir: string, order: HaltOrder): void {
  mkdirSync(stateDir, { recursive: true });
  const file = openSync(join(stateDir, FILE), 'w', OWNER_ONLY);
  try {
    writeSync(file, `${JSON.stringify(order)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** @returns the order that was left, or undefined; one that cannot be read is one all the same */
export function readHaltOrder(stateDir: string): HaltOrder | undefined {
  try {
    return haltOrderSchema.parse(JSON.parse(readFileSync(join(stateDir, FILE), 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return { time: '', by: 'an order that cannot be read' };
  }
}

/** The session has taken the order. */
export function removeHaltOrder(stateDir: string): void {
  rmSync(join(stateDir, FILE), { force: true });
}
