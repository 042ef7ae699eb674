import type { Command } from './command.ts';

/** A command as the list of commands knows it; its module is loaded only when it is asked for, so that help is quick. */
export interface Entry {
  readonly name: string;
  /** The same text as the command's own summary; a test compares them. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every command, in the order of the help. */
export const REGISTRY: readonly Entry[] = [
  {
    name: 'doctor',
    summary: 'Check this machine, the settings and the endpoints, and say what to do.',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'config',
    summary: 'Print the effective configuration and where each value came from.',
    load: () => import('./commands/config.ts'),
  },
];
