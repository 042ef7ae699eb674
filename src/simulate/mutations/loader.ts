import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Edit, Mutation } from './mutations.ts';

/** The root of the repository. */
const ROOT = new URL('../../../', import.meta.url);

/**
 * Has the modules that this thread loads from now on changed as a mutation says. Nothing on disk changes, and the code under test
 * holds nothing that could be switched.
 *
 * @throws Error while loading, when the text that an edit looks for is not there exactly once
 */
export function mutate({ edits }: Mutation): void {
  const byUrl = new Map<string, Edit[]>();
  for (const edit of edits) {
    const { href } = new URL(edit.file, ROOT);
    byUrl.set(href, [...(byUrl.get(href) ?? []), edit]);
  }
  registerHooks({
    load(url, context, nextLoad) {
      const found = byUrl.get(url);
      if (found === undefined) return nextLoad(url, context);
      const source = found.reduce(edited, readFileSync(fileURLToPath(url), 'utf8'));
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}

/** A file's text with an edit done. @throws Error when what is to be replaced is not there exactly once */
export function edited(text: string, { file, search, replace }: Edit): string {
  const parts = text.split(search);
  if (parts.length !== 2) throw new Error(`${file}: '${search}' occurs ${parts.length - 1} times: expected once`);
  return parts.join(replace);
}

/** The text of a file that an edit is about. */
export function textOf({ file }: Edit): string {
  return readFileSync(new URL(file, ROOT), 'utf8');
}
