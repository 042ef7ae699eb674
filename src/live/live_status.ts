import { basename } from 'node:path';
import type { GraphNode } from '../../streams/actor/graph.ts';
import type { Decision } from '../../streams/decisions.ts';
import type { Input } from '../../streams/inputs.ts';
import { type SessionFigures, SessionReport } from '../../streams/report/session_report.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { CAUSES, type CauseCode } from '../../streams/trading/causes.ts';
import type { TradingStateChange } from '../../streams/trading/trading.ts';
import type { ActorStatus, Health, Hold, SessionStatus, StatusSource } from '../api/status.ts';
import type { InferenceStatus } from '../inference/open_inference.ts';
import type { SessionInsight } from '../insight/session_insight.ts';
import { documentOf, type ReportDocument } from '../report/document.ts';
import type { Latency } from '../runtime/edge_stats.ts';
import type { Notify } from '../runtime/notices.ts';
import type { Session } from '../runtime/session.ts';
import type { SeiVenue } from '../sei/venue.ts';
import { Alerts } from './alerts.ts';
import { MarketView } from './market_view.ts';
import { Rate } from './rates.ts';

/** Facts of a session that do not change. */
export interface SessionFacts {
  readonly version: string;
  readonly mode: 'paper' | 'live';
  readonly chainId: string;
  readonly network: string;
}

/** Blocks whose mean distance is told. */
const BLOCKS_KEPT = 20;

/** A chain silent for longer than this is worth a look, and for longer than the second is down. */
const BLOCK_LATE_MS = 3_000;
const BLOCK_DOWN_MS = 10_000;

const MEGABYTE = 1_048_576;

/** What the block monitor sees before it looks. */
const NOTHING_SEEN = { lagBlocks: 0, waitingTxs: 0, congestion: 0 };

/** Where no model predicts anything. */
const NO_MODELS: InferenceStatus = { seats: [], refusals: [] };

/** A latency of nothing measured yet. */
const NO_LATENCY: Latency = { count: 0, p50Us: 0, p99Us: 0, maxUs: 0 };

/**
 * What a session looks like from outside: gathers decisions and inputs as they come, and makes a fresh picture whenever
 * somebody looks. Nothing here reaches back into the pipeline.
 */
export class LiveStatus implements StatusSource {
  readonly #facts: SessionFacts;
  readonly #report: SessionReport;
  readonly #markets: ReadonlyMap<string, MarketView>;
  readonly #startedMs = performance.now();
  readonly #rates = new Map<string, Rate>();
  readonly #blocksMs: number[] = [];
  readonly #alerts: Alerts;
  #session: Session | undefined;
  #venue: Pick<SeiVenue, 'endpoints' | 'monitor'> | undefined;
  readonly #insight: SessionInsight;
  #models: () => InferenceStatus = () => NO_MODELS;
  #underWay = false;
  #balances: Readonly<Record<string, string>> = {};
  #height = 0;
  #trading: SessionStatus['trading'] = 'starting';
  #holds: Hold[] = [];
  #refused = 0;
  #fatal = '';
  readonly #settings: AccountSettings;
  #firstUs = -1;
  #lastUs = -1;

  /** @param notify is told of alerts and of every change of the trading state */
  constructor(facts: SessionFacts, settings: AccountSettings, insight: SessionInsight, notify: Notify) {
    this.#facts = facts;
    this.#insight = insight;
    this.#alerts = new Alerts(notify);
    this.#settings = settings;
    this.#report = new SessionReport(settings.markets.map(({ market }) => market));
    this.#markets = new Map(settings.markets.map((market) => [market.market.symbol, new MarketView(market)]));
  }

