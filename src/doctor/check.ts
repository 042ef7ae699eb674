import type { LoadedConfig } from '../config/load.ts';

/** What one check found. */
export interface Finding {
  /** `node`, `settings`, `port 8000` */
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was seen, with its unit. */
  readonly detail: string;
  /** What to do about it; the empty string when nothing is to be done. */
  readonly advice: string;
}

/** What the checks look at besides the machine itself. */
export interface DoctorInput {
  readonly loaded: LoadedConfig;
  readonly signal: AbortSignal;
}

/** A check: looks at one thing and returns one finding or several. It never throws for what it is there to find. */
export type Check = (input: DoctorInput) => Promise<readonly Finding[]>;

/** Something is as it should be. */
export const ok = (name: string, detail: string): Finding => ({ name, status: 'ok', detail, advice: '' });

/** Something works, but should be looked at. */
export const warn = (name: string, detail: string, advice: string): Finding => ({
  name,
  status: 'warn',
  detail,
  advice,
});

/** Something would keep FlashMM from working. */
export const fail = (name: string, detail: string, advice: string): Finding => ({
  name,
  status: 'fail',
  detail,
  advice,
});
