import { describe, expect, it } from 'vitest';
import { ReducerBench } from '../../test/reducer_bench.ts';
import type { AccountInput, ComponentReport } from '../inputs.ts';
import type { Own } from '../own.ts';
import { COMPONENT_BREAKERS, type ComponentBreaker } from './breakers.ts';
import { type Conditions, type ConditionsOutput, conditions, type Watch } from './conditions.ts';

const PARAMETERS = {
  disconnectedAfterMs: 3_000,
  latencyHighMs: 2_000,
  latencyLowMs: 1_000,
  latencyWiden: 2,
  latencyRecoverMs: 5_000,
};

const START_US = 1_700_000_000_000_000;

/** The conditions stage with a clock: watches every 200 ms, as in the pipeline. */
class Chain {
  readonly bench = new ReducerBench<unknown, AccountInput | Own | Watch, ConditionsOutput>(
    conditions(PARAMETERS),
    START_US,
  );
  #height = 0;
  #batches = 0;

  wait(ms: number): ConditionsOutput[] {
    const outputs: ConditionsOutput[] = [];
    for (let passed = 0; passed < ms; passed += 200) {
      this.bench.nowUs += 200_000;
      outputs.push(...this.bench.step({ kind: 'watch', timeUs: this.bench.nowUs }));
    }
    return outputs;
  }

