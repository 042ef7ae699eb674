import { crc32 } from 'node:zlib';

/** The first four bytes of a segment of the input journal. */
export const MAGIC = 'FMMJ';

/** The next four bytes: the version of the format, u32 little-endian. */
export const FORMAT_VERSION = 1;

/** Name and version together. */
export const PREAMBLE_BYTES = 8;

/** A frame's head: length of its payload, CRC-32 of its payload, CRC-32 of those eight bytes; u32 little-endian each. */
export const HEAD_BYTES = 12;

/** Longest payload: a snapshot of many deep books; anything longer is not ours. */
export const PAYLOAD_BYTES_MOST = 256 * 1024 * 1024;

/** What a frame holds; the first byte of its payload. The account journal has frames of type `account` alone. */
export const FRAME = { header: 1, snapshot: 2, input: 3, mark: 4, close: 5, account: 6 } as const;

/** One of the numbers of {@link FRAME}. */
export type FrameType = (typeof FRAME)[keyof typeof FRAME];

/** The bytes that begin a segment. */
export function preamble(magic: string = MAGIC, version: number = FORMAT_VERSION): Buffer {
  const bytes = Buffer.alloc(PREAMBLE_BYTES);
  bytes.write(magic, 'latin1');
  bytes.writeUInt32LE(version, 4);
  return bytes;
}

/**
 * A frame: head, type, and the value as JSON.
 *
 * The head has a checksum of its own, so that a damaged length is told from a frame that was cut short, whatever it says.
 *
 * @throws RangeError when it is longer than {@link PAYLOAD_BYTES_MOST}
 */
export function encodeFrame(type: FrameType, value: unknown): Buffer {
  const json = JSON.stringify(value);
  const length = 1 + Buffer.byteLength(json);
  if (length > PAYLOAD_BYTES_MOST)
    throw new RangeError(`journal frame of ${length} bytes: the most is ${PAYLOAD_BYTES_MOST}`);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + length);
  frame[HEAD_BYTES] = type;
  frame.write(json, HEAD_BYTES + 1);
  frame.writeUInt32LE(length, 0);
  frame.writeUInt32LE(crc32(frame.subarray(HEAD_BYTES)), 4);
  frame.writeUInt32LE(crc32(frame.subarray(0, 8)), 8);
  return frame;
}

/** The length of the payload that a frame's head announces. @returns a text that says what is wrong, otherwise */
export function payloadLength(head: Buffer): number | string {
  if (crc32(head.subarray(0, 8)) !== head.readUInt32LE(8)) return 'the checksum of the frame head is wrong';
  const length = head.readUInt32LE(0);
  if (length < 1 || length > PAYLOAD_BYTES_MOST)
    return `a payload of ${length} bytes: expected 1 to ${PAYLOAD_BYTES_MOST}`;
  return length;
}

/** @returns what is wrong with a frame's payload, or undefined */
export function payloadFault(head: Buffer, payload: Buffer): string | undefined {
  if (crc32(payload) !== head.readUInt32LE(4)) return 'the checksum of the payload is wrong';
  const type = payload[0]!;
  return type < FRAME.header || type > FRAME.account
    ? `frame type ${type}: expected ${FRAME.header} to ${FRAME.account}`
    : undefined;
}
