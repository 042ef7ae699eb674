import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { DepthSnapshot } from './exchange_book.ts';

/** One recorded message. */
export interface RecordedMessage {
  /** Receive time, microseconds since the epoch. */
  readonly timeUs: number;
  /** `btcusdt@depth@100ms` */
  readonly stream: string;
  /** The combined-stream text as received. */
  readonly text: string;
}

/** A recording loaded for serving: its messages from the snapshot on, and the snapshot they continue. */
export interface Tape {
  readonly messages: readonly RecordedMessage[];
  readonly snapshot: DepthSnapshot;
  /** Lines left out because they could not be understood. */
  readonly skipped: number;
}

/** A recording is held in memory while it is served; one larger than this has to be cut first. */
const MESSAGES_MOST = 2_000_000;

/**
 * Reads a recording (`<ns> <json>` lines, gzip by its name).
 *
 * @throws Error when it holds no depth snapshot, or too many messages
 */
export async function readTape(file: string): Promise<Tape> {
  const raw = createReadStream(file);
  const input = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  raw.on('error', (error) => input.destroy(error));
  const messages: RecordedMessage[] = [];
  let snapshot: DepthSnapshot | undefined;
  let skipped = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const space = line.indexOf(' ');
    const timeUs = Math.floor(Number(line.slice(0, space - 3)));
    const text = line.slice(space + 1);
    const stream = /^\{"stream":"([^"]+)"/.exec(text)?.[1];
    if (stream !== undefined && timeUs > 0) messages.push({ timeUs, stream, text });
    else if (text.includes('"lastUpdateId"') && snapshot === undefined) snapshot = JSON.parse(text) as DepthSnapshot;
    else skipped += 1;
    if (messages.length > MESSAGES_MOST)
      throw new Error(`${file}: more than ${MESSAGES_MOST} messages; cut it into parts first`);
  }
  if (snapshot === undefined) {
    throw new Error(
      `${file}: holds no depth snapshot ("lastUpdateId"), so there is no book to serve; join it to the part that has one`,
    );
  }
  return { messages, snapshot, skipped };
}
