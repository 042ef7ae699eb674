import { Field, Schema } from 'apache-arrow/schema';
import { Float64, Int8, Int32, Int64, TimestampNanosecond, Uint8 } from 'apache-arrow/type';
import { z } from 'zod';
import type { Market } from '../../streams/market/types.ts';
import { type MarketScales, scaleOf } from '../../streams/market/units.ts';
import { CHECKSUM_TO_COME } from './checksum.ts';

/** The version of the layout below. A reader refuses any other. */
export const TAPE_VERSION = '1';

/** A market as a tape names it: the venue may be one that FlashMM does not trade on, such as NASDAQ. */
export type TapeMarket = Omit<Market, 'venue'> & { readonly venue: string };

/** The scales of a tape's prices and sizes. @throws RangeError when tick or lot is no positive decimal */
export function tapeScales({ tickSize, lotSize }: TapeMarket): MarketScales {
  return { price: scaleOf(tickSize), size: scaleOf(lotSize) };
}

/** Where the rows of a tape come from. */
export interface TapeOrigin {
  /** The import format, `recording`, `neutral` …, or `cut`. */
  readonly format: string;
  /** File names without folders. */
  readonly files: readonly string[];
}

/** What the schema of a tape says besides its columns. */
export interface TapeMetadata {
  readonly market: TapeMarket;
  readonly origin: TapeOrigin;
}

/** What a reader finds in the schema of a tape. */
export interface ReadMetadata extends TapeMetadata {
  /** CRC-32 of the record batches as they were written, eight hexadecimal digits; none in a tape that another program wrote. */
  readonly checksum: string | undefined;
}

/**
 * The columns of a tape, in their order. All of fixed width and without nulls, so that each is one buffer of a record batch:
 * a typed array as it lies in the file. 55 bytes a row.
 */
export const COLUMNS = [
  { name: 'receive_time', type: new TimestampNanosecond('UTC'), bytes: 8 },
  { name: 'event_time', type: new TimestampNanosecond('UTC'), bytes: 8 },
  { name: 'kind', type: new Uint8(), bytes: 1 },
  { name: 'side', type: new Int8(), bytes: 1 },
  { name: 'flags', type: new Uint8(), bytes: 1 },
  { name: 'price_tick', type: new Int32(), bytes: 4 },
  { name: 'size_lots', type: new Float64(), bytes: 8 },
  { name: 'first_id', type: new Int64(), bytes: 8 },
  { name: 'last_id', type: new Int64(), bytes: 8 },
  { name: 'previous_id', type: new Int64(), bytes: 8 },
] as const;

/** The name of a column. */
export type ColumnName = (typeof COLUMNS)[number]['name'];

const VERSION_KEY = 'flashmm.tape';
const MARKET_KEY = 'flashmm.market';
const ORIGIN_KEY = 'flashmm.origin';
const CHECKSUM_KEY = 'flashmm.crc32';

const decimal = z.string().regex(/^\d{1,12}(\.\d{1,12})?$/);

const marketSchema = z.strictObject({
  symbol: z.string().min(1).max(60),
  venue: z.string().min(1).max(60),
  base: z.string(),
  quote: z.string(),
  tickSize: decimal,
  lotSize: decimal,
  orderStepLots: z.number().int().positive().optional(),
  contract: z.enum(['linear', 'inverse']),
  contractSize: decimal,
});

const originSchema = z.strictObject({ format: z.string(), files: z.array(z.string()) });

/** The Arrow schema of a tape. */
export function tapeSchema({ market, origin }: TapeMetadata): Schema {
  const fields = COLUMNS.map(({ name, type }) => new Field(name, type, false));
  const metadata = new Map([
    [VERSION_KEY, TAPE_VERSION],
    [MARKET_KEY, JSON.stringify(market)],
    [ORIGIN_KEY, JSON.stringify(origin)],
    [CHECKSUM_KEY, CHECKSUM_TO_COME],
  ]);
  return new Schema(fields, metadata);
}

/**
 * Reads the metadata of a tape's schema, and holds its columns against {@link COLUMNS}.
 *
 * @throws RangeError saying what is wrong and what was expected
 */
export function metadataOf(schema: Schema): ReadMetadata {
  const version = schema.metadata.get(VERSION_KEY);
  if (version === undefined) throw new RangeError(`an Arrow file without '${VERSION_KEY}' in its metadata: no tape`);
  if (version !== TAPE_VERSION) throw new RangeError(`tape version '${version}': expected ${TAPE_VERSION}`);
  const columns = schema.fields.map(({ name, type }) => `${name} ${type}`).join(', ');
  const expected = COLUMNS.map(({ name, type }) => `${name} ${type}`).join(', ');
  if (columns !== expected) throw new RangeError(`columns ${columns}: expected ${expected}`);
  // Optional keys are absent, never undefined, which is what the type says and zod's output does not.
  const market = parsed(schema, MARKET_KEY, marketSchema) as TapeMarket;
  return { market, origin: parsed(schema, ORIGIN_KEY, originSchema), checksum: schema.metadata.get(CHECKSUM_KEY) };
}

function parsed<T>(schema: Schema, key: string, expected: z.ZodType<T>): T {
  const text = schema.metadata.get(key) ?? 'null';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RangeError(`metadata '${key}' is no JSON: ${text.slice(0, 80)}`);
  }
  const result = expected.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new RangeError(`metadata '${key}', ${issue.path.join('.') || 'value'}: ${issue.message}`);
}
