import { readFileSync, readlinkSync } from 'node:fs';

/** Which process something belongs to, so that another one with the same number later is not taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot of the machine and when the process began in it; the empty string where the system does not tell (not Linux). */
  readonly began: string;
  /** The container whose process number this is (its pid namespace); the empty string where the system does not tell. */
  readonly namespace: string;
}

/** What is known of a process: `elsewhere` is another container's, of which nothing can be known from here. */
export type Liveness = 'alive' | 'dead' | 'elsewhere';

/** The process that asks. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, began: beganOf(process.pid) ?? '', namespace: namespaceOfThis() };
}

/** Whether that very process still runs. Where the system does not tell when a process began, its number must do. */
export function livenessOf(identity: ProcessIdentity): Liveness {
  if (identity.namespace !== namespaceOfThis()) return 'elsewhere';
  if (!exists(identity.pid)) return 'dead';
  const began = beganOf(identity.pid);
  if (began === undefined || identity.began === '') return 'alive';
  return began === identity.began ? 'alive' : 'dead';
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Not ours to signal, so it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Where `proc(5)` has the start time, counted from the state, which follows the command's name in brackets. */
const STARTTIME_FIELD = 19;

/** @returns boot and start of a process; `gone` for one that ended and is not yet reaped; undefined when not told */
function beganOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return 'gone';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}:${fields[STARTTIME_FIELD]}`;
  } catch {
    return undefined;
  }
}

function namespaceOfThis(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
