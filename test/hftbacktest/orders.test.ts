import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { simulateTapes } from '../../src/backtest/simulate_tapes.ts';
import { Tape } from '../../src/tape/reader.ts';
import { constantLatency } from '../../streams/simulation/order_latency.ts';
import type { FillModel } from '../../streams/simulation/queue_exchange.ts';
import type { Answer, Desk, OrderType, OwnOrder, Strategy } from '../../streams/simulation/strategy.ts';
import { NO_ASK, NO_BID } from '../../streams/simulation/touch_book.ts';
import { TapeFolder } from '../tape_files.ts';

const folder = new TapeFolder();
afterAll(() => folder.remove());

interface Golden {
  readonly fills: FillModel;
  readonly type: OrderType;
  readonly through: boolean;
  readonly orders: number;
  readonly filled_lots: number;
  readonly first: readonly string[];
  readonly sha256: string;
}

// Made by orders.py, which sends the same orders on the same rows to hftbacktest.
const golden: { readonly cases: readonly Golden[] } = JSON.parse(
  readFileSync(new URL('./orders.json', import.meta.url), 'utf8'),
);

const MS = 1e6;
const LOTS = 1_500;
const WAKES_MOST = 3;

/** One order at each wake, buy and sell in turn, through the other side's best price or at our own; three wakes are its most. */
class Turns implements Strategy {
  readonly intervalNs = 250 * MS;
  readonly #type: OrderType;
  readonly #through: boolean;
  readonly #originNs: bigint;
  /** Lots executed of an order, and the price of the last execution. */
  readonly #executed = new Map<number, { readonly lots: number; readonly tick: number }>();
  readonly #wakeOf = new Map<number, number>();
  /** What ended since the last wake, and what had ended by it: later ends are seen at no wake. */
  readonly #ended: [wake: number, line: string][] = [];
  readonly lines: [wake: number, line: string][] = [];
  #wakes = 0;

  constructor(type: OrderType, through: boolean, originS: number) {
    this.#type = type;
    this.#through = through;
    this.#originNs = BigInt(originS) * 1_000_000_000n;
  }

  hear(_desk: Desk, { kind, order, exchangeNs, tick, lots }: Answer): void {
    const known = this.#executed.get(order.id);
    if (kind === 'filled') {
      this.#executed.set(order.id, { lots: (known?.lots ?? 0) + lots, tick });
    }
    if (order.state !== 'gone' || kind === 'rejected') return;
    this.#end(order, kind, exchangeNs);
  }

  wake(_nowNs: number, [desk]: readonly Desk[]): void {
    this.#wakes += 1;
    this.lines.push(...this.#ended.splice(0));
    const { bidTick, askTick, orders } = desk!;
    for (const order of orders) {
      if (order.state === 'working' && this.#wakeOf.get(order.id)! + WAKES_MOST <= this.#wakes) desk!.cancel(order);
    }
    if (bidTick === NO_BID || askTick === NO_ASK) return;
    const order =
      this.#wakes % 2 === 1
        ? desk!.place(1, this.#through ? askTick + 2 : bidTick, LOTS, this.#type)
        : desk!.place(-1, this.#through ? bidTick - 2 : askTick, LOTS, this.#type);
    this.#wakeOf.set(order.id, this.#wakes);
  }

  #end(order: OwnOrder, kind: Answer['kind'], endedNs: number): void {
    const wake = this.#wakeOf.get(order.id)!;
    const done = this.#executed.get(order.id);
    const last = done === undefined ? '0 0 0' : `${done.lots} ${this.#originNs + BigInt(endedNs)} ${done.tick}`;
    this.#ended.push([wake, `${wake} ${kind} ${last}`]);
  }
}

let path = '';
beforeAll(async () => {
  path = (await folder.imported([new URL('./events.csv.gz', import.meta.url).pathname])).tape;
});

describe('what becomes of each order is what hftbacktest makes of it', () => {
  it.each(
    golden.cases.map((one) => [`${one.fills}, ${one.type}, ${one.through ? 'taking' : 'at the touch'}`, one] as const),
  )('%s', (_name, expected) => {
    const tape = Tape.open(path);
    const strategy = new Turns(expected.type, expected.through, tape.originS);
    const { simulation } = simulateTapes(
      [tape],
      {
        queue: 'risk_averse',
        queuePower: 1,
        fills: expected.fills,
        latency: () => constantLatency(MS, MS),
        feedLatencyNs: MS,
        exchangeClock: 'event',
      },
      strategy,
    );
    simulation.run();
    tape.close();
    const lines = strategy.lines.toSorted((a, b) => a[0] - b[0]).map(([, line]) => line);
    const text = lines.map((line) => `${line}\n`).join('');
    expect(lines.slice(0, expected.first.length)).toEqual(expected.first);
    expect(lines).toHaveLength(expected.orders);
    expect(createHash('sha256').update(text).digest('hex')).toBe(expected.sha256);
  });
});