  /** From now on the session is looked at, and the venue that it trades on. */
  watch(session: Session, venue: Pick<SeiVenue, 'endpoints' | 'monitor'>): void {
    this.#session = session;
    this.#venue = venue;
    session.decisions$.subscribe((decision) => this.#decided(decision));
  }

  /** From now on it is told how the models do. */
  watchModels(models: () => InferenceStatus): void {
    this.#models = models;
  }

  /** Takes in an input that has taken effect. */
  input(input: Input): void {
    if (this.#firstUs < 0) this.#firstUs = input.timeUs;
    this.#lastUs = input.timeUs;
    if (input.kind === 'trade') this.#report.traded(input);
    if (input.kind === 'batchRefused') this.#refused += 1;
    if (input.kind === 'batchRefused' || input.kind === 'batchCommitted') this.#underWay = false;
    if (input.kind === 'balances') this.#balances = input.amounts;
    if (input.kind !== 'block') return;
    this.#height = input.height;
    this.#blocksMs.push(performance.now());
    if (this.#blocksMs.length > BLOCKS_KEPT) this.#blocksMs.shift();
  }

  /** The session is ending. */
  stopping(by: string): void {
    this.#trading = 'stopping';
    const text = `${by} asked for the end of the session`;
    this.#holds = [{ code: 'end', text, by, undone: 'restart', undo: 'flashmm start', since_ms: Date.now() }];
  }

  /** The pipeline or the journal has failed. */
  fatal(reason: string): void {
    this.#fatal = reason;
    const alert = { time_ms: Date.now(), severity: 'critical', status: 'raised', code: 'failed', market: '' } as const;
    this.#alerts.keep({ ...alert, text: reason });
  }

  /** The session's report so far. @param journal its folder, or undefined */
  report(journal: string | undefined, closed: string | undefined): ReportDocument {
    const name = journal === undefined ? 'without a journal' : basename(journal);
    const { version: flashmm } = this.#facts;
    const covered = { name, flashmm, firstUs: this.#firstUs, lastUs: this.#lastUs, closed, remarks: [] };
    return documentOf(`Session ${name}`, [covered], this.#settings, this.#report);
  }

  /** The figures of the session report. */
  figures(): SessionFigures {
    return this.#report.figures();
  }

  status(): SessionStatus {
    const nowMs = performance.now();
    const figures = this.#report.figures();
    const views = [...this.#markets];
    const { lagBlocks, waitingTxs, congestion } = this.#venue?.monitor ?? NOTHING_SEEN;
    return {
      version: this.#facts.version,
      time_ms: Date.now(),
      uptime_s: (nowMs - this.#startedMs) / 1_000,
      mode: this.#facts.mode,
      trading: this.#trading,
      holds: this.#holds,
      chain: {
        chain_id: this.#facts.chainId,
        network: this.#facts.network,
        height: this.#height,
        block_ms: this.#blockMs(),
        block_age_ms: this.#blockAgeMs(nowMs),
        lag_blocks: lagBlocks,
        waiting_txs: waitingTxs,
        congestion,
      },
      account: {
        pnl_usdc: figures.pnlUsdc.toFixed(4),
        fees_usdc: figures.feesUsdc.toFixed(4),
        fills: figures.fills,
        open_orders: views.reduce((sum, [, view]) => sum + view.openOrders, 0),
        batch_under_way: this.#underWay,
        balances: this.#balances,
        orders_placed: figures.ordersPlaced,
        orders_cancelled: figures.ordersCancelled,
        orders_refused: this.#refused,
        orders_per_s: this.#rate('orders placed', figures.ordersPlaced, nowMs),
      },
      markets: views.map(([symbol, view]) => view.status(figures.markets[symbol]!, nowMs)),
      endpoints: (this.#venue?.endpoints ?? []).map(({ url, current, standing, status, pingMs, height, failures }) => ({
        ...{ url, current, standing, breaker: status, ping_ms: Number.isFinite(pingMs) ? pingMs : null },
        ...{ height, failures },
      })),
      ...modelsStatus(this.#models()),
      alerts: this.#alerts.list(),
      actors: (this.#session?.kernel.graph.nodes ?? []).map((node) => this.#actor(node, nowMs)),
      latencies: this.#latencies(),
      insight: this.#insight.status(),
      process: this.#process(nowMs),
    };
  }

  health(): Health {
    const ageMs = this.#blockAgeMs(performance.now());
    const live = [...this.#markets.values()].filter((view) => view.live).length;
    const late = ageMs === null || ageMs > BLOCK_LATE_MS;
    const chain = ageMs === null || ageMs > BLOCK_DOWN_MS ? 'fail' : late ? 'warn' : 'ok';
    const markets = live === this.#markets.size ? 'ok' : live === 0 ? 'fail' : 'warn';
    const trading = this.#trading === 'active' ? 'ok' : 'warn';
    const checks: Health['checks'] = [
      { name: 'pipeline', status: this.#fatal === '' ? 'ok' : 'fail', detail: this.#fatal || 'running' },
      {
        name: 'chain',
        status: chain,
        detail: ageMs === null ? 'no block yet' : `height ${this.#height}, newest block ${Math.round(ageMs)} ms ago`,
      },
      { name: 'markets', status: markets, detail: `${live} of ${this.#markets.size} live` },
      {
        name: 'trading',
        status: trading,
        detail: [this.#trading, ...this.#holds.map(({ text }) => text)].join(': '),
      },
    ];
    const worst = checks.some(({ status }) => status === 'fail')
      ? 'failing'
      : checks.some(({ status }) => status === 'warn')
        ? 'degraded'
        : 'ok';
    return {
      status: worst,
      version: this.#facts.version,
      uptime_s: (performance.now() - this.#startedMs) / 1_000,
      checks,
    };
  }

  #decided(decision: Decision): void {
    this.#report.decided(decision);
    this.#alerts.decided(decision);
    if (decision.kind === 'tradingState' && this.#trading !== 'stopping') {
      this.#trading = decision.state;
      this.#holds = holdsOf(decision);
    }
    if (decision.kind === 'orderBatch') this.#underWay = true;
    if ('market' in decision) this.#markets.get(decision.market)?.decided(decision);
  }

  #actor({ name, kind, probe }: GraphNode, nowMs: number): ActorStatus {
    const quantile = (p: number): number | null => {
      const us = probe.latencyUs(p);
      return Number.isNaN(us) ? null : us;
    };
    return {
      name,
      // Sources and loops have no life of their own.
      status: kind === 'actor' ? probe.status : 'running',
      rate_per_s: this.#rate(`actor ${name}`, probe.messagesIn, nowMs),
      latency_p50_us: quantile(0.5),
      latency_p99_us: quantile(0.99),
      depth: probe.depth,
      dropped: probe.dropped,
      restarts: probe.restarts,
      breaker: probe.breaker ?? null,
    };
  }

  #latencies(): SessionStatus['latencies'] {
    const stats = this.#session?.stats;
    const all: [string, Latency][] = [
      ['book input to decision core', stats?.bookLatency ?? NO_LATENCY],
      ['sampling lateness', stats?.timerLateness ?? NO_LATENCY],
      ['sample to approved quote', stats?.decisionLatency ?? NO_LATENCY],
      ['sample to batch', stats?.batchLatency ?? NO_LATENCY],
    ];
    return all.map(([operation, { p50Us, p99Us }]) => ({ operation, p50_ms: p50Us / 1_000, p99_ms: p99Us / 1_000 }));
  }

  #process(nowMs: number): SessionStatus['process'] {
    const stats = this.#session?.stats;
    const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
    return {
      rss_mb: process.memoryUsage.rss() / MEGABYTE,
      event_loop_p99_ms: (stats?.loopDelay.p99Us ?? 0) / 1_000,
      inputs_per_s: this.#rate('inputs taken', sum(stats?.inputs ?? {}), nowMs),
      rejects: sum(stats?.rejects ?? {}),
    };
  }

  #rate(name: string, count: number, nowMs: number): number {
    let rate = this.#rates.get(name);
    if (rate === undefined) {
      rate = new Rate();
      this.#rates.set(name, rate);
    }
    return rate.read(count, nowMs);
  }

  #blockMs(): number | null {
    const first = this.#blocksMs[0];
    const last = this.#blocksMs.at(-1);
    if (first === undefined || last === undefined || this.#blocksMs.length < 2) return null;
    return (last - first) / (this.#blocksMs.length - 1);
  }

  #blockAgeMs(nowMs: number): number | null {
    const last = this.#blocksMs.at(-1);
    return last === undefined ? null : nowMs - last;
  }
}

/** The causes in force, those first that make the state what it is. */
function holdsOf({ state, holds }: TradingStateChange): Hold[] {
  const gravest = (code: CauseCode): number => (CAUSES[code].state === state ? 0 : 1);
  return [...holds]
    .sort((one, other) => gravest(one.code) - gravest(other.code))
    .map(({ code, text, by, sinceUs }) => {
      const { undone } = CAUSES[code];
      return { code, text, by, undone, undo: undoOf(code), since_ms: Math.floor(sinceUs / 1_000) };
    });
}

function undoOf(code: CauseCode): string {
  const { undone, undo } = CAUSES[code];
  if (undone === 'clears') return `flashmm resume --clear-halt ${code}`;
  return undone === 'resume' ? 'flashmm resume' : undo;
}

function modelsStatus({ seats, refusals }: InferenceStatus): Pick<SessionStatus, 'models' | 'model_refusals'> {
  return {
    models: seats.map(({ domain, role, model, predictions, failures, late, missed, swaps, p50Ms, p99Ms }) => ({
      ...{ domain, role, model, predictions, failures, late, missed, swaps, p50_ms: p50Ms, p99_ms: p99Ms },
    })),
    model_refusals: refusals.map(({ timeMs, domain, role, model, reason }) => ({
      ...{ time_ms: timeMs, domain, role, model, reason },
    })),
  };
}
