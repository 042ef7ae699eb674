import type { GeneratedType } from '@cosmjs/proto-signing';
import { msgCancelOrders, msgPlaceOrders } from './dex.ts';
import { type Codec, MESSAGE_MAX_BYTES } from './message.ts';

/** A codec in the form that a cosmjs `Registry` takes, so that an ordinary signing client can send its messages. */
export function generatedType<T>(codec: Codec<T>): GeneratedType {
  const type = {
    create: (fields: Partial<T>): T => codec.create(fields),
    fromPartial: (fields: Partial<T>): T => codec.create(fields),
    encode: (message: T): { finish(): Uint8Array } => ({ finish: () => codec.encode(message) }),
    decode: (input: Uint8Array): T => codec.decode(input, MESSAGE_MAX_BYTES),
  };
  // cosmjs only ever calls encode(m).finish(), decode(bytes), create or fromPartial; its type asks for more of a writer.
  return type as unknown as GeneratedType;
}

/** The dex messages for `new Registry([...defaultRegistryTypes, ...dexRegistryTypes])`. */
export const dexRegistryTypes: readonly (readonly [string, GeneratedType])[] = [
  [msgPlaceOrders.typeUrl, generatedType(msgPlaceOrders)],
  [msgCancelOrders.typeUrl, generatedType(msgCancelOrders)],
];
