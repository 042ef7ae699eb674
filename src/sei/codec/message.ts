import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { toBase64 } from '@cosmjs/encoding';
import { formatDecimal, parseScaled } from './decimal.ts';

/**
 * Protobuf messages described by a table of fields, on the wire reader and writer of `@bufbuild/protobuf`.
 *
 * A table gives the TypeScript type, the encoder, the decoder and the JSON form at once, so that none of them can drift
 * from the field numbers. All 64-bit integers are bigints: the writer covers the whole range, which `cosmjs-types` 0.9
 * to 0.11 does not (it writes [2^31, 2^32) as zeros).
 */

/**
 * Most bytes {@link Codec.decode} takes unless told otherwise: several times the largest block result of a dex block.
 */
export const MESSAGE_MAX_BYTES = 4 * 1024 * 1024;

/** Most elements of one repeated field: two bytes of input can make an element, so the byte limit alone is too weak. */
export const REPEATED_MAX = 65_536;

/** Unknown groups may nest this deep before they are refused; the messages here use no groups. */
const GROUP_DEPTH_MAX = 8;

/** Bytes that are no such message. The text names message, field, value and what was expected. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** One field of a message: its number and how its value is read, written and shown as JSON. */
export interface Field<T> {
  readonly number: number;
  /** The name in the chain's JSON where it differs from the property's. */
  readonly jsonName: string | undefined;
  initial(): T;
  read(reader: BinaryReader, wireType: WireType, before: T): T;
  write(writer: BinaryWriter, value: T): void;
  toJson(value: T): unknown;
}

/** A message's table of fields by property name. */
export type Shape = Readonly<Record<string, Field<unknown>>>;

/** The value type that a table describes. */
export type ValueOf<S extends Shape> = { readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never };

/** The message type of a codec. */
export type MessageOf<C> = C extends Codec<infer T> ? T : never;

/** What encodes, decodes and shows one message type. */
export interface Codec<T> {
  /** Full protobuf name, `seiprotocol.seichain.dex.MsgPlaceOrders`. */
  readonly typeName: string;
  /** The name as `google.protobuf.Any` has it: a slash and {@link typeName}. */
  readonly typeUrl: string;
  /** A whole message from some fields; the rest get protobuf's defaults. */
  create(fields?: Partial<T>): T;
  encode(message: Partial<T>): Uint8Array;
  /**
   * @param maxBytes longer input is refused unread
   * @throws DecodeError naming the field
   */
  decode(bytes: Uint8Array, maxBytes?: number): T;
  /** The form the chain's REST gateway prints: 64-bit integers and decimals as text, enums by name, bytes in base64. */
  toJson(message: T): Record<string, unknown>;
}

