import { fromBase64, fromHex } from '@cosmjs/encoding';

/** An error in JSON-RPC's form, with the codes and the shape that Tendermint uses. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly data: string;

  constructor(code: number, message: string, data: string) {
    super(message);
    this.code = code;
    this.data = data;
  }

  /** -32603, what Tendermint answers whenever a method fails. */
  static internal(data: string): RpcError {
    return new RpcError(-32603, 'Internal error', data);
  }

  /** -32602, for parameters that can't be read. */
  static params(data: string): RpcError {
    return new RpcError(-32602, 'Invalid params', `error converting json params to arguments: ${data}`);
  }
}

/**
 * A method's parameters. POSTed JSON has heights as text or numbers and bytes in base64 or hexadecimal; a URI has text
 * in double quotes and bytes as `0x…`.
 */
export class Params {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #uri: boolean;

  constructor(values: Readonly<Record<string, unknown>>, source: 'json' | 'uri') {
    this.#values = values;
    this.#uri = source === 'uri';
  }

  /** Text; the empty string when absent. */
  text(name: string): string {
    const value = this.#values[name];
    if (value === undefined || value === null) return '';
    if (typeof value !== 'string') throw RpcError.params(`${name} ${JSON.stringify(value)}, expected a string`);
    return this.#uri ? unquote(value) : value;
  }

  /** A non-negative integer; undefined when absent. */
  integer(name: string): number | undefined {
    const value = this.#values[name];
    if (value === undefined || value === null || value === '') return undefined;
    const text = typeof value === 'number' ? String(value) : this.text(name);
    if (!/^\d{1,15}$/.test(text)) throw RpcError.params(`${name} ${JSON.stringify(value)}, expected an integer`);
    return Number(text);
  }

  /** Bytes in the encoding that this parameter has in JSON. */
  bytes(name: string, encoding: 'hex' | 'base64'): Uint8Array {
    const value = this.#values[name];
    if (value === undefined || value === null || value === '') return new Uint8Array(0);
    if (typeof value !== 'string') throw RpcError.params(`${name}, expected a string`);
    try {
      if (this.#uri) return value.startsWith('0x') ? fromHex(value.slice(2)) : new TextEncoder().encode(unquote(value));
      return encoding === 'hex' ? fromHex(value) : fromBase64(value);
    } catch {
      throw RpcError.params(`${name}, expected ${this.#uri ? '0x and hexadecimal' : encoding}`);
    }
  }
}

function unquote(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
