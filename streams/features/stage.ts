import { EMPTY, type OperatorFunction } from 'rxjs';
import type { Kernel } from '../actor/kernel.ts';
import { DATA_MAILBOX, REBUILD } from '../actor/policies.ts';
import type { Reducer, Turn } from '../actor/reducer.ts';
import { MICROS_PER_MS } from '../clock/clock.ts';
import type { ResyncRequest } from '../decisions.ts';
import type { LocalBook } from '../market/local_book.ts';
import type { Sample } from '../market/sample.ts';
import type { Reject } from '../market/types.ts';
import type { Own } from '../own.ts';
import type { MarketSettings } from '../settings.ts';
import { FeatureEngine, type FeatureEngineState } from './engine.ts';
import { FEATURE_COUNT, type FeatureParameters, type Features } from './types.ts';

type Seen = LocalBook | Reject | ResyncRequest | Own | Sample;

/**
 * The feature actor of one market: the book after each input, and at each sample on the grid the vector of that instant. Where no
 * model asks for features there is no actor, and nothing comes.
 */
export function featureStage(kernel: Kernel, { market, features }: MarketSettings): OperatorFunction<Seen, Features> {
  if (features === null) return () => EMPTY;
  return kernel.actor({
    name: 'features',
    mailbox: DATA_MAILBOX,
    supervision: REBUILD,
    behavior: (inbox, self) => inbox.pipe(self.reduce(featureReducer(market.symbol, features))),
  });
}

interface FeatureState {
  engine: FeatureEngine;
  ownSeq: number;
}

function featureReducer(market: string, { periodMs }: FeatureParameters): Reducer<FeatureState, Seen, Features> {
  const periodUs = periodMs * MICROS_PER_MS;
  return {
    initial: () => ({ engine: new FeatureEngine(), ownSeq: 0 }),
    step: (state, event, turn) => {
      if (event.kind === 'market') state.engine.apply(event, turn.nowUs());
      else if (event.kind === 'sample') {
        if (event.timeUs % periodUs === 0) turn.emit(vectorOf(market, state, event, turn));
      } else if (event.kind === 'working') {
        state.engine.own(event.orders.filter((order) => order.resting));
        state.ownSeq = event.seq;
      }
    },
    encode: ({ engine, ownSeq }) => ({ engine: engine.encode(), ownSeq }),
    decode: (plain) => {
      const { engine, ownSeq } = plain as { engine: FeatureEngineState; ownSeq: number };
      return { engine: FeatureEngine.decode(engine), ownSeq };
    },
  };
}

function vectorOf(market: string, { engine, ownSeq }: FeatureState, sample: Sample, turn: Turn<Features>): Features {
  const vector = new Float32Array(FEATURE_COUNT);
  const full = engine.write(sample.timeUs, vector);
  return {
    kind: 'features',
    seq: turn.nextSeq(),
    timeUs: sample.timeUs,
    causes: ownSeq === 0 ? [sample.seq] : [sample.seq, ownSeq],
    market,
    quality: sample.quality,
    warm: full && sample.quality === 'live',
    vector,
  };
}
