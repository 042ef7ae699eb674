import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MICROS_PER_SECOND } from '../../streams/clock/clock.ts';
import type { Input } from '../../streams/inputs.ts';
import { DIGEST_START, type DigestMark } from '../runtime/decision_digest.ts';
import type { InputLog } from '../runtime/edge.ts';
import type { Reactor, ReactorPlan, ReactorSnapshot } from '../runtime/reactor.ts';
import { encodeFrame, FRAME, preamble } from './frame.ts';
import type { JournalClose, JournalHeader } from './records.ts';
import { SegmentFile } from './segment_file.ts';

/** When bytes are forced to disk: after every input, about once a second, or when the system likes. */
export type FsyncPolicy = 'always' | 'interval' | 'never';

/** Gathered bytes are handed to the system at least this often: what a crash of the process may cost. */
const FLUSH_EVERY_US = 100_000;

/** A segment this many times its size is ended even if no snapshot can be had: an actor that holds must not fill the disk. */
const OVERSIZE = 2;

/** How a journal is kept. */
export interface JournalOptions {
  /** Folder of this session's segments; made if missing, must hold none yet. */
  readonly directory: string;
  readonly session: string;
  readonly plan: ReactorPlan;
  /** Where the session goes on from, if it does not begin afresh. */
  readonly from?: ReactorSnapshot | undefined;
  /** Version of this program. */
  readonly flashmm: string;
  /** Size at which a segment is ended. */
  readonly segmentMaxBytes: number;
  /** Segments kept; the oldest goes when there is one more. At least 2. */
  readonly segmentsMost: number;
  readonly fsync: FsyncPolicy;
  /** How often the state is snapshotted within a segment, seconds. */
  readonly snapshotEveryS: number;
}

/**
 * The input journal: every input in order, before it takes effect, in segments that can each be replayed by itself.
 *
 * A segment begins with a header that says how to build the pipeline and, but for the first, with a snapshot. After an
 * input the digest of the decisions follows where it moved. Rotation bounds the disk; nothing waits for one, so that
 * writing costs the session some microseconds an input (see `segment_file.ts`).
 */
export class JournalWriter implements InputLog {
  /** Inputs and snapshots written, for the report. */
  inputs = 0;
  snapshots = 0;
  readonly #options: JournalOptions;
  #segment = 0;
  #file: SegmentFile;
  #marked = DIGEST_START.decisions;
  #flushedUs: number;
  #snapshotUs: number;

  /** @throws Error when the folder cannot be written or holds a journal already */
  constructor(options: JournalOptions) {
    if (!(options.segmentsMost >= 2)) throw new RangeError(`segmentsMost ${options.segmentsMost}: expected at least 2`);
    this.#options = options;
    mkdirSync(options.directory, { recursive: true });
    this.#file = this.#open();
    const { from, plan } = options;
    this.#flushedUs = from?.timeUs ?? plan.startUs;
    this.#snapshotUs = this.#flushedUs;
    if (from === undefined) return;
    this.#marked = from.digest.decisions;
    this.#file.write(encodeFrame(FRAME.snapshot, from));
  }

  /** The segment being written, counted from 1, and its bytes so far. */
  get segment(): { readonly number: number; readonly bytes: number } {
    return { number: this.#segment, bytes: this.#file.bytes };
  }

  append(input: Input): void {
    this.inputs += 1;
    this.#file.write(encodeFrame(FRAME.input, input));
    if (this.#options.fsync === 'always') this.#file.flush();
  }

  settled(reactor: Reactor): void {
    if (reactor.digest.decisions !== this.#marked) {
      this.#marked = reactor.digest.decisions;
      this.#file.write(encodeFrame(FRAME.mark, reactor.digest.mark()));
    }
    const nowUs = reactor.clock.nowUs();
    this.#snapshotOrRotate(reactor, nowUs);
    if (nowUs >= this.#flushedUs + FLUSH_EVERY_US) {
      this.#flushedUs = nowUs;
      this.#file.flush();
      this.#file.syncIfDue(nowUs);
    }
  }

  /** Ends the journal: a closing frame, and everything handed to the system. */
  close(mark: DigestMark, reason: string): void {
    this.#file.write(encodeFrame(FRAME.close, { mark, reason } satisfies JournalClose));
    this.#file.close();
  }

  #snapshotOrRotate(reactor: Reactor, nowUs: number): void {
    const { segmentMaxBytes, snapshotEveryS } = this.#options;
    const full = this.#file.bytes >= segmentMaxBytes;
    if (!full && nowUs < this.#snapshotUs + snapshotEveryS * MICROS_PER_SECOND) return;
    const snapshot = reactor.snapshot();
    if (snapshot === undefined && this.#file.bytes < segmentMaxBytes * OVERSIZE) return; // again after the next input
    if (full) this.#rotate();
    if (snapshot === undefined) return;
    this.#snapshotUs = nowUs;
    this.snapshots += 1;
    this.#file.write(encodeFrame(FRAME.snapshot, snapshot));
  }

  #rotate(): void {
    const { directory, segmentsMost } = this.#options;
    this.#file.close();
    this.#file = this.#open();
    if (this.#segment > segmentsMost)
      rmSync(join(directory, segmentName(this.#segment - segmentsMost)), { force: true });
  }

  #open(): SegmentFile {
    this.#segment += 1;
    const { directory, fsync } = this.#options;
    const file = new SegmentFile(join(directory, segmentName(this.#segment)), fsync);
    file.write(preamble());
    file.write(encodeFrame(FRAME.header, headerOf(this.#options, this.#segment)));
    return file;
  }
}

/** Names a segment so that names sort as numbers do. @param segment counted from 1 */
export function segmentName(segment: number): string {
  return `${String(segment).padStart(8, '0')}.journal`;
}

/** Writes a snapshot as a file of its own: a journal of one segment without inputs. @throws Error when it exists already */
export function writeSnapshotFile(
  path: string,
  snapshot: ReactorSnapshot,
  from: Pick<JournalOptions, 'session' | 'plan' | 'flashmm'>,
): void {
  const frames = [encodeFrame(FRAME.header, headerOf(from, 1)), encodeFrame(FRAME.snapshot, snapshot)];
  writeFileSync(path, Buffer.concat([preamble(), ...frames]), { flag: 'wx', mode: 0o600 });
}

function headerOf(
  { session, plan, flashmm }: Pick<JournalOptions, 'session' | 'plan' | 'flashmm'>,
  segment: number,
): JournalHeader {
  return { pipeline: 'market-maker', flashmm, node: process.version, session, segment, plan };
}
