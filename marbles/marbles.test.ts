import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawMarble } from './draw_marble.ts';
import { GALLERY, gallery, pictureOf } from './gallery.ts';
import { ROOT, readMarbles } from './read_marbles.ts';
import { type MarbleRun, runMarble } from './run_marble.ts';
import { subjects } from './subjects.ts';

const files = readMarbles();

const REDRAW = 'is missing or outdated: npm run marbles:draw';

function picture(name: string): string | undefined {
  const path = join(ROOT, GALLERY, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

describe('marbles', () => {
  it.each(files.map((file) => [file.path, 'marble' in file ? file.marble.title : 'cannot be read', file] as const))(
    '%s: %s',
    (_path, _title, file) => {
      if ('problem' in file) throw file.problem;
      const run = runMarble(file.marble);
      for (const { name, expected, actual } of run.comparisons)
        expect({ [name]: actual }).toEqual({ [name]: expected });
      expect(picture(pictureOf(file.marble)) === drawMarble(run), `${pictureOf(file.marble)} ${REDRAW}`).toBe(true);
    },
  );

  it('are all in the gallery, and nothing else is', () => {
    const runs = files.flatMap((file): MarbleRun[] => ('marble' in file ? [runMarble(file.marble)] : []));
    const expected = gallery(runs);
    expect(readdirSync(join(ROOT, GALLERY)).sort()).toEqual([...expected.keys()].sort());
    expect(picture('README.md') === expected.get('README.md'), `README.md ${REDRAW}`).toBe(true);
  });

  it('show every subject, and every operator is one', () => {
    const shown = new Set(files.map((file) => ('marble' in file ? file.marble.subject.name : '')));
    expect(Object.keys(subjects).filter((name) => !shown.has(name))).toEqual([]);
    const operators = readdirSync(join(ROOT, 'streams/operators')).filter((name) => !name.endsWith('.test.ts'));
    const about = Object.values(subjects).map((subject) => subject.about);
    // The trip policies are parameters of the breaker.
    const missing = operators.filter(
      (name) => name !== 'trip_policy.ts' && !about.includes(`streams/operators/${name}`),
    );
    expect(missing).toEqual([]);
  });
});
