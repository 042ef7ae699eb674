import type { OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { CONTROL_MAILBOX, DATA_MAILBOX, REBUILD } from '../actor/policies.ts';
import type { Reducer, Turn } from '../actor/reducer.ts';
import { MICROS_PER_MS } from '../clock/clock.ts';
import type { ResyncRequest } from '../decisions.ts';
import { sampleOnGrid } from '../operators/sample_on_grid.ts';
import { where } from '../operators/where.ts';
import type { MarketSettings } from '../settings.ts';
import { LocalBook, type LocalBookState } from './local_book.ts';
import { type BookQuality, SAMPLE_DEPTH, type Sample } from './sample.ts';
import type { MarketInput, MarketStretch, Reject } from './types.ts';

/** What the market stage tells: the book after each input (one record, changed in place), what it refused, what it lacks. */
export type MarketOutput = LocalBook | Reject | ResyncRequest;

/** The market actor: keeps the local book by the venue's rules. After a crash it begins anew and asks for a snapshot. */
export function marketStage(
  kernel: Kernel,
  settings: MarketSettings,
): OperatorFunction<MarketInput | MarketStretch, MarketOutput> {
  const slotUs = settings.sampling.periodMs * MICROS_PER_MS;
  return kernel.actor({
    name: 'market',
    mailbox: DATA_MAILBOX,
    supervision: REBUILD,
    behavior: (inbox, self) => inbox.pipe(self.reduce(localBook(settings.market.symbol, slotUs))),
    // A new record that is down: nothing is quoted from the book that failed.
    farewell: () => Object.assign(new LocalBook(settings.market.symbol, slotUs), { status: 'down' }),
  });
}

/** The sampling actor: what the market looks like at each multiple of the period, whether or not anything came. */
export function sampleStage(kernel: Kernel, settings: MarketSettings): OperatorFunction<MarketOutput, Sample> {
  const { periodMs, staleAfterMs } = settings.sampling;
  const nextSeq = kernel.sequencer();
  return kernel.actor({
    name: 'sample',
    mailbox: CONTROL_MAILBOX,
    supervision: REBUILD,
    behavior: (inbox) =>
      inbox.pipe(
        where((output) => output.kind === 'market'),
        sampleOnGrid({
          clock: kernel.clock,
          periodMs,
          heartbeat: true,
          freeze: (view, sampleUs) => sampleOf(view, sampleUs, staleAfterMs, nextSeq()),
        }),
      ),
  });
}

/** What of the market stage is a report rather than the book itself. */
export const reportsOf = where((output: MarketOutput): output is Reject | ResyncRequest => output.kind !== 'market');

interface MarketState {
  view: LocalBook;
  asked: number;
}

function localBook(market: string, slotUs: number): Reducer<MarketState, MarketInput | MarketStretch, MarketOutput> {
  return {
    initial: () => ({ view: new LocalBook(market, slotUs), asked: 0 }),
    step: (state, input, turn) => {
      if (input.kind !== 'stretch') take(state, input, turn.nowUs(), turn);
      else for (let one = input.next(); one !== null; one = input.next()) take(state, one, one.timeUs, turn);
      turn.emit(state.view);
    },
    encode: ({ view, asked }) => ({ view: view.encode(), asked }),
    decode: (plain) => {
      const { view, asked } = plain as { view: LocalBookState; asked: number };
      return { view: LocalBook.decode(market, view, slotUs), asked };
    },
    // Sampling has something to go by before the first input: a heartbeat may be due.
    started: ({ view }, turn) => turn.emit(view),
  };
}

function take(state: MarketState, input: MarketInput, timeUs: number, turn: Turn<MarketOutput>): void {
  const { view } = state;
  const refused = view.apply(input);
  if (refused !== null) turn.emit(refused);
  if (view.resyncs > state.asked) {
    const stamp = { seq: turn.nextSeq(), timeUs, causes: [input.seq] };
    turn.emit({ kind: 'resync', ...stamp, market: view.market, reason: view.status });
  }
  state.asked = view.resyncs;
}

function sampleOf(view: LocalBook, sampleUs: number, staleAfterMs: number, seq: number): Sample {
  const ageUs = sampleUs - view.updatedUs;
  const traded = view.tradeSlot === sampleUs / view.slotUs - 1;
  return {
    kind: 'sample',
    seq,
    timeUs: sampleUs,
    causes: [view.seq],
    market: view.market,
    quality: qualityOf(view, ageUs, staleAfterMs),
    ageUs,
    bids: view.book.best('bid', SAMPLE_DEPTH),
    asks: view.book.best('ask', SAMPLE_DEPTH),
    ofiLots: view.ofiLots,
    takerBuyLots: view.takerBuyLots,
    takerSellLots: view.takerSellLots,
    tradeHighTick: traded ? view.tradeHighTick : -1,
    tradeLowTick: traded ? view.tradeLowTick : -1,
    lastTradeTick: view.lastTradeTick,
    lastTradeUs: view.lastTradeUs,
  };
}

function qualityOf(view: LocalBook, ageUs: number, staleAfterMs: number): BookQuality {
  if (view.status !== 'live') return view.status;
  if (ageUs > staleAfterMs * MICROS_PER_MS) return 'stale';
  return view.book.twoSided ? 'live' : 'empty';
}
