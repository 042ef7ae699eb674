/** A structured array of numpy: fields of eight bytes each, in their order, with numpy's names of their types. */
export interface NpyLayout {
  /** What its elements are, for messages. */
  readonly elements: string;
  readonly fields: readonly (readonly [name: string, type: '<u8' | '<i8' | '<f8'])[];
}

/** Bytes of a field. */
export const FIELD_BYTES = 8;

/** hftbacktest's event array. */
export const EVENTS: NpyLayout = {
  elements: 'events',
  fields: [
    ...([
      ['ev', '<u8'],
      ['exch_ts', '<i8'],
      ['local_ts', '<i8'],
      ['px', '<f8'],
      ['qty', '<f8'],
    ] as const),
    ...([
      ['order_id', '<u8'],
      ['ival', '<i8'],
      ['fval', '<f8'],
    ] as const),
  ],
};

/** hftbacktest's array of round trips of orders, for its `IntpOrderLatency`. */
export const ROUND_TRIPS: NpyLayout = {
  elements: 'round trips',
  fields: [
    ['req_ts', '<i8'],
    ['exch_ts', '<i8'],
    ['resp_ts', '<i8'],
    ['_padding', '<i8'],
  ],
};

const MAGIC = Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]);
const ALIGNMENT = 64;

/** What stands before the elements of a `.npy` file. */
export interface NpyHeader {
  /** Bytes of the header: the elements begin behind them. */
  readonly bytes: number;
  readonly rows: number;
}

/**
 * Reads the header of a `.npy` file (numpy.lib.format, versions 1 to 3).
 *
 * @param head the first bytes of the file
 * @returns undefined when more bytes are needed
 * @throws RangeError when it is no one-dimensional array of this layout
 */
export function readNpyHeader(head: Uint8Array, { fields }: NpyLayout): NpyHeader | undefined {
  if (head.length < 12) return undefined;
  if (!MAGIC.every((byte, i) => head[i] === byte)) throw new RangeError('does not begin as a numpy array');
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const wide = head[6]! >= 2;
  const begin = wide ? 12 : 10;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  if (head.length < begin + length) return undefined;
  const text = new TextDecoder('latin1').decode(head.subarray(begin, begin + length));
  const shape = /'shape':\s*\((\d+),?\)/.exec(text);
  const descr = [...text.matchAll(/\('(\w+)',\s*'([<>|=]\w+)'\)/g)]
    .map(([, name, type]) => `${name} ${type}`)
    .join(', ');
  const expected = fields.map(([name, type]) => `${name} ${type}`).join(', ');
  if (descr !== expected) {
    throw new RangeError(
      `array of ${descr === '' ? text.trim().slice(0, 80) : descr}: expected hftbacktest 2's ${expected}`,
    );
  }
  if (shape === null) throw new RangeError(`array of more than one dimension: ${text.trim().slice(-60)}`);
  return { bytes: begin + length, rows: Number(shape[1]) };
}

/** The header of a `.npy` file of so many elements. */
export function npyHeader(rows: number, { fields }: NpyLayout = EVENTS): Uint8Array {
  const descr = fields.map(([name, type]) => `('${name}', '${type}')`).join(', ');
  const text = `{'descr': [${descr}], 'fortran_order': False, 'shape': (${rows},), }`;
  const length = Math.ceil((10 + text.length + 1) / ALIGNMENT) * ALIGNMENT - 10;
  const bytes = new Uint8Array(10 + length);
  bytes.set(MAGIC);
  bytes[6] = 1;
  new DataView(bytes.buffer).setUint16(8, length, true);
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10);
  return bytes;
}

/** hftbacktest's bits of the `ev` field; kinds are the lowest byte, the same numbers as a tape's. */
export const EV = { kind: 0xff, exchange: 2 ** 31, local: 2 ** 30, buy: 2 ** 29, sell: 2 ** 28 } as const;
