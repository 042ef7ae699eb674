/**
 * What every model file has in common, so that any of them can take the place of any other.
 *
 * Input `window`: float32 [batch, 25, 64], raw features, oldest first. Output `probabilities`: float32 [batch, 3, 3], for each
 * horizon the probabilities of a fall, of neither and of a rise. Normalisation and calibration are inside the graph.
 */

/** Rows of a window. */
export const WINDOW_STEPS = 25;

/** Distance of two rows of a window, milliseconds. */
export const WINDOW_EVERY_MS = 200;

/** Numbers of one row. */
export const FEATURES_IN_ROW = 64;

/** Numbers of one window. */
export const WINDOW_LENGTH = WINDOW_STEPS * FEATURES_IN_ROW;

/** What is predicted: the mid this many milliseconds ahead. */
export const HORIZONS_MS = [100, 200, 500] as const;

/** Bearish, neutral, bullish. */
export const CLASSES = 3;

/** Numbers of one answer. */
export const ANSWER_LENGTH = HORIZONS_MS.length * CLASSES;

/** Windows that one run takes at most: as many as a session has markets. */
export const BATCH_MOST = 16;

/** A model file is no larger than this. */
export const MODEL_MOST_BYTES = 5 * 1_048_576;

/** Name of the input. */
export const INPUT_NAME = 'window';

/** Name of the output. */
export const OUTPUT_NAME = 'probabilities';

/** What kinds of models there are. */
export const MODEL_KINDS = ['linear', 'trees', 'lstm', 'transformer', 'ensemble'] as const;

/** See {@link MODEL_KINDS}. */
export type ModelKind = (typeof MODEL_KINDS)[number];

/** What markets a model is for: those of the Sei chain, or Binance's. */
export const DOMAINS = ['binance', 'sei'] as const;

/** See {@link DOMAINS}. */
export type Domain = (typeof DOMAINS)[number];

/** One version of one model, `binance-trees/1`: its folder below `models/`. */
export interface ModelRef {
  readonly domain: Domain;
  readonly kind: ModelKind;
  /** Rises from 1. */
  readonly version: number;
}

const REF = new RegExp(`^(${DOMAINS.join('|')})-(${MODEL_KINDS.join('|')})/([1-9]\\d{0,5})$`);

/** What a reference has to look like, for messages. */
export const REF_FORM = `DOMAIN-KIND/VERSION, as in binance-trees/1 (domains: ${DOMAINS.join(', ')}; kinds: ${MODEL_KINDS.join(', ')})`;

/** A reference out of its text, or undefined when it is none. */
export function parseRef(text: string): ModelRef | undefined {
  const parts = REF.exec(text);
  if (parts === null) return undefined;
  return { domain: parts[1] as Domain, kind: parts[2] as ModelKind, version: Number(parts[3]) };
}

/** `binance-trees`: the folder of all versions. */
export function nameOf({ domain, kind }: Pick<ModelRef, 'domain' | 'kind'>): string {
  return `${domain}-${kind}`;
}

/** `binance-trees/1` */
export function refText(ref: ModelRef): string {
  return `${nameOf(ref)}/${ref.version}`;
}
