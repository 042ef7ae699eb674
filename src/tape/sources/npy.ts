/** The fields of hftbacktest's event array, eight bytes each, in their order. */
export const EVENT_FIELDS = ['ev', 'exch_ts', 'local_ts', 'px', 'qty', 'order_id', 'ival', 'fval'] as const;

/** Bytes of an event. */
export const EVENT_BYTES = 64;

const MAGIC = Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]);
const ALIGNMENT = 64;

/** numpy's names of the types, in the order of {@link EVENT_FIELDS}. */
const TYPES = ['<u8', '<i8', '<i8', '<f8', '<f8', '<u8', '<i8', '<f8'] as const;

/** What stands before the events of a `.npy` file. */
export interface NpyHeader {
  /** Bytes of the header: the events begin behind them. */
  readonly bytes: number;
  readonly rows: number;
}

/**
 * Reads the header of a `.npy` file (numpy.lib.format, versions 1 to 3).
 *
 * @param head the first bytes of the file
 * @returns undefined when more bytes are needed
 * @throws RangeError when it is no one-dimensional array of hftbacktest's events
 */
export function readNpyHeader(head: Uint8Array): NpyHeader | undefined {
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
  const expected = EVENT_FIELDS.map((name, i) => `${name} ${TYPES[i]}`).join(', ');
  if (descr !== expected) {
    throw new RangeError(
      `array of ${descr === '' ? text.trim().slice(0, 80) : descr}: expected hftbacktest 2's ${expected}`,
    );
  }
  if (shape === null) throw new RangeError(`array of more than one dimension: ${text.trim().slice(-60)}`);
  return { bytes: begin + length, rows: Number(shape[1]) };
}

/** The header of a `.npy` file of so many events. */
export function npyHeader(rows: number): Uint8Array {
  const descr = EVENT_FIELDS.map((name, i) => `('${name}', '${TYPES[i]}')`).join(', ');
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
