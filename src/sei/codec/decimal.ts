/**
 * The chain's decimals (`sdk.Dec`): integers scaled by 10^18. On the protobuf wire such a number is the text of the
 * scaled integer (1.01 is `1010000000000000000`); in JSON, REST and events it is written with all 18 decimals. Here it
 * is always a bigint, and no floating point number ever comes near it.
 */

/** Decimal places of a chain decimal. */
export const DECIMAL_PLACES = 18;

/** The scaled integer that stands for one. */
export const DECIMAL_ONE = 10n ** 18n;

/**
 * Most digits of a scaled integer: the chain holds 256 bits and 59 more for the fraction (cosmos-sdk `maxDecBitLen`).
 */
export const DECIMAL_MAX_DIGITS = 95;

const PLAIN = /^(-?)(\d{1,77})(?:\.(\d{1,18}))?$/;
const SCALED = /^-?\d{1,95}$/;

/**
 * Parses ordinary decimal text exactly: `"1.01"` is 1010000000000000000n.
 *
 * @throws RangeError for anything but digits with at most 18 decimals (no exponent, no sign but a leading minus)
 */
export function parseDecimal(text: string): bigint {
  const match = PLAIN.exec(text);
  if (match === null) throw new RangeError(`decimal ${quote(text)}: expected digits with at most 18 decimals`);
  const [, sign, whole, fraction = ''] = match;
  const scaled = BigInt(whole! + fraction.padEnd(DECIMAL_PLACES, '0'));
  return sign === '-' ? -scaled : scaled;
}

/**
 * Writes a scaled integer with all 18 decimals, as the chain's JSON does: 1010000000000000000n is
 * `1.010000000000000000`.
 */
export function formatDecimal(scaled: bigint): string {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(DECIMAL_PLACES + 1, '0');
  const point = digits.length - DECIMAL_PLACES;
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/**
 * Parses the text of a scaled integer as the protobuf wire carries it; the empty string (an absent field) is zero.
 *
 * @throws RangeError for anything but an integer of at most {@link DECIMAL_MAX_DIGITS} digits
 */
export function parseScaled(text: string): bigint {
  if (text === '') return 0n;
  if (!SCALED.test(text)) throw new RangeError(`decimal ${quote(text)}: expected the text of an integer × 10^18`);
  return BigInt(text);
}

/** At most 40 characters of foreign text, quoted, so that an error stays short. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
