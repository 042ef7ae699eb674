import { z } from 'zod';
import { Secret } from './secret.ts';

/** What the schema knows of a setting besides its type; the reference page and the error messages print it. */
export interface SettingMeta {
  readonly description: string;
  /** The expected form in words, where the type alone does not say it. */
  readonly expected?: string;
  /** Names of environment variables that set it besides `FLASHMM_<SECTION>_<KEY>`. */
  readonly env?: readonly string[];
  /** Accepted and checked, but nothing reads it yet. */
  readonly reserved?: true;
  readonly secret?: true;
}

const META = new WeakMap<z.ZodType, SettingMeta>();

/** Attaches what is known of a setting to its schema. */
export function setting<T extends z.ZodType>(
  schema: T,
  description: string,
  more: Omit<SettingMeta, 'description'> = {},
) {
  META.set(schema, { description, ...more });
  return schema;
}

/**
 * What {@link setting} attached.
 *
 * @throws TypeError when the schema was not made by {@link setting}: every key is described
 */
export function metaOf(schema: z.ZodType): SettingMeta {
  const meta = META.get(schema);
  if (meta === undefined) throw new TypeError('every key of the configuration schema needs a description');
  return meta;
}

const DECIMAL = /^-?(0|[1-9]\d{0,17})(\.\d{1,18})?$/;

/**
 * A decimal number from `least` to `most`, as an exact text: `0.1` and `"0.1"` both give `"0.1"`. Money, prices and sizes
 * are never binary fractions, not even on their way in.
 */
export function decimal(least: number, most: number) {
  const expected = `expected a decimal number from ${least} to ${most}`;
  return z
    .union([z.string(), z.number()], { error: expected })
    .transform((value) => String(value))
    .refine((text) => DECIMAL.test(text) && Number(text) >= least && Number(text) <= most, { error: expected });
}

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number) {
  const error = `expected a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

/** A number from `least` to `most`. */
export function real(least: number, most: number) {
  const error = `expected a number from ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error });
}

/** One of some words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, { error: `expected one of ${words.join(', ')}` });
}

/** `true` or `false`. */
export function flag() {
  return z.boolean({ error: 'expected true or false' });
}

/** A text of at most `most` characters; `pattern` and its description narrow it. */
export function text(most: number, pattern?: RegExp, expected = `a text of at most ${most} characters`) {
  const error = `expected ${expected}`;
  const base = z.string({ error }).max(most, { error });
  return pattern === undefined ? base : base.regex(pattern, { error });
}

/** A URL with one of the given schemes, without a trailing slash; no user or password, since it is shown and logged. */
export function url(...schemes: readonly string[]) {
  const begins = schemes.map((scheme) => `${scheme}://`).join(' or ');
  const error = `expected a URL that begins with ${begins}, without user and password`;
  const fits = (value: string): boolean => {
    if (!URL.canParse(value)) return false;
    const { protocol, username, password } = new URL(value);
    return schemes.includes(protocol.slice(0, -1)) && username === '' && password === '';
  };
  return z
    .string({ error })
    .max(2_048, { error })
    .refine(fits, { error })
    .transform((value) => value.replace(/\/+$/, ''));
}

/** A text that is never printed; the empty text means none. */
export function secret(most = 4_096) {
  const error = `expected a text of at most ${most} characters`;
  return z
    .string({ error })
    .max(most, { error })
    .transform((value) => (value === '' ? null : new Secret(value)));
}
