import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { LANES } from '../../streams/actor/kernel.ts';
import type { Decision } from '../../streams/decisions.ts';
import type { Features } from '../../streams/features/types.ts';
import { isMarketInput } from '../../streams/inputs.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import { Recording } from '../binance/recording.ts';
import { ChainMarket } from '../compare/chain_market.ts';
import { accountSettings } from '../config/account.ts';
import { loadConfig } from '../config/load.ts';
import { gasOf, marketsOf } from '../live/launch.ts';
import { seededRandom } from '../runtime/random.ts';
import { Reactor } from '../runtime/reactor.ts';
import { DatasetRows } from './rows.ts';
import { SessionTap } from './source.ts';

const { config } = loadConfig({ env: {}, flags: [] });
const folder = mkdtempSync(join(tmpdir(), 'flashmm-dataset-live-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The settings with features made, at 5 Hz. */
const withFeatures = (account: AccountSettings): AccountSettings => ({
  ...account,
  markets: account.markets.map((market) => ({ ...market, features: { periodMs: 200 } })),
});

/** Vectors by instant, of the pipeline and of the dataset. */
class Both {
  readonly live = new Map<number, Features>();
  readonly rows = new Map<number, { readonly warm: boolean; readonly vector: Float32Array; readonly mid: number }>();

  decided(decision: Decision): void {
    if (decision.kind === 'features' && decision.quality === 'live') this.live.set(decision.timeUs, decision);
  }

  of({ markets }: AccountSettings, everyMs: number): DatasetRows {
    const { market, sampling } = markets[0]!;
    const rule = { horizonsMs: [100, 200, 500], thresholdBps: 0, smoothingMs: 0 };
    return new DatasetRows(market, { everyMs, rule, staleAfterMs: sampling.staleAfterMs }, (row) => {
      const { timeUs, warm, vector, label } = row;
      this.rows.set(timeUs, { warm, vector: vector.slice(), mid: label.midHalfTicks });
    });
  }

  /** How many instants both have, having found them equal there. */
  compared(): number {
    let compared = 0;
    for (const [timeUs, { warm, vector }] of this.live) {
      const row = this.rows.get(timeUs);
      // The pipeline's heartbeat goes on where the last input was the recording's end.
      if (row === undefined) continue;
      expect([timeUs, row.warm, [...row.vector]]).toEqual([timeUs, warm, [...vector]]);
      compared += 1;
    }
    return compared;
  }
}

describe('the features of a dataset', () => {
  it('are the live pipeline’s at every instant of a recording that both look at', { timeout: 30_000 }, async () => {
    const tape = new URL('../../tapes/spot_btcusdt_20240808.gz', import.meta.url);
    const lines = gunzipSync(readFileSync(tape)).toString().split('\n').slice(0, 12_000);
    writeFileSync(join(folder, 'head'), lines.join('\n'));
    const recording = await Recording.open([join(folder, 'head')]);
    const settings = withFeatures(accountSettings(config, [recording.market]));
    const both = new Both();
    const rows = both.of(settings, 50);
    let reactor: Reactor | undefined;
    let seq = 0;
    for await (const { input } of recording.inputs()) {
      reactor ??= new Reactor(
        { settings, seed: 1, startUs: input.timeUs },
        { onDecision: (decision) => both.decided(decision), digests: false },
      );
      seq += LANES;
      input.seq = seq;
      reactor.take(input);
      if (isMarketInput(input)) rows.take(input);
    }
    rows.finish();
    expect(both.compared()).toBeGreaterThan(400);
    expect([...both.rows.values()].filter(({ warm }) => warm).length).toBeGreaterThan(400);
  });

  it('and of the simulated market, where our own orders are taken out of the book', { timeout: 30_000 }, () => {
    const random = seededRandom(3);
    let price = 1;
    const relative = Float64Array.from({ length: 600 }, () => {
      price *= 1 + (random() - 0.5) * 1e-4;
      return price;
    });
    const settings = withFeatures(accountSettings(config, [marketsOf(config)[0]!]));
    const both = new Both();
    const rows = both.of(settings, 200);
    let owned = 0;
    let ofBook = 0;
    const tap = new SessionTap({
      input: (input) => {
        if (isMarketInput(input)) rows.take(input);
        if (input.kind === 'bookSnapshot') ofBook = Math.max(...input.bids.filter((_, i) => i % 2 === 0));
      },
      own: (_market, orders) => {
        rows.own(orders);
        // Ours is the best bid: what the dataset sees is behind it.
        if (orders.some(({ side, tick }) => side === 'buy' && tick === ofBook)) owned += 1;
      },
    });
    const watch = {
      decided: (decision: Decision): void => {
        both.decided(decision);
        tap.decided(decision);
      },
      took: tap.took.bind(tap),
    };
    const paths = [{ stepUs: 100_000, relative }];
    const market = new ChainMarket({ makers: [settings], seed: 4, paths, gas: gasOf(config), watch });
    market.run(120);
    rows.finish();
    expect(owned).toBeGreaterThan(5);
    expect(both.compared()).toBeGreaterThan(500);
  });
});
