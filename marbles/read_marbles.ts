import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Marble, parseMarble } from './parse_marble.ts';

/** The repository's root. */
export const ROOT = join(import.meta.dirname, '..');

/** A marble that can be read, or why it cannot. */
export type MarbleFile = { readonly path: string } & ({ readonly marble: Marble } | { readonly problem: unknown });

/** Reads every `.marble` file below this folder, in the order of their paths; paths are relative to the repository. */
export function readMarbles(): MarbleFile[] {
  const paths = globSync('**/*.marble', { cwd: import.meta.dirname }).map((path) => `marbles/${path}`);
  return paths.sort().map((path) => {
    try {
      return { path, marble: parseMarble(path, readFileSync(join(ROOT, path), 'utf8')) };
    } catch (problem) {
      return { path, problem };
    }
  });
}
