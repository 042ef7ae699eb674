import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { importTape } from '../../tape/import.ts';
import type { CommandContext } from '../command.ts';
import { command } from './backtest.ts';

const tape = (name: string) => new URL(`../../../tapes/${name}_20240808.gz`, import.meta.url).pathname;
const lines = gunzipSync(readFileSync(tape('spot_btcusdt')))
  .toString()
  .split('\n')
  .slice(0, 8_000);
const folder = mkdtempSync(join(tmpdir(), 'flashmm-backtest-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const whole = file('whole', lines.join('\n'));

async function printed(options: { tape: string[]; market?: string }, settings: readonly string[] = [], json = true) {
  const out: unknown[] = [];
  const flags = settings.map((setting) => {
    const [path, value] = setting.split('=') as [string, string];
    return { path, text: value, from: '--set' };
  });
  const context = {
    options: { seed: 1, strategy: 'live', market: undefined, ...options },
    json,
    stderr: { isTTY: false, write: (text: string) => out.push(text) },
    signal: new AbortController().signal,
    config: () => loadConfig({ env: {}, flags }),
    print: (text: string) => out.push(text),
    printJson: (value: unknown) => out.push(value),
  };
  type Values = Parameters<typeof command.run>[0] extends CommandContext<infer V> ? V : never;
  await command.run(context as unknown as CommandContext<Values>);
  expect(out).toHaveLength(1);
  return out[0];
}

const json = async (options: { tape: string[]; market?: string }, flags: readonly string[] = []) =>
  (await printed(options, flags)) as Record<string, unknown>;
const text = async (...files: string[]) => String(await printed({ tape: files }, [], false));

describe('flashmm backtest', () => {
  it('decides the same of a recording in one file, zipped, and cut in two anywhere', async () => {
    const { decisions_hash: hash, ...one } = await json({ tape: [whole] });
    expect(one).toMatchObject({ market: 'BTCUSDT', events: 8_000, rejects: {}, book_mismatches: 0 });
    expect(one.orders_placed).toBeGreaterThan(0);
    const parts = (cut: number) => [
      file(`a${cut}`, `${lines.slice(0, cut).join('\n')}\n`),
      file(`b${cut}`, lines.slice(cut).join('\n')),
    ];
    for (const files of [parts(1), parts(4_321), parts(7_999), [file('whole.gz', gzipSync(lines.join('\n')))]]) {
      expect((await json({ tape: files })).decisions_hash).toBe(hash);
    }
  });

  it('goes through a recording without a snapshot, quotes nothing and says why', async () => {
    const path = file('no_snapshot', lines.filter((line) => !line.includes('lastUpdateId')).join('\n'));
    expect(await json({ tape: [path] })).toMatchObject({ orders_placed: 0, spread_bps: null, sharpe: null });
    expect(await text(path)).toContain('BTCUSDT: the recording holds no depth snapshot');
  });

  it('counts and explains what is wrong with a recording, with file and line', async () => {
    const zipped = gzipSync(lines.join('\n'));
    const cut = file('cut.gz', zipped.subarray(0, zipped.length / 2));
    expect((await json({ tape: [cut] })).rejects).toEqual({ 'recording: truncated': 1 });
    expect(await text(cut)).toMatch(
      /1 {2}recording: truncated \(the file ends in the middle\)\n +first: .*cut\.gz:\d+: /,
    );
    const bad = lines.with(100, 'nonsense').with(101, `${lines[101]} and more`);
    const path = file('bad', bad.join('\n'));
    expect(await text(path)).toMatch(/2 {2}recording: malformed \(.*\)\n +first: .*bad:101: 'nonsense': expected/);
  });

  it('says that the book was lost, where no snapshot brings it back', async () => {
    const updates = lines.flatMap((line, i) => (line.includes('depthUpdate') ? [i] : []));
    const lost = lines.toSpliced(updates[100]!, 1);
    const path = file('lost', lost.join('\n'));
    expect((await json({ tape: [path] })).rejects).toEqual({ 'book: gap': 1 });
    expect(await text(path)).toContain('BTCUSDT: the book was lost at a gap');
  });

  it('takes several markets as one session, or one of them', async () => {
    const both = { tape: [whole, tape('spot_ethusdt')] };
    const session = await json(both);
    expect(session).toMatchObject({ market: 'BTCUSDT,ETHUSDT', events: 41_618, book_mismatches: 0, rejects: {} });
    const { BTCUSDT: one, ETHUSDT: other } = session.markets as Record<string, Record<string, number>>;
    expect(one!.orders_placed! + other!.orders_placed!).toBe(session.orders_placed);
    const { decisions_hash: hash } = await json({ tape: [whole] });
    expect((await json({ ...both, market: 'BTCUSDT' })).decisions_hash).toBe(hash);
    await expect(json({ ...both, market: 'SOLUSDT' })).rejects.toThrow('expected one of BTCUSDT, ETHUSDT');
  });

  it('takes recorded latencies with the engine that knows them, and says where they are no good', async () => {
    const columns = join(folder, 'columns.arrow');
    await importTape([whole], columns, { repair: false });
    const firstNs = `${lines[0]!.split(' ')[0]}`;
    const trip = (seconds: number): string => {
      const ns = BigInt(firstNs) + BigInt(seconds) * 1_000_000_000n;
      return `${ns},${ns + 300_000_000n},${ns + 900_000_000n}`;
    };
    const engine = [
      'inference.enabled=off',
      'backtest.exchange=hftbacktest',
      'backtest.feed_latency_ms=5',
      'quotes.min_edge_bps=0',
    ];
    const latencies = (name: string, ...rows: string[]) =>
      `backtest.order_latencies=${file(name, `sent_ns,exchange_ns,answered_ns\n${rows.join('\n')}\n`)}`;
    const recorded = latencies('trips.csv', trip(0), trip(10));
    const constant = ['backtest.order_latency_ms=300', 'backtest.response_latency_ms=600'];
    // The recorded ones are constant, too, so everything has to be the same.
    const { decisions_hash: hash } = await json({ tape: [columns] }, [...engine, recorded]);
    expect((await json({ tape: [columns] }, [...engine, ...constant])).decisions_hash).toBe(hash);
    expect((await json({ tape: [columns] }, [...engine, ...constant.slice(1)])).decisions_hash).not.toBe(hash);
    await expect(json({ tape: [columns] }, [recorded])).rejects.toThrow(
      'expected --exchange hftbacktest or sei with it',
    );
    const wrong = json({ tape: [columns] }, [...engine, latencies('wrong.csv', trip(9), trip(8))]);
    await expect(wrong).rejects.toMatchObject({
      exit: 'environment',
      message: expect.stringContaining('wrong.csv: row 3: unsorted'),
      hint: expect.stringContaining('docs/backtest.md'),
    });
  });

  it('lets latency, queue model and fees change what comes of it', async () => {
    // At the touch: further away orders fill by sweeps alone, and no place in a queue matters.
    const near = ['quotes.min_edge_bps=0', 'quotes.kappa=20'];
    const hashes = new Set<unknown>();
    for (const flags of [
      [],
      ['backtest.order_latency_ms=0', 'backtest.response_latency_ms=0'],
      ['backtest.queue_model=power', 'backtest.queue_power=0.5'],
      ['backtest.maker_fee_bps=0.5'],
    ]) {
      const outcome = await json({ tape: [whole] }, [...near, ...flags]);
      hashes.add(outcome.decisions_hash);
      const fees = flags.includes('backtest.maker_fee_bps=0.5') ? Number(outcome.turnover_usdc) / 20_000 : 0;
      expect(outcome.fees_usdc).toBeCloseTo(fees, 6);
      expect(outcome.fills).toBeGreaterThan(0);
    }
    expect(hashes.size).toBe(4);
  });
});
