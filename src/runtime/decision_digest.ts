import { hash } from 'node:crypto';
import { configure } from 'safe-stable-stringify';
import type { Decision } from '../../streams/decisions.ts';

/** How far a digest has come: how many decisions it covers, and their hash as 64 hexadecimal digits. */
export interface DigestMark {
  readonly decisions: number;
  readonly hash: string;
}

/** Where every digest begins. */
export const DIGEST_START: DigestMark = { decisions: 0, hash: '0'.repeat(64) };

// Strict: NaN, an infinity or a bigint has no place in a decision, and would not survive the journal.
const stringify = configure({ deterministic: true, strict: true, bigint: false });

/**
 * A decision as the digest sees it: JSON without white space, keys in order of their code units, numbers as ECMAScript prints
 * them. Two decisions are the same exactly when these texts are.
 *
 * @throws Error when a number is not finite or a value is none of JSON's
 */
export function canonical(decision: Decision): string {
  return canonicalText(decision);
}

/** Any plain data in that form: two are the same exactly when these texts are. @throws Error as {@link canonical} does */
export function canonicalText(value: unknown): string {
  return stringify(value) ?? 'undefined';
}

/**
 * The digest of all decisions in order, samples and fair values included: h₀ = 64 zeros, hₖ₊₁ = sha256(hₖ ‖ canonical(dₖ)),
 * hashes in hexadecimal.
 *
 * A chain can be left at any decision and taken up there again, which one long sha256 cannot: so a run from a snapshot is
 * compared with the live session over the same range, and two runs that differ can be told where they part.
 */
export class DecisionDigest {
  #decisions: number;
  #hash: string;

  /** @param from where another digest stood */
  constructor(from: DigestMark = DIGEST_START) {
    this.#decisions = from.decisions;
    this.#hash = from.hash;
  }

  add(decision: Decision): void {
    this.#hash = hash('sha256', this.#hash + canonical(decision), 'hex');
    this.#decisions += 1;
  }

  get decisions(): number {
    return this.#decisions;
  }

  get hash(): string {
    return this.#hash;
  }

  mark(): DigestMark {
    return { decisions: this.#decisions, hash: this.#hash };
  }
}