  block(ageMs = 0): ConditionsOutput[] {
    this.#height += 1;
    const chainTimeUs = this.bench.nowUs - ageMs * 1_000;
    return this.bench.step({ kind: 'block', seq: this.#height, timeUs: 0, height: this.#height, chainTimeUs });
  }

  /** Blocks for a while, one every 400 ms. */
  blocks(ms: number, ageMs = 0): ConditionsOutput[] {
    const outputs: ConditionsOutput[] = [];
    for (let passed = 0; passed < ms; passed += 400) outputs.push(...this.wait(400), ...this.block(ageMs));
    return outputs;
  }

  send(places = 1): number {
    this.#batches += 1;
    const place = { clientOrderId: 'a', market: 'AAA', side: 'buy', tick: 1, lots: 1 } as const;
    const batch = { batchId: this.#batches, cancels: [], places: Array.from({ length: places }, () => place) };
    this.bench.step({ kind: 'orderBatch', seq: 0, timeUs: 0, causes: [], ...batch });
    return this.#batches;
  }

  commit(orderIds: readonly string[]): ConditionsOutput[] {
    const batch = { batchId: this.#batches, txHash: '', height: this.#height };
    return this.bench.step({ kind: 'batchCommitted', seq: 0, timeUs: 0, ...batch, orderIds });
  }

  refuse(): ConditionsOutput[] {
    const why = { code: 13, codespace: 'sdk', reason: 'insufficient fee' };
    return this.bench.step({ kind: 'batchRefused', seq: 0, timeUs: 0, batchId: this.#batches, txHash: '', ...why });
  }

  report(component: ComponentReport['component'], outcome: 'success' | 'failure'): ConditionsOutput[] {
    return this.bench.step({ kind: 'component', seq: 0, timeUs: 0, component, outcome, detail: 'disk full' });
  }

  drift(market: string, drifting: boolean): ConditionsOutput[] {
    return this.bench.step({ kind: 'drift', seq: 0, timeUs: 0, market, model: 'm1', drifting, detail: 'PSI 0.3' });
  }

  get now(): Conditions | undefined {
    return this.bench.all.findLast((output) => output.kind === 'conditions');
  }

  get alerts(): string[] {
    return this.bench.all
      .filter((one) => one.kind === 'alert')
      .map(({ severity, code, status }) => `${severity} ${code} ${status}`);
  }
}

describe('the breaker of the connection', () => {
  it('trips without blocks, and closes after two that follow each other, not at the first', () => {
    const chain = new Chain();
    chain.blocks(2_000);
    expect(chain.wait(3_000)).toEqual([]);
    chain.wait(200);
    expect(chain.now).toMatchObject({
      holds: [{ code: 'disconnect', text: 'no block for 3200 ms' }],
      breakers: { disconnect: 'open' },
    });
    expect(chain.wait(60_000)).toEqual([]);
    chain.block();
    expect(chain.now).toMatchObject({ holds: [{ code: 'disconnect' }], breakers: { disconnect: 'halfOpen' } });
    chain.block();
    expect(chain.now).toMatchObject({ holds: [], breakers: {} });
    expect(chain.alerts).toEqual(['critical disconnect raised', 'info disconnect cleared']);
  });

  it('trips again when a first block is followed by nothing', () => {
    const chain = new Chain();
    chain.block();
    chain.wait(4_000);
    chain.block();
    chain.wait(4_000);
    expect(chain.now).toMatchObject({ breakers: { disconnect: 'open' } });
    expect(chain.alerts).toEqual(['critical disconnect raised']);
  });

  it('also trips when no block ever came', () => {
    const chain = new Chain();
    chain.wait(3_600);
    expect(chain.now?.holds[0]?.code).toBe('disconnect');
  });
});

describe('the breaker of latency', () => {
  it('widens at the third slow block in a row, and is well after a rest and three fast ones', () => {
    const chain = new Chain();
    chain.blocks(800, 2_001);
    chain.blocks(400, 500);
    chain.blocks(800, 2_001);
    expect(chain.now).toBeUndefined();
    chain.blocks(400, 2_001);
    expect(chain.now).toMatchObject({ widen: 2, holds: [], breakers: { latency: 'open' } });
    chain.blocks(4_800, 500);
    expect(chain.now).toMatchObject({ widen: 2 });
    // Between the marks nothing changes.
    chain.blocks(4_000, 1_500);
    expect(chain.now).toMatchObject({ widen: 2, breakers: { latency: 'halfOpen' } });
    chain.blocks(1_200, 999);
    expect(chain.now).toMatchObject({ widen: 1, breakers: {} });
    expect(chain.alerts).toEqual(['warning latency raised', 'info latency cleared']);
  });

  it('widens while a transaction is under way for too long', () => {
    const chain = new Chain();
    chain.blocks(400);
    chain.send();
    for (let i = 0; i < 7; i += 1) {
      chain.wait(400);
      // The chain itself is quick: it is our transaction that does not come.
      chain.block(1_500);
    }
    expect(chain.now).toMatchObject({ widen: 2 });
    expect(chain.bench.all.find((one) => one.kind === 'alert')?.text).toMatch(/batch 1 is under way for \d+ ms/);
  });

  it('takes no age from a venue that states no time of its blocks', () => {
    const chain = new Chain();
    for (let i = 0; i < 9; i += 1) {
      chain.bench.step({ kind: 'block', seq: i, timeUs: 0, height: i, chainTimeUs: 0 });
    }
    expect(chain.now).toBeUndefined();
  });
});

describe('a component breaker', () => {
  const failing: Readonly<Record<ComponentBreaker, (chain: Chain) => void>> = {
    sei_websocket: (chain) => chain.report('sei_websocket', 'failure'),
    ml_inference: (chain) => chain.report('ml_inference', 'failure'),
    database: (chain) => chain.report('database', 'failure'),
    order_placement: (chain) => {
      chain.send();
      chain.refuse();
    },
  };
  const working: Readonly<Record<ComponentBreaker, (chain: Chain) => void>> = {
    sei_websocket: (chain) => chain.report('sei_websocket', 'success'),
    ml_inference: (chain) => chain.report('ml_inference', 'success'),
    database: (chain) => chain.report('database', 'success'),
    order_placement: (chain) => {
      chain.send();
      chain.commit(['7']);
    },
  };
  const wanted = {
    sei_websocket: [5, 30],
    ml_inference: [3, 10],
    database: [3, 20],
    order_placement: [10, 60],
  } as const;
  const names = Object.keys(wanted) as ComponentBreaker[];

  it.each(names)('%s: trips as required, half open after its time, closes at a success', (name) => {
    const [failures, seconds] = wanted[name];
    expect(COMPONENT_BREAKERS[name].recoverAfterMs).toBe(seconds * 1_000);
    const chain = new Chain();
    chain.blocks(400);
    for (let i = 1; i < failures; i += 1) failing[name](chain);
    working[name](chain);
    for (let i = 1; i < failures; i += 1) failing[name](chain);
    expect(chain.now).toBeUndefined();
    failing[name](chain);
    expect(chain.now?.breakers).toEqual({ [name]: 'open' });
    chain.blocks(seconds * 1_000 - 400);
    expect(chain.now?.breakers).toEqual({ [name]: 'open' });
    chain.blocks(400);
    expect(chain.now?.breakers).toEqual({ [name]: 'halfOpen' });
    failing[name](chain);
    expect(chain.now?.breakers).toEqual({ [name]: 'open' });
    chain.blocks(seconds * 1_000);
    working[name](chain);
    expect(chain.now?.breakers).toEqual({});
    const severity = name === 'database' || name === 'order_placement' ? 'critical' : 'warning';
    expect(chain.alerts).toEqual([`${severity} ${name} raised`, `info ${name} cleared`]);
  });

  it.each([
    ['sei_websocket', []],
    ['ml_inference', []],
    ['database', ['database']],
    ['order_placement', ['order_placement']],
  ] as const)('%s: forbids trading while open, not for its trial: %s', (name, codes) => {
    const chain = new Chain();
    chain.blocks(400);
    for (let i = 0; i < wanted[name][0]; i += 1) failing[name](chain);
    expect(chain.now?.holds.map(({ code }) => code)).toEqual(codes);
    chain.blocks(wanted[name][1] * 1_000);
    expect(chain.now?.holds).toEqual([]);
  });

  it('order_placement: orders that are all refused are a failure, some are not, and cancels are no trial', () => {
    const chain = new Chain();
    chain.blocks(400);
    const times = (n: number, act: () => void): void => Array.from({ length: n }).forEach(act);
    times(9, () => {
      chain.send(2);
      chain.commit(['', '']);
    });
    chain.send(2);
    chain.commit(['', '8']);
    times(9, () => {
      chain.send(2);
      chain.commit(['', '']);
    });
    times(3, () => {
      chain.send(0);
      chain.refuse();
    });
    expect(chain.now).toBeUndefined();
    chain.send();
    chain.commit(['']);
    expect(chain.now?.breakers).toEqual({ order_placement: 'open' });
  });
});

describe('drift', () => {
  it('takes the predictions away from its market, or from all, until it is over', () => {
    const chain = new Chain();
    chain.drift('AAA', true);
    expect(chain.now).toMatchObject({ fallback: ['AAA'], breakers: { drift: 'open' }, holds: [] });
    expect(chain.drift('AAA', true)).toEqual([]);
    chain.drift('', true);
    expect(chain.now?.fallback).toEqual(['AAA', '']);
    chain.drift('AAA', false);
    chain.drift('', false);
    expect(chain.now).toMatchObject({ fallback: [], breakers: {} });
    expect(chain.alerts).toEqual([
      ...['warning drift raised', 'warning drift raised', 'info drift cleared', 'info drift cleared'],
    ]);
  });

  it('has the same effect as models that do not run', () => {
    const chain = new Chain();
    for (let i = 0; i < 3; i += 1) chain.report('ml_inference', 'failure');
    expect(chain.now?.fallback).toEqual(['']);
  });
});

it('goes on from a snapshot as if nothing had happened', () => {
  const [plain, restored] = [new Chain(), new Chain()];
  for (const chain of [plain, restored]) {
    for (let i = 0; i < 4; i += 1) chain.report('database', 'failure');
    chain.drift('AAA', true);
    chain.send();
    chain.wait(3_000);
    if (chain === restored) chain.bench.restore();
    chain.wait(20_000);
    chain.commit(['1']);
    chain.report('database', 'success');
    chain.blocks(2_000);
  }
  expect(restored.bench.all).toEqual(plain.bench.all);
  expect(plain.now).toMatchObject({ fallback: ['AAA'], holds: [] });
});
