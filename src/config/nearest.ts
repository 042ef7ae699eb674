import { closest, distance } from 'fastest-levenshtein';

/** A guess further away than this share of the word is no help. */
const DISTANCE_SHARE_MAX = 0.4;

/** What was cut short is recognised from this many letters on. */
const PREFIX_LEAST = 3;

/** The known word nearest to a mistyped or shortened one, or undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const longer = word.length < PREFIX_LEAST ? undefined : known.find((one) => one.startsWith(word));
  if (longer !== undefined) return longer;
  const best = closest(word, known as string[]);
  return distance(word, best) <= Math.max(1, Math.floor(word.length * DISTANCE_SHARE_MAX)) ? best : undefined;
}

/** `; did you mean 'x'?`, or the empty string when nothing is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const best = nearest(word, known);
  return best === undefined ? '' : `; did you mean '${best}'?`;
}
