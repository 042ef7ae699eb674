/** Draws all marbles anew: `npm run marbles:draw`. Exits with 1, and draws nothing, when one does not behave as drawn. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { GALLERY, gallery } from './gallery.ts';
import { ROOT, readMarbles } from './read_marbles.ts';
import { runMarble } from './run_marble.ts';

const runs = readMarbles().map((file) => {
  if ('problem' in file) throw file.problem;
  const run = runMarble(file.marble);
  for (const { name, expected, actual } of run.comparisons) {
    if (!isDeepStrictEqual(expected, actual)) throw new Error(`${file.path}: ${name} is not as drawn: see npm test`);
  }
  return run;
});

const files = gallery(runs);
mkdirSync(join(ROOT, GALLERY), { recursive: true });
for (const name of readdirSync(join(ROOT, GALLERY))) if (!files.has(name)) rmSync(join(ROOT, GALLERY, name));
for (const [name, text] of files) writeFileSync(join(ROOT, GALLERY, name), text);
console.log(`${runs.length} marbles drawn in ${GALLERY}`);
