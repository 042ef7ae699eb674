import { at, type TextFile, type Violation } from './source.ts';

/** Written so that this file does not hold what it looks for. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\b(?:TO[D]O|FIX[M]E|X[X]X)\b/g, 'do it now, or open an issue and leave no mark here'],
  [/(?<![\w.])\/w[o]rk\/|(?<![\w.])\/r[o]ot\//g, 'a path of one machine: state it relative to the repository'],
];

/** No marks of unfinished work and no paths of one machine. */
export function noLeftovers(file: TextFile): readonly Violation[] {
  return FORBIDDEN.flatMap(([pattern, advice]) =>
    [...file.text.matchAll(pattern)].map((match) => at(file, match.index, `'${match[0]}': ${advice}`)),
  );
}

/** Marbles lie where the test that executes every one of them looks. */
export function marblesInTheirRoom({ path }: TextFile): readonly Violation[] {
  if (!path.endsWith('.marble') || path.startsWith('marbles/')) return [];
  return [{ path, line: 1, advice: 'nobody executes it here: move it to marbles/' }];
}
