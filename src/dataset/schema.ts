import { Bool, Field, FixedSizeList, Float32, Float64, Int8, Int32, Schema } from 'apache-arrow';
import { FEATURE_COUNT } from '../../streams/features/types.ts';

/** Name and version of the layout below. A reader refuses any other. */
export const DATASET_FORMAT = 'flashmm-dataset/1';

/** The horizons of labels, milliseconds. */
export const HORIZONS_MS = [100, 200, 500] as const;

/** Which markets a model may be asked about: those of Binance, or those of Sei's DEX. */
export type Domain = 'binance' | 'sei';

/** What the schema of a dataset says besides its columns. */
export interface DatasetMetadata {
  /** SHA-256 of the list of features, hexadecimal: a model trained on it takes no others. */
  readonly featuresHash: string;
  readonly featureNames: readonly string[];
  /** What becomes of each feature when bid and ask change places: `odd`, `even`, or the feature it changes places with. */
  readonly featureMirror: readonly string[];
  readonly market: string;
  readonly venue: string;
  readonly domain: Domain;
  /** Distance of rows, milliseconds. */
  readonly everyMs: number;
  readonly thresholdBps: number;
  readonly smoothingMs: number;
  /** File names without folders, or what was simulated. */
  readonly source: string;
  /** SHA-256 of each file, hexadecimal, or of what the simulation was made from. */
  readonly sourceSha256: string;
  /** Version of the program. */
  readonly flashmm: string;
}

const floats = (name: string, nullable = false): Field => new Field(name, new Float32(), nullable);

/** The columns of a dataset, in their order: see docs/intelligence.md. */
export const DATASET_FIELDS: readonly Field[] = [
  new Field('ts_us', new Float64(), false),
  new Field('segment', new Int32(), false),
  new Field('warm', new Bool(), false),
  new Field('features', new FixedSizeList(FEATURE_COUNT, floats('item')), false),
  ...HORIZONS_MS.map((ms) => new Field(`label_${ms}`, new Int8(), false)),
  ...HORIZONS_MS.map((ms) => floats(`move_bps_${ms}`)),
  new Field('mid_tick', new Float64(), false),
  floats('top_imbalance'),
  floats('sentiment', true),
];

/** The Arrow schema of a dataset. */
export function datasetSchema(metadata: DatasetMetadata): Schema {
  const { featureNames, featureMirror, market, venue, domain, source, flashmm } = metadata;
  return new Schema(
    [...DATASET_FIELDS],
    new Map([
      ['format', DATASET_FORMAT],
      ['features_hash', metadata.featuresHash],
      ['feature_names', featureNames.join(',')],
      ['feature_mirror', featureMirror.join(',')],
      ['market', market],
      ['venue', venue],
      ['domain', domain],
      ['every_ms', String(metadata.everyMs)],
      ['horizons_ms', HORIZONS_MS.join(',')],
      ['threshold_bps', String(metadata.thresholdBps)],
      ['smoothing_ms', String(metadata.smoothingMs)],
      ['source', source],
      ['source_sha256', metadata.sourceSha256],
      ['flashmm', flashmm],
    ]),
  );
}

/**
 * Reads the metadata of a dataset's schema, and holds its columns against {@link DATASET_FIELDS}.
 *
 * @throws RangeError saying what is wrong and what was expected
 */
export function datasetMetadataOf({ metadata, fields }: Schema): DatasetMetadata {
  const format = metadata.get('format');
  if (format !== DATASET_FORMAT) throw new RangeError(`format '${format ?? ''}': expected ${DATASET_FORMAT}`);
  const columns = fields.map(({ name, type }) => `${name} ${type}`).join(', ');
  const expected = DATASET_FIELDS.map(({ name, type }) => `${name} ${type}`).join(', ');
  if (columns !== expected) throw new RangeError(`columns ${columns}: expected ${expected}`);
  const text = (key: string): string => {
    const value = metadata.get(key);
    if (value === undefined) throw new RangeError(`metadata '${key}' is missing`);
    return value;
  };
  const number = (key: string): number => {
    const value = Number(text(key));
    if (Number.isFinite(value) && value >= 0) return value;
    throw new RangeError(`metadata '${key}' is '${text(key)}': expected a number, 0 or more`);
  };
  const domain = text('domain');
  if (domain !== 'binance' && domain !== 'sei')
    throw new RangeError(`metadata 'domain' is '${domain}': expected binance or sei`);
  if (text('horizons_ms') !== HORIZONS_MS.join(','))
    throw new RangeError(`metadata 'horizons_ms' is '${text('horizons_ms')}': expected ${HORIZONS_MS.join(',')}`);
  return {
    featuresHash: text('features_hash'),
    featureNames: text('feature_names').split(','),
    featureMirror: text('feature_mirror').split(','),
    market: text('market'),
    venue: text('venue'),
    domain,
    everyMs: number('every_ms'),
    thresholdBps: number('threshold_bps'),
    smoothingMs: number('smoothing_ms'),
    source: text('source'),
    sourceSha256: text('source_sha256'),
    flashmm: text('flashmm'),
  };
}