/** Describes a message type by its full name and its table of fields. */
export function message<S extends Shape>(typeName: string, shape: S): Codec<ValueOf<S>> {
  type T = ValueOf<S>;
  const entries = Object.entries(shape);
  const byNumber = new Map(entries.map(([name, field]) => [field.number, { name, field }]));
  const shortName = typeName.slice(typeName.lastIndexOf('.') + 1);

  function create(fields: Partial<T> = {}): T {
    const value: Record<string, unknown> = {};
    const given = fields as Record<string, unknown>;
    for (const [name, field] of entries) value[name] = given[name] ?? field.initial();
    return value as T;
  }

  function decode(bytes: Uint8Array, maxBytes = MESSAGE_MAX_BYTES): T {
    if (bytes.length > maxBytes)
      throw new DecodeError(`${shortName}: ${bytes.length} bytes, at most ${maxBytes} expected`);
    const value = create() as Record<string, unknown>;
    const reader = new BinaryReader(bytes);
    let at = shortName;
    try {
      while (reader.pos < reader.len) {
        at = shortName;
        const [number, wireType] = reader.tag();
        const known = byNumber.get(number);
        if (known === undefined) {
          reader.skip(wireType, number, GROUP_DEPTH_MAX);
          continue;
        }
        at = `${shortName}.${known.name}`;
        value[known.name] = known.field.read(reader, wireType, value[known.name]);
      }
    } catch (error) {
      throw new DecodeError(`${at}: ${error instanceof Error ? error.message : String(error)}`);
    }
    return value as T;
  }

  return {
    typeName,
    typeUrl: `/${typeName}`,
    create,
    decode,
    encode(fields) {
      const writer = new BinaryWriter();
      const given = fields as Record<string, unknown>;
      for (const [name, field] of entries) {
        try {
          field.write(writer, given[name] ?? field.initial());
        } catch (error) {
          throw new RangeError(`${shortName}.${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
      return writer.finish();
    },
    toJson(value) {
      const given = value as Record<string, unknown>;
      return Object.fromEntries(entries.map(([name, field]) => [field.jsonName ?? name, field.toJson(given[name])]));
    },
  };
}

function expectWire(actual: WireType, expected: WireType): void {
  if (actual !== expected) throw new DecodeError(`wire type ${actual}, expected ${expected}`);
}

/** A UTF-8 string; empty is not written. Invalid UTF-8 is refused. */
export function string(number: number, jsonName?: string): Field<string> {
  return {
    number,
    jsonName,
    initial: () => '',
    read(reader, wireType) {
      expectWire(wireType, WireType.LengthDelimited);
      return reader.string(true);
    },
    write(writer, value) {
      if (value !== '') writer.tag(number, WireType.LengthDelimited).string(value);
    },
    toJson: (value) => value,
  };
}

/** Raw bytes; none are not written. */
export function bytes(number: number, jsonName?: string): Field<Uint8Array> {
  return {
    number,
    jsonName,
    initial: () => new Uint8Array(0),
    read(reader, wireType) {
      expectWire(wireType, WireType.LengthDelimited);
      return reader.bytes().slice();
    },
    write(writer, value) {
      if (value.length > 0) writer.tag(number, WireType.LengthDelimited).bytes(value);
    },
    toJson: (value) => (value.length === 0 ? null : toBase64(value)),
  };
}

/** An unsigned 64-bit integer as a bigint; zero is not written. */
export function uint64(number: number, jsonName?: string): Field<bigint> {
  return {
    number,
    jsonName,
    initial: () => 0n,
    read(reader, wireType) {
      expectWire(wireType, WireType.Varint);
      return BigInt(reader.uint64());
    },
    write(writer, value) {
      if (value !== 0n) writer.tag(number, WireType.Varint).uint64(value);
    },
    toJson: String,
  };
}

/** A signed 64-bit integer as a bigint; zero is not written. */
export function int64(number: number, jsonName?: string): Field<bigint> {
  return {
    number,
    jsonName,
    initial: () => 0n,
    read(reader, wireType) {
      expectWire(wireType, WireType.Varint);
      return BigInt(reader.int64());
    },
    write(writer, value) {
      if (value !== 0n) writer.tag(number, WireType.Varint).int64(value);
    },
    toJson: String,
  };
}

/** An enum: a 32-bit number, shown in JSON by its name among `names`. Zero is not written. */
export function enumeration(number: number, names: Readonly<Record<string, number>>, jsonName?: string): Field<number> {
  const byValue = new Map(Object.entries(names).map(([name, value]) => [value, name]));
  return {
    number,
    jsonName,
    initial: () => 0,
    read(reader, wireType) {
      expectWire(wireType, WireType.Varint);
      return reader.int32();
    },
    write(writer, value) {
      if (value !== 0) writer.tag(number, WireType.Varint).int32(value);
    },
    toJson: (value) => byValue.get(value) ?? value,
  };
}

/** A boolean; false is not written. */
export function bool(number: number, jsonName?: string): Field<boolean> {
  return {
    number,
    jsonName,
    initial: () => false,
    read(reader, wireType) {
      expectWire(wireType, WireType.Varint);
      return reader.bool();
    },
    write(writer, value) {
      if (value) writer.tag(number, WireType.Varint).bool(true);
    },
    toJson: (value) => value,
  };
}

/**
 * A chain decimal as a bigint × 10^18 (see `decimal.ts`). Always written, zero as `"0"`: the chain's own encoder does
 * so.
 */
export function decimal(number: number, jsonName?: string): Field<bigint> {
  return {
    number,
    jsonName,
    initial: () => 0n,
    read(reader, wireType) {
      expectWire(wireType, WireType.LengthDelimited);
      return parseScaled(reader.string(true));
    },
    write(writer, value) {
      writer.tag(number, WireType.LengthDelimited).string(value.toString());
    },
    toJson: formatDecimal,
  };
}

/** A message inside a message, undefined when absent. A repeated occurrence replaces the one before. */
export function nested<T>(number: number, codec: Codec<T>, jsonName?: string): Field<T | undefined> {
  return {
    number,
    jsonName,
    initial: () => undefined,
    read(reader, wireType) {
      expectWire(wireType, WireType.LengthDelimited);
      return codec.decode(reader.bytes());
    },
    write(writer, value) {
      if (value !== undefined) writer.tag(number, WireType.LengthDelimited).bytes(codec.encode(value));
    },
    toJson: (value) => (value === undefined ? null : codec.toJson(value)),
  };
}

/** Messages, in order. */
export function repeated<T>(number: number, codec: Codec<T>, jsonName?: string): Field<readonly T[]> {
  return {
    number,
    jsonName,
    initial: () => [],
    read(reader, wireType, before) {
      expectWire(wireType, WireType.LengthDelimited);
      const list = before as T[];
      refuseBeyondMax(list.length);
      list.push(codec.decode(reader.bytes()));
      return list;
    },
    write(writer, values) {
      for (const value of values) writer.tag(number, WireType.LengthDelimited).bytes(codec.encode(value));
    },
    toJson: (values) => values.map((value) => codec.toJson(value)),
  };
}

/** Byte strings, in order; unlike {@link bytes}, an empty one is written. */
export function repeatedBytes(number: number, jsonName?: string): Field<readonly Uint8Array[]> {
  return {
    number,
    jsonName,
    initial: () => [],
    read(reader, wireType, before) {
      expectWire(wireType, WireType.LengthDelimited);
      const list = before as Uint8Array[];
      refuseBeyondMax(list.length);
      list.push(reader.bytes().slice());
      return list;
    },
    write(writer, values) {
      for (const value of values) writer.tag(number, WireType.LengthDelimited).bytes(value);
    },
    toJson: (values) => values.map((value) => toBase64(value)),
  };
}

/** Unsigned 64-bit integers, written packed and read packed or not, as proto3 demands. */
export function packedUint64(number: number, jsonName?: string): Field<readonly bigint[]> {
  return {
    number,
    jsonName,
    initial: () => [],
    read(reader, wireType, before) {
      const list = before as bigint[];
      const end = wireType === WireType.LengthDelimited ? reader.uint32() + reader.pos : -1;
      if (end < 0) expectWire(wireType, WireType.Varint);
      if (end > reader.len) throw new DecodeError('packed length beyond the end of the message');
      do {
        if (end === reader.pos) break;
        refuseBeyondMax(list.length);
        list.push(BigInt(reader.uint64()));
      } while (reader.pos < end);
      if (end >= 0 && reader.pos !== end) throw new DecodeError('packed integers overrun their length');
      return list;
    },
    write(writer, values) {
      if (values.length === 0) return;
      writer.tag(number, WireType.LengthDelimited).fork();
      for (const value of values) writer.uint64(value);
      writer.join();
    },
    toJson: (values) => values.map(String),
  };
}

function refuseBeyondMax(length: number): void {
  if (length >= REPEATED_MAX) throw new DecodeError(`more than ${REPEATED_MAX} elements`);
}
