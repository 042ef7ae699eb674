import { inspect } from 'node:util';

/** What a secret shows instead of itself. */
export const REDACTED = '[redacted]';

/**
 * A text that must never be printed: a mnemonic, a token, a URL with a password. It shows {@link REDACTED} in JSON, in
 * `console.log` and `util.inspect`, in template strings and in concatenation; only {@link reveal} gives the text, so that
 * every place that takes a secret out can be found by that name.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Hand it straight to what needs it; never keep or log it. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
