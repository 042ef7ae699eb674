import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Decision } from '../../streams/decisions.ts';
import type { OwnOrder } from '../../streams/features/levels.ts';
import type { Input } from '../../streams/inputs.ts';
import type { Market } from '../../streams/market/types.ts';
import type { Working } from '../../streams/orders/types.ts';

/** How much of a source has been read, in whatever it counts. */
export interface SourceProgress {
  readonly done: number;
  readonly total: number;
}

/** Where the rows of datasets come from: inputs of one or several markets in order of time. */
export interface DatasetSource {
  /** Of what the datasets are called: `spot_btcusdt_20240808`. */
  readonly name: string;
  readonly markets: readonly Market[];
  /** File names without folders, or what was simulated. */
  readonly origin: string;
  /** SHA-256 of each file, hexadecimal and separated by commas, or of what the simulation is made from. */
  readonly sha256: string;
  readonly progress: SourceProgress;
  /**
   * Tells everything there is, in order of time.
   *
   * @throws whatever the sink throws, too
   */
  read(sink: DatasetSink): Promise<void>;
}

/** Who takes in what a source tells. */
export interface DatasetSink {
  /** Stamped with its time; what is no market data means nothing here. */
  input(input: Input): void;
  /** Our own orders that rest in a market, after a change: they are no part of it. */
  own(market: string, orders: readonly OwnOrder[]): void;
}

/**
 * A maker that is looked on at while it trades, as a source: its orders are told when the features of the live pipeline hear of
 * them, after the input that changed them.
 */
export class SessionTap {
  readonly #sink: DatasetSink;
  #changed: Working[] = [];

  constructor(sink: DatasetSink) {
    this.#sink = sink;
  }

  decided(decision: Decision): void {
    if (decision.kind === 'working') this.#changed.push(decision);
  }

  took(input: Input): void {
    // What a timer changed, the time before.
    this.#tell(({ timeUs }) => timeUs < input.timeUs);
    this.#sink.input(input);
    this.#tell(() => true);
  }

  #tell(due: (change: Working) => boolean): void {
    const told = this.#changed.filter(due);
    this.#changed = this.#changed.filter((change) => !due(change));
    for (const { market, orders } of told)
      this.#sink.own(
        market,
        orders.filter(({ resting }) => resting),
      );
  }
}

/** The SHA-256 of a file, hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
