/**
 * Int64 columns as pairs of 32-bit words, low word first as Arrow stores them: reading a BigInt64Array would make a BigInt a
 * row, and nanoseconds since the epoch are beyond what a double counts exactly. Seconds and nanoseconds apart are.
 */

const WORD = 4_294_967_296;
const NANOS_PER_S = 1e9;

// 1e9 = SCALE * 2^9, and seconds * SCALE stays exact until the year 2116.
const SCALE = 1_953_125;
const SHIFT = 512;
const REST_BITS = 23;
const REST = 1 << REST_BITS;

/** Writes a time as nanoseconds since the epoch into the pair of words at an index. @param s at most 4.6e9 */
export function storeNanos(words: Uint32Array, at: number, s: number, ns: number): void {
  const scaled = s * SCALE;
  const high = Math.floor(scaled / REST);
  const low = (scaled - high * REST) * SHIFT + ns;
  words[2 * at] = low;
  words[2 * at + 1] = low >= WORD ? high + 1 : high;
}

/** Writes an integer of at most 2^53 in size into the pair of words at an index. */
export function storeInteger(words: Uint32Array, at: number, value: number): void {
  const high = Math.floor(value / WORD);
  words[2 * at] = value - high * WORD;
  words[2 * at + 1] = high;
}

/** The integer in the pair of words at an index; exact up to 2^53. */
export function loadInteger(words: Uint32Array, at: number): number {
  return (words[2 * at + 1]! | 0) * WORD + words[2 * at]!;
}

/** Splits nanoseconds since the epoch, the pair of words at an index, into seconds and nanoseconds beyond. */
export function loadSeconds(words: Uint32Array, at: number): number {
  // The quotient of the rounded double is off by one second at most, next to a whole second.
  const rounded = Math.floor(loadInteger(words, at) / NANOS_PER_S);
  const rest = nanosSince(words, at, rounded);
  return rest < 0 ? rounded - 1 : rest >= NANOS_PER_S ? rounded + 1 : rounded;
}

/** Nanoseconds from a whole second to the time in the pair of words at an index; exact up to 104 days from there. */
export function nanosSince(words: Uint32Array, at: number, originS: number): number {
  const scaled = originS * SCALE;
  const high = Math.floor(scaled / REST);
  const low = (scaled - high * REST) * SHIFT;
  return ((words[2 * at + 1]! | 0) - high) * WORD + (words[2 * at]! - low);
}

/**
 * The times of a column as nanoseconds from a whole second, NaN where the column holds 0.
 *
 * @param into at least `length` long
 */
export function decodeNanos(words: Uint32Array, length: number, originS: number, into: Float64Array): void {
  const scaled = originS * SCALE;
  const originHigh = Math.floor(scaled / REST);
  const originLow = (scaled - originHigh * REST) * SHIFT;
  for (let i = 0; i < length; i += 1) {
    const low = words[2 * i]!;
    const high = words[2 * i + 1]! | 0;
    into[i] = high === 0 && low === 0 ? Number.NaN : (high - originHigh) * WORD + (low - originLow);
  }
}
