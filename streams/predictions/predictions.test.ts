import { describe, expect, it } from 'vitest';
import { ReducerBench } from '../../test/reducer_bench.ts';
import { LocalBook } from '../market/local_book.ts';
import type { Levels } from '../market/types.ts';
import type { Accuracy, PredictionsParameters } from './predictions.ts';
import { predictions } from './predictions.ts';
import type { DriftReference, ModelRole } from './types.ts';

const PARAMETERS: PredictionsParameters = {
  accuracyPredictions: 100,
  adwinDelta: 0.002,
  everyUs: 200_000,
  inputTripPct: 20,
  inputClearPct: 10,
  insightMaxShift: 0.1,
  insightValidMs: 60_000,
};

const RULE = { horizonsMs: [100, 200, 500], thresholdBps: 0, smoothingMs: 0 };

const REFERENCE: DriftReference = {
  edges: Array.from({ length: 64 }, () => [1, 2, 3, 4, 5, 6, 7, 8, 9]),
  shares: Array.from({ length: 64 }, () => Array<number>(10).fill(0.1)),
  limits: Array<number>(64).fill(0.25),
};

/** A market whose mid does what the test says, with models that say what the test says. */
class Market {
  readonly bench = new ReducerBench(predictions(PARAMETERS));
  readonly #book = new LocalBook('AAA');
  #seq = 0;
  #id = 0;

  at(ms: number): this {
    this.bench.nowUs = ms * 1_000;
    return this;
  }

  mid(halfTicks: number): this {
    const bid = Math.floor((halfTicks - 1) / 2);
    return this.book([bid, 10], [halfTicks - bid, 10]);
  }

