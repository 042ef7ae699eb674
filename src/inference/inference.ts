import type { Features } from '../../streams/features/types.ts';
import type { ComponentReport } from '../../streams/inputs.ts';
import type { ModelNotice, Prediction } from '../../streams/predictions/types.ts';
import type { Timers } from '../runtime/timers.ts';
import { FeatureWindow } from './feature_window.ts';
import { BATCH_MOST, DOMAINS, type Domain, HORIZONS_MS } from './model_format.ts';
import type { Role } from './registry.ts';
import { type Answered, Seat, type SeatStatus } from './seat.ts';
import type { VerifiedModel } from './verify.ts';

/** A market whose future is predicted. */
export interface PredictedMarket {
  readonly symbol: string;
  /** Whose models predict it. */
  readonly domain: Domain;
}

/** What inference works with. */
export interface InferenceOptions {
  /** At most {@link BATCH_MOST}. */
  readonly markets: readonly PredictedMarket[];
  /** An answer later than this is dropped and counts as a failure, milliseconds. */
  readonly timeoutMs: number;
  /** Takes predictions, reports and notices, as the edge does. */
  readonly accept: (input: Prediction | ModelNotice | ComponentReport) => void;
  readonly timers: Pick<Timers, 'after' | 'stopwatchUs'> & {
    /** In virtual time: lets the clock stand still until a promise of the machine's own has settled. */
    outside?<T>(work: Promise<T>): Promise<T>;
  };
}

/** One market at one instant, ready to be asked about. */
interface Asked {
  readonly market: string;
  readonly domain: Domain;
  readonly featuresSeq: number;
}

/**
 * The models at work: hears the features of all markets of one instant, keeps each market's window, asks champion and
 * challenger of a domain about all of its markets in one run, and gives their answers back as inputs.
 *
 * - The champion is asked first and answers first. The challenger sees the same windows and is only watched.
 * - A champion that fails, is late, answers what is no probability, or is missing is reported as a failure of `ml_inference`,
 *   whose breaker leads to pricing without a model; the first answer after that is reported as success.
 * - A late answer is dropped: the next instant has been decided without it. Nothing queues: a model that is still busy when
 *   the next instant comes misses that one.
 */
export class Inference {
  readonly #options: InferenceOptions;
  readonly #domainOf: ReadonlyMap<string, Domain>;
  readonly #windows: ReadonlyMap<string, FeatureWindow>;
  readonly #seats: ReadonlyMap<Domain, Readonly<Record<Role, Seat>>>;
  /** Of the instant under way. */
  #asked: Asked[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #failing = false;
  #closed = false;

