import { drawMarble } from './draw_marble.ts';
import type { Marble } from './parse_marble.ts';
import type { MarbleRun } from './run_marble.ts';
import { subjects } from './subjects.ts';

/** Where the pictures and their index lie, relative to the repository. */
export const GALLERY = 'docs/marbles';

/** The order of the index, and what each folder of `marbles/` shows. */
const CHAPTERS = [
  ['operators', 'Operators'],
  ['kernel', 'The kernel: mailboxes, supervision, feedback'],
  ['pipeline', 'The pipeline'],
  ['risk', 'Risk: what each breaker does'],
] as const;

/** The name of a marble's picture: `operators/sample_ties.marble` becomes `operators-sample_ties.svg`. */
export function pictureOf({ path }: Marble): string {
  return path
    .replace(/^marbles\//, '')
    .replace(/\.marble$/, '.svg')
    .replaceAll('/', '-');
}

/** All files of the gallery by their name, index included. */
export function gallery(runs: readonly MarbleRun[]): Map<string, string> {
  const files = new Map(runs.map((run) => [pictureOf(run.marble), drawMarble(run)]));
  return files.set('README.md', index(runs.map(({ marble }) => marble)));
}

function index(marbles: readonly Marble[]): string {
  const parts = [
    '# Marbles',
    'How operators, kernel and pipeline behave in time. Each picture is drawn from what the real thing emitted when its',
    'text form was executed; `npm test` executes them all, and `npm run marbles:draw` draws them anew with this page.',
    'Circles are values, a bar is completion, a cross an error. Inputs are above the box, outputs below.',
  ];
  const lines = [parts[0]!, '', ...parts.slice(1), ''];
  for (const [folder, title] of CHAPTERS) {
    lines.push(`## ${title}`, '');
    for (const marble of marbles.filter(({ path }) => path.startsWith(`marbles/${folder}/`)))
      lines.push(...entry(marble));
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

function entry(marble: Marble): string[] {
  const { title, sentence, path, subject, parameters, legend } = marble;
  const meanings = [...parameters, ...legend].map(([key, { value }]) => `\`${key}\` ${JSON.stringify(value)}`);
  return [
    `### ${title}`,
    '',
    sentence,
    '',
    `![${title}](${pictureOf(marble)})`,
    '',
    ...(meanings.length === 0 ? [] : [meanings.join(' · '), '']),
    `[${path}](../../${path}), run against ${subjects[subject.name]!.about}`,
    '',
  ];
}
