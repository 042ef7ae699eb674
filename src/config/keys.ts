import { z } from 'zod';
import { SECTIONS } from './schema.ts';
import { metaOf, type SettingMeta } from './values.ts';

/** One key of a section: where it stands, how it is parsed, what is known of it. */
export interface KnownKey {
  /** `risk.max_position_usdc` */
  readonly path: string;
  readonly section: keyof typeof SECTIONS;
  readonly key: string;
  readonly schema: z.ZodType;
  readonly meta: SettingMeta;
  /** Names of environment variables that set it, the weakest first, `FLASHMM_…` last. */
  readonly env: readonly string[];
}

/** Every key but `markets`, by path, in the order of the schema. */
export const KNOWN_KEYS: ReadonlyMap<string, KnownKey> = new Map(
  Object.entries(SECTIONS).flatMap(([section, schema]) =>
    Object.entries(schema.shape as Record<string, z.ZodType>).map(([key, leaf]): [string, KnownKey] => {
      const meta = metaOf(leaf);
      const path = `${section}.${key}`;
      const env = [...(meta.env ?? []), `FLASHMM_${section}_${key}`.toUpperCase()];
      return [path, { path, section: section as keyof typeof SECTIONS, key, schema: leaf, meta, env }];
    }),
  ),
);

/** The schema under a default. */
export function withoutDefault(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault ? (schema.unwrap() as z.ZodType) : schema;
}

/** What a key is when nobody sets it, as parsed; undefined when it must be set. */
export function defaultOf(schema: z.ZodType): unknown {
  return schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
}

/**
 * A value that came as text (environment, flag) in the type that its key wants: numbers, `true`/`false`, lists separated by
 * commas. What does not fit stays text, and the schema refuses it.
 */
export function fromText(schema: z.ZodType, value: string): unknown {
  const inner = withoutDefault(schema);
  const trimmed = value.trim();
  if (inner instanceof z.ZodNumber) return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : value;
  if (inner instanceof z.ZodBoolean) {
    if (/^(true|1|yes|on)$/i.test(trimmed)) return true;
    return /^(false|0|no|off)$/i.test(trimmed) ? false : value;
  }
  if (inner instanceof z.ZodArray) {
    return trimmed
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '');
  }
  return value;
}