  /** @throws RangeError when there are more markets than one run takes */
  constructor(options: InferenceOptions) {
    const { markets, timeoutMs, timers } = options;
    if (markets.length > BATCH_MOST) throw new RangeError(`${markets.length} markets: expected at most ${BATCH_MOST}`);
    this.#options = options;
    this.#domainOf = new Map(markets.map(({ symbol, domain }) => [symbol, domain]));
    this.#windows = new Map(markets.map(({ symbol }) => [symbol, new FeatureWindow()]));
    const seat = (domain: Domain, role: Role) => new Seat(domain, role, timeoutMs, timers);
    const wanted = DOMAINS.filter((domain) => markets.some((market) => market.domain === domain));
    this.#seats = new Map(
      wanted.map((one) => [one, { champion: seat(one, 'champion'), challenger: seat(one, 'challenger') }]),
    );
  }

  /** The domains that are asked about. */
  get domains(): readonly Domain[] {
    return [...this.#seats.keys()];
  }

  /** Whether an answer is still out: in virtual time the clock stands still until {@link settled}. */
  get pending(): boolean {
    return this.#asked.length > 0 || this.#underWay.size > 0;
  }

  /**
   * Takes in a feature vector, which it copies. Models are asked when the turn is over, in which all markets of an instant
   * have spoken.
   */
  hear({ market, warm, timeUs, vector, seq }: Features): void {
    const window = this.#windows.get(market);
    if (window === undefined || this.#closed) return;
    if (!warm) {
      window.clear();
      return;
    }
    window.push(timeUs, vector);
    if (!window.full) return;
    this.#asked.push({ market, domain: this.#domainOf.get(market)!, featuresSeq: seq });
    if (this.#asked.length === 1) queueMicrotask(() => this.#ask());
  }

  /** Resolves when every answer is in, and has been given back. */
  async settled(): Promise<void> {
    this.#ask();
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /**
   * Gives a seat to another model, or to none, between two instants: what the former one is being asked it still answers, and
   * the next instant is the new one's. Nothing is missed.
   */
  serve(domain: Domain, role: Role, model: VerifiedModel | undefined): void {
    this.#seats.get(domain)?.[role].take(model);
    for (const [market, theirs] of this.#domainOf) {
      if (theirs === domain) this.#options.accept(noticeOf(market, role, model));
    }
  }

  /** The model in a seat, and how it does. */
  seat(domain: Domain, role: Role): SeatStatus | undefined {
    return this.#seats.get(domain)?.[role].status();
  }

  /** Every seat, champions first. */
  seats(): readonly SeatStatus[] {
    const seats = [...this.#seats.values()];
    return [...seats.map(({ champion }) => champion.status()), ...seats.map(({ challenger }) => challenger.status())];
  }

  /** Asks nothing more, and releases the models once they have answered. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#asked = [];
    await Promise.all(
      [...this.#seats.values()].flatMap(({ champion, challenger }) => [champion.close(), challenger.close()]),
    );
  }

  #ask(): void {
    const asked = this.#asked;
    this.#asked = [];
    for (const [domain, seats] of this.#seats) {
      const ours = asked.filter((one) => one.domain === domain);
      if (ours.length === 0) continue;
      const answer = this.#answer(seats, ours);
      const { timers } = this.#options;
      const work = (timers.outside?.(answer) ?? answer).finally(() => this.#underWay.delete(work));
      this.#underWay.add(work);
    }
  }

  async #answer({ champion, challenger }: Readonly<Record<Role, Seat>>, asked: readonly Asked[]): Promise<void> {
    const windows = asked.map(({ market }) => this.#windows.get(market)!);
    // Both are given their windows now: by the time that the champion has answered, these may have moved on.
    const first = champion.prepare(windows);
    const second = challenger.prepare(windows);
    this.#give('champion', asked, await first.run((late) => this.#report(late)));
    this.#give('challenger', asked, await second.run(() => undefined));
  }

  #give(role: Role, asked: readonly Asked[], answered: Answered): void {
    if (answered.kind === 'nothing' || this.#closed) return;
    if (answered.kind === 'failed') {
      if (role === 'champion') this.#report(answered.why);
      return;
    }
    asked.forEach(({ market, featuresSeq }, i) => {
      const horizons = answered.horizons[i]!;
      const { model } = answered;
      this.#options.accept({ kind: 'prediction', seq: 0, timeUs: 0, market, model, role, featuresSeq, horizons });
    });
    if (role === 'challenger' || !this.#failing) return;
    this.#failing = false;
    this.#component('success', `${answered.model} answers again`);
  }

  #report(why: string): void {
    if (this.#closed) return;
    this.#failing = true;
    this.#component('failure', why);
  }

  #component(outcome: ComponentReport['outcome'], detail: string): void {
    this.#options.accept({ kind: 'component', seq: 0, timeUs: 0, component: 'ml_inference', outcome, detail });
  }
}

/** What a market is told of the model that predicts it from now on. */
function noticeOf(market: string, role: Role, model: VerifiedModel | undefined): ModelNotice {
  const stamp = { kind: 'model', seq: 0, timeUs: 0, market, role } as const;
  if (model === undefined) {
    const labels = { horizonsMs: HORIZONS_MS, thresholdBps: 0, smoothingMs: 0 };
    return { ...stamp, model: '', labels, reference: null };
  }
  const { labels, drift_reference: reference } = model.card;
  const { edges, shares, limits } = reference;
  return {
    ...stamp,
    model: model.ref,
    labels: { horizonsMs: HORIZONS_MS, thresholdBps: labels.threshold_bps, smoothingMs: labels.smoothing_ms },
    // Without limits of its own it is not watched for drift of its inputs: any guess would alarm for nothing, or never.
    reference: limits === undefined ? null : { edges, shares, limits },
  };
}
