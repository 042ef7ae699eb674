/** What the server can do wrong on purpose. */
export const FAULTS = ['cut', 'stall', 'gap', 'duplicate', 'reorder', 'garbage'] as const;

/** One kind of fault. */
export type Fault = (typeof FAULTS)[number];

/** Which faults happen and how often. */
export interface FaultPlan {
  readonly kinds: readonly Fault[];
  /** Mean number of faults for a thousand messages. */
  readonly perThousand: number;
  /** How long a stall lasts, milliseconds of real time. */
  readonly stallMs: number;
}

/** What to send instead of one message: any number of texts, then perhaps silence or the end of the connection. */
export interface Sending {
  readonly texts: readonly (string | Uint8Array)[];
  readonly stallMs: number;
  readonly cut: boolean;
}

/** A message that no client should accept is at most this long: enough to be refused for its size by a strict one. */
const GARBAGE_LARGEST_BYTES = 1_000_000;

/**
 * Damages the messages of one connection as the plan says, by a seeded generator: the same seed damages the same messages.
 */
export class FaultyLine {
  readonly #plan: FaultPlan;
  readonly #random: () => number;
  readonly #held: string[] = [];
  /** How often each kind was injected. */
  readonly injected: Record<Fault, number> = { cut: 0, stall: 0, gap: 0, duplicate: 0, reorder: 0, garbage: 0 };

  constructor(plan: FaultPlan, random: () => number) {
    this.#plan = plan;
    this.#random = random;
  }

  /** What goes out for a message. */
  send(text: string): Sending {
    const { kinds, perThousand, stallMs } = this.#plan;
    const due = this.#held.splice(0);
    if (kinds.length === 0 || this.#random() * 1_000 >= perThousand)
      return { texts: [text, ...due], stallMs: 0, cut: false };
    const fault = kinds[Math.floor(this.#random() * kinds.length)]!;
    this.injected[fault] += 1;
    switch (fault) {
      case 'cut':
        return { texts: due, stallMs: 0, cut: true };
      case 'stall':
        return { texts: [text, ...due], stallMs, cut: false };
      case 'gap':
        return { texts: due, stallMs: 0, cut: false };
      case 'duplicate':
        return { texts: [text, text, ...due], stallMs: 0, cut: false };
      case 'reorder':
        this.#held.push(text);
        return { texts: due, stallMs: 0, cut: false };
      case 'garbage':
        return { texts: [this.#garbage(text), text, ...due], stallMs: 0, cut: false };
    }
  }

  #garbage(text: string): string | Uint8Array {
    const middle = Math.floor(text.length / 2);
    const kinds: (() => string | Uint8Array)[] = [
      () => text.slice(0, middle),
      () => '',
      () => '{"stream":"nobody@knows","data":{}}',
      () => text.replace(/"[0-9.]+"/, '"NaN"'),
      () => text.replace(/"[0-9.]+"/, '"-1"'),
      () => '['.repeat(10_000),
      () => `"${'x'.repeat(GARBAGE_LARGEST_BYTES)}"`,
      () => Uint8Array.from({ length: 64 }, () => Math.floor(this.#random() * 256)),
    ];
    return kinds[Math.floor(this.#random() * kinds.length)]!();
  }
}
