import { basename } from 'node:path';
import type { Input } from '../../../streams/inputs.ts';
import type { BookDelta, BookSnapshot, BookTicker, Levels, Trade } from '../../../streams/market/types.ts';
import { type RecordedInput, Recording, RecordingError } from '../../binance/recording.ts';
import type { Problems } from '../problems.ts';
import { FLAG, KIND, type RowBuffer, SIDE, WHOLE_SIDE } from '../rows.ts';
import { tapeScales } from '../schema.ts';
import { TapeError } from '../tape_error.ts';
import { RowMaker } from './row_maker.ts';
import type { RowSource, SourceProgress } from './row_source.ts';

const MICROS_PER_S = 1e6;
const NANOS_PER_MICRO = 1_000;

/** Updates kept to be said again behind a snapshot that is older than they are; as many as a local book lets wait for one. */
const RECENT_MOST = 2_000;

/** What a recording may hold and a tape does not. */
const NOT_KEPT: readonly string[] = ['unsupported', 'unknown-market'];

/**
 * A recording of Binance's streams, one file or several parts of one: our own captures and those of hftbacktest's collector.
 * Read by the reader that the backtest uses, so that both see the same inputs. Receive times are whole microseconds.
 */
export class RecordingSource implements RowSource {
  readonly format = 'recording';
  readonly files: readonly string[];
  readonly market;
  readonly progress: SourceProgress;
  readonly #recording: Recording;
  // The update id that the last depth update ended with.
  #lastId = -1;
  // The update id of the last snapshot.
  #snapshotId = -1;
  #recent: BookDelta[] = [];

  private constructor(recording: Recording) {
    this.#recording = recording;
    this.files = recording.files;
    this.market = recording.market;
    this.progress = recording.progress;
  }

  /** @throws TapeError when no market shows in the head of the recording */
  static async open(files: readonly string[]): Promise<RecordingSource> {
    try {
      return new RecordingSource(await Recording.open(files));
    } catch (error) {
      throw tapeError(error, files[0] ?? '');
    }
  }

  async *rows(problems: Problems): AsyncGenerator<RowBuffer> {
    const file = this.files[0]!;
    const maker = new RowMaker(file, problems, { scales: tapeScales(this.market), symbol: undefined });
    let current: RecordedInput;
    const read = (): void => this.#read(current.input, maker);
    try {
      for await (current of this.#recording.inputs()) {
        const { input } = current;
        if (input.kind === 'reject') {
          const detail = input.detail.replace(`${current.file}:${current.line}: `, '');
          if (NOT_KEPT.includes(input.reason)) problems.note('not of this tape', current.file, current.line, detail);
          else problems.report(reasonOf(input.reason), current.file, current.line, detail);
          continue;
        }
        maker.line(current.line, read);
        if (maker.full) yield* maker.handOn();
      }
    } catch (error) {
      throw tapeError(error, file);
    }
    yield* maker.finish();
    const { clamped } = this.#recording.progress;
    if (clamped > 0)
      problems.note('receive time went back', basename(file), 0, `${clamped} lines, taken for the time before`);
  }

  #read(input: Input, maker: RowMaker): void {
    const { row } = maker;
    row.receiveS = Math.floor(input.timeUs / MICROS_PER_S);
    row.receiveNs = (input.timeUs % MICROS_PER_S) * NANOS_PER_MICRO;
    const eventUs = 'eventUs' in input ? input.eventUs : 0;
    row.eventS = Math.floor(eventUs / MICROS_PER_S);
    row.eventNs = (eventUs % MICROS_PER_S) * NANOS_PER_MICRO;
    maker.noIds();
    if (input.kind === 'bookDelta') this.#delta(input, maker);
    else if (input.kind === 'bookSnapshot') this.#snapshot(input, maker);
    else if (input.kind === 'bookTicker') ticker(input, maker);
    else if (input.kind === 'trade') trade(input, maker);
    else maker.note('not of this tape', `a message of kind ${input.kind}`);
    maker.endMessage();
  }

  #delta(delta: BookDelta, maker: RowMaker): void {
    const follows = delta.previousId < 0 ? delta.firstId === this.#lastId + 1 : delta.previousId === this.#lastId;
    if (this.#lastId >= 0 && !follows) maker.row.flags |= FLAG.gap;
    this.#lastId = delta.lastId;
    if (this.#recent.length === RECENT_MOST) this.#recent.shift();
    this.#recent.push(delta);
    update(delta, maker, delta.lastId > this.#snapshotId ? 0 : FLAG.exchange | FLAG.local);
  }

  /** A snapshot asked for over REST is older than the updates that came while it was on its way. */
  #snapshot(book: BookSnapshot, maker: RowMaker): void {
    this.#snapshotId = book.lastId;
    maker.row.lastId = book.lastId;
    maker.putSteps(KIND.clear, SIDE.buy, WHOLE_SIDE, 0);
    levels(book.bids, KIND.snapshotLevel, SIDE.buy, maker);
    maker.putSteps(KIND.clear, SIDE.sell, WHOLE_SIDE, 0);
    levels(book.asks, KIND.snapshotLevel, SIDE.sell, maker);
    maker.row.flags |= FLAG.again;
    for (const delta of this.#recent) if (delta.lastId > book.lastId) update(delta, maker, 0);
    maker.row.flags &= ~FLAG.again;
    this.#recent = [];
  }
}

/** @param hidden flags of those who do not see the rows */
function update(delta: BookDelta, maker: RowMaker, hidden: number): void {
  const { row } = maker;
  row.firstId = delta.firstId;
  row.lastId = delta.lastId;
  row.previousId = delta.previousId;
  maker.hidden = hidden;
  levels(delta.bids, KIND.level, SIDE.buy, maker);
  levels(delta.asks, KIND.level, SIDE.sell, maker);
  if (delta.bids.length + delta.asks.length === 0) maker.putSteps(KIND.empty, SIDE.none, 0, 0);
  maker.hidden = 0;
}

function levels(pairs: Levels, kind: number, side: number, maker: RowMaker): void {
  for (let i = 0; i < pairs.length; i += 2) maker.putSteps(kind, side, pairs[i]!, pairs[i + 1]!);
}

function ticker(best: BookTicker, maker: RowMaker): void {
  maker.row.lastId = best.updateId;
  maker.putSteps(KIND.best, SIDE.buy, best.bidTick, best.bidLots);
  maker.putSteps(KIND.best, SIDE.sell, best.askTick, best.askLots);
}

function trade(one: Trade, maker: RowMaker): void {
  maker.row.lastId = one.tradeId;
  maker.putSteps(KIND.trade, one.side === 'buy' ? SIDE.buy : SIDE.sell, one.tick, one.lots);
}

const reasonOf = (reason: string) =>
  reason === 'truncated' || reason === 'damaged' || reason === 'off-tick' ? reason : 'malformed';

function tapeError(error: unknown, file: string): unknown {
  if (!(error instanceof RecordingError)) return error;
  return new TapeError(file, error.message.replace(`${file}: `, ''));
}
