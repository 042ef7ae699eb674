import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Input } from '../../streams/inputs.ts';
import type { Market } from '../../streams/market/types.ts';

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
  /** Stamped with their time; what is no market data is passed over. */
  inputs(): AsyncIterable<Input>;
  readonly progress: SourceProgress;
}

/** The SHA-256 of a file, hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