  book(bids: Levels, asks: Levels): this {
    this.#id += 1;
    const stamp = { seq: this.#number(), timeUs: this.bench.nowUs, market: 'AAA', eventUs: 0 };
    this.#book.apply({ kind: 'bookSnapshot', ...stamp, lastId: this.#id, bids, asks });
    this.bench.step(this.#book);
    return this;
  }

  lost(): this {
    const stamp = { seq: this.#number(), timeUs: this.bench.nowUs, market: 'AAA' };
    this.#book.apply({ kind: 'feedStatus', ...stamp, status: 'down', reason: 'test' });
    this.bench.step(this.#book);
    return this;
  }

  install(role: ModelRole, model: string, reference: DriftReference | null = null): this {
    this.bench.step({
      kind: 'model',
      seq: this.#number(),
      timeUs: 0,
      market: 'AAA',
      role,
      model,
      labels: RULE,
      reference,
    });
    return this;
  }

  features(level = 0, warm = true): number {
    const seq = this.#number();
    const vector = new Float32Array(64).fill(level);
    const event = {
      kind: 'features',
      seq,
      timeUs: this.bench.nowUs,
      causes: [],
      market: 'AAA',
      quality: 'live',
    } as const;
    this.bench.step({ ...event, warm, vector });
    return seq;
  }

  says(featuresSeq: number, bullish: number, model = 'x-linear/1', role: ModelRole = 'champion') {
    const [neutral, bearish] = [0.02, 0.98 - bullish];
    const one = { bearish, neutral, bullish, confidence: Math.max(bearish, neutral, bullish), uncertainty: 0.1 };
    const horizons = RULE.horizonsMs.map((horizonMs) => ({ horizonMs, ...one }));
    const stamp = { seq: this.#number(), timeUs: this.bench.nowUs, market: 'AAA' };
    return this.bench.step({ kind: 'prediction', ...stamp, model, role, featuresSeq, horizons });
  }

  get accuracy(): Accuracy {
    return this.of('accuracy').at(-1)!;
  }

  of<K extends (typeof this.bench.all)[number]['kind']>(kind: K) {
    return this.bench.all.filter((one): one is Extract<typeof one, { kind: K }> => one.kind === kind);
  }

  #number(): number {
    this.#seq += 1;
    return this.#seq * 256;
  }
}

/** One second after the other: a vector, the answer, and 300 ms later the mid goes up, as was said or not. */
function seconds(market: Market, from: number, count: number, right: (n: number) => boolean, restore = false): void {
  for (let n = from; n < from + count; n += 1) {
    market.at(n * 1_000 + 50).mid(20_000);
    const seq = market.at(n * 1_000 + 200).features();
    market.at(n * 1_000 + 210).says(seq, right(n) ? 0.9 : 0.08);
    if (restore) market.bench.restore();
    market.at(n * 1_000 + 500).mid(20_002);
  }
}

describe('predictions', () => {
  it('of the champion go on to the quotes, as an insight would have them; those of a challenger do not', () => {
    const market = new Market();
    const [plain] = market.says(1, 0.9);
    expect(plain).toMatchObject({ kind: 'prediction', horizons: [{ bullish: 0.9 }, {}, {}] });
    expect(market.says(1, 0.9, 'y-lstm/1', 'challenger')).toEqual([]);
    market.bench.step({ kind: 'insight', seq: 1, timeUs: 0, market: 'AAA', lean: -1, doubt: 0, by: 'test' });
    const [leant] = market.says(1, 0.9);
    expect(leant).toMatchObject({ kind: 'prediction', horizons: [{ bullish: 0.8 }, {}, {}] });
  });

  it('are held against what the mid did after the feature vector, each horizon by itself', () => {
    const market = new Market().install('champion', 'x-linear/1').at(0).mid(20_000);
    const seq = market.at(200).features();
    market.at(260).says(seq, 0.9);
    market.at(350).mid(20_002).at(600).mid(19_998).at(900).mid(20_000);
    market.at(1_000).features();
    // At 300 ms nothing had moved, at 400 ms it was up, at 700 ms down.
    expect(market.accuracy.models[0]!.horizons.map(({ known, moves, accuracy }) => [known, moves, accuracy])).toEqual([
      [1, 0, 0],
      [1, 1, 1],
      [1, 1, 0],
    ]);
    expect(market.accuracy).toMatchObject({ drifting: false, inputs: null, models: [{ asked: 2, unanswered: 0 }] });
  });

  it('that come too late, or of a window that was not warm, or across a gap, count for nothing', () => {
    const market = new Market().install('champion', 'x-linear/1').at(0).mid(20_000);
    market.at(100).features(0, false);
    const late = market.at(200).features();
    market.at(800).mid(20_002).says(late, 0.9);
    const gap = market.at(1_000).features();
    market.at(1_050).says(gap, 0.9);
    market.at(1_060).lost().at(1_200).mid(20_000).at(1_700).mid(20_004).at(2_000).features();
    expect(market.accuracy.models[0]).toMatchObject({ asked: 2, unanswered: 1, horizons: [{ known: 0 }, {}, {}] });
  });

  it('are figured once a second at most, champion and challenger apart', () => {
    const market = new Market().install('champion', 'x-linear/1').install('challenger', 'y-lstm/1');
    for (let n = 0; n < 20; n += 1) {
      market.at(n * 200 + 50).mid(20_000 + 2 * (n % 2));
      const seq = market.at(n * 200 + 100).features();
      market.says(seq, n % 2 === 0 ? 0.9 : 0.05);
      market.says(seq, n % 2 === 0 ? 0.05 : 0.9, 'y-lstm/1', 'challenger');
    }
    expect(market.of('accuracy').length).toBeLessThanOrEqual(4);
    const [champion, challenger] = market.accuracy.models;
    // After 200 ms the mid is where the champion said.
    expect([champion!.role, champion!.horizons[1]!.directionAccuracy]).toEqual(['champion', 1]);
    expect([challenger!.role, challenger!.horizons[1]!.directionAccuracy]).toEqual(['challenger', 0]);
    market.install('champion', 'y-lstm/1').at(10_000).features();
    expect(market.accuracy.models).toMatchObject([{ model: 'y-lstm/1', asked: 21 }]);
  });
});

describe('the mid', () => {
  it('is that of the others: what we quote ourselves is no move', () => {
    const market = new Market().install('champion', 'x-linear/1').at(0).mid(20_000);
    const ours = { side: 'buy', tick: 10_000, lots: 10, resting: true } as const;
    market.bench.step({ kind: 'working', seq: 1, timeUs: 0, causes: [], market: 'AAA', orders: [ours] });
    const seq = market.at(200).features();
    market.says(seq, 0.9);
    market.at(250).book([10_000, 10, 9_999, 10], [10_001, 10]);
    market.at(1_000).features();
    const horizons = market.accuracy.models[0]!.horizons.map(({ known, moves }) => [known, moves]);
    expect(horizons).toEqual([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
  });
});

describe('drift', () => {
  it('of the accuracy is told once, with one request to train, and is over when the model is right again', () => {
    const market = new Market().install('champion', 'x-linear/1');
    seconds(market, 0, 600, (n) => n % 10 !== 0);
    expect(market.of('drift')).toEqual([]);
    seconds(market, 600, 600, (n) => n % 2 === 0);
    expect(market.of('drift')).toMatchObject([{ drifting: true, market: 'AAA', model: 'x-linear/1' }]);
    expect(market.of('drift')[0]!.detail).toMatch(/^wrong on \d+\.\d % more of the last \d+ moves than it says$/);
    expect(market.of('retrainRequest')).toMatchObject([{ model: 'x-linear/1', market: 'AAA' }]);
    expect(market.accuracy).toMatchObject({ drifting: true });
    seconds(market, 1_200, 1_200, (n) => n % 10 !== 0);
    expect(market.of('drift').map(({ drifting }) => drifting)).toEqual([true, false]);
    expect(market.of('retrainRequest')).toHaveLength(1);
  });

  it('of the inputs is told, and is over with another model', () => {
    const market = new Market().install('champion', 'x-linear/1', REFERENCE).at(0).mid(20_000);
    for (let n = 1; n <= 2_100; n += 1) market.at(n * 200).features(50);
    expect(market.of('drift')).toMatchObject([{ drifting: true, detail: expect.stringContaining('PSI of 64 of 64') }]);
    market.install('champion', 'x-linear/2');
    expect(market.of('drift')[1]).toMatchObject({ drifting: false, model: 'x-linear/2' });
  });

  it('is watched on after a restore as if nothing had happened', () => {
    const [plain, restored] = [new Market(), new Market()];
    for (const market of [plain, restored]) {
      market.install('champion', 'x-linear/1', REFERENCE).install('challenger', 'y-lstm/1');
      seconds(market, 0, 60, (n) => n % 3 !== 0, market === restored);
    }
    expect(restored.bench.all).toEqual(plain.bench.all);
  });
});
