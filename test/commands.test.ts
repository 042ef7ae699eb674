import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { type SessionStatus, sessionStatusSchema } from '../src/api/status.ts';

/** The real binary, as a user runs it. */
const BINARY = new URL('../src/cli/flashmm.js', import.meta.url).pathname;
const TAPE = new URL('../tapes/spot_btcusdt_20240808.gz', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'flashmm-commands-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

function run(
  args: readonly string[],
  env: Record<string, string> = {},
  started?: (child: ChildProcess) => void,
): Promise<Outcome> {
  const child = spawn(process.execPath, [BINARY, ...args], { cwd: folder, env: { ...process.env, ...env } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  started?.(child);
  const startMs = performance.now();
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr, seconds: (performance.now() - startMs) / 1_000 }));
  });
}

/** Looks twice a second until something is so, or half a minute has passed. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 60 && !(await isSo().catch(() => false)); looks += 1) await sleep(500);
}

const isQuoted = ({ state, our_bid, our_ask }: SessionStatus['markets'][number]): boolean =>
  state === 'live' && our_bid !== null && our_ask !== null;

describe('flashmm start', () => {
  it('makes markets, is stopped by SIGTERM with nothing left on the chain, and its journal replays to the same bytes', async () => {
    let signalledMs = 0;
    let url = '';
    let health: unknown;
    let status: SessionStatus | undefined;
    const ask = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`)).json();
    const outcome = await run(
      ['start', '--port', '0', '--json', '--set', 'journal.snapshot_every_s=2'],
      {},
      (child) => {
        child.stderr?.on('data', (chunk) => {
          url ||= /"url":"(http[^"]+)"/.exec(String(chunk))?.[1] ?? '';
        });
        void until(async () => {
          if (url === '') return false;
          [health, status] = [await ask('/health'), (await ask('/trading/status')) as SessionStatus];
          // Some blocks, so that there were orders and snapshots.
          return status.chain.height > 16 && status.markets.some(isQuoted);
        }).then(() => {
          signalledMs = performance.now();
          child.kill('SIGTERM');
        });
      },
    );
    expect(performance.now() - signalledMs).toBeLessThan(10_000);
    expect(outcome.code, outcome.stderr.slice(-2_000)).toBe(0);
    expect(health).toMatchObject({ status: 'ok' });
    expect(sessionStatusSchema.parse(status)).toEqual(status);
    expect(status!.markets.filter(isQuoted)).not.toEqual([]);
    expect(status!.actors.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['inputs', 'orders', 'money', 'quotes[BTCUSDC]']),
    );
    const report = JSON.parse(outcome.stdout);
    expect(report.stop).toMatchObject({ remaining: 0, troubles: [] });
    expect(report.ordersPlaced).toBeGreaterThan(8);
    expect(Object.keys(report.markets)).toEqual(['BTCUSDC', 'ETHUSDC', 'SEIUSDC', 'ATOMUSDC']);
    for (const from of [[], ['--from-snapshot', '2']]) {
      const replayed = await run(['replay', report.journal, '--json', ...from]);
      expect(replayed.code, replayed.stderr).toBe(0);
      expect(JSON.parse(replayed.stdout)).toMatchObject({ equal: true, decisions_hash: report.stop.digest.hash });
    }
  }, 60_000);

  it('says what to do when the port of the API is in use, and leaves nothing running', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const outcome = await run(['start', '--port', String(port)]);
    server.close();
    expect(outcome.code).toBe(4);
    expect(outcome.stderr).toContain(String(port));
  });

  it('refuses to trade elsewhere without both settings', async () => {
    const env = { SEI_NETWORK: 'private', SEI_RPC_URL: 'http://127.0.0.1:1', TRADING_ENABLED: 'true' };
    const outcome = await run(['start', '--port', '0'], env);
    expect(outcome.code).toBe(5);
    expect(outcome.stderr).toContain('trading.confirm_live');
  });

  it('never prints the mnemonic, whatever it is', async () => {
    const mnemonic = 'zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra';
    const env = { FLASHMM_SEI_MNEMONIC: mnemonic, SEI_NETWORK: 'private', SEI_RPC_URL: 'http://127.0.0.1:1' };
    for (const args of [['config'], ['config', '--json'], ['start', '--port', '0'], ['doctor']]) {
      const outcome = await run(args, env);
      expect(outcome.stdout + outcome.stderr).not.toContain('zebra');
    }
  });
});

describe('flashmm backtest', () => {
  it('gives the figures as JSON, under the names that scripts rely on', async () => {
    const outcome = await run(['backtest', '--tape', TAPE, '--json']);
    expect(outcome.code, outcome.stderr).toBe(0);
    const report = JSON.parse(outcome.stdout);
    for (const key of [
      'tape',
      'market',
      'span_seconds',
      'events',
      'events_per_second',
      'decisions_hash',
      'orders_placed',
      'orders_cancelled',
      'orders_filled',
      'fill_rate_percent',
      'pnl_usdc',
      'fees_usdc',
      'max_position_usdc',
      'spread_bps',
      'our_spread_bps',
      'sharpe',
      'rss_max_mb',
      'rejects',
      'book_comparisons',
      'book_mismatches',
    ]) {
      expect(report).toHaveProperty(key);
    }
    expect(report).toMatchObject({
      market: 'BTCUSDT',
      events: 41_249,
      book_comparisons: 564,
      book_mismatches: 0,
      rejects: {},
    });
  });

  it.each([
    ['a file that is not there', () => ['backtest', '--tape', join(folder, 'none.gz')], 4, 'no such file'],
    [
      'a file that is no recording',
      () => {
        writeFileSync(join(folder, 'hello.txt'), 'hello\n');
        return ['backtest', '--tape', join(folder, 'hello.txt')];
      },
      4,
      'no Binance message',
    ],
    [
      'a file that is not gzip',
      () => {
        writeFileSync(join(folder, 'fake.gz'), 'hello\n');
        return ['backtest', '--tape', join(folder, 'fake.gz')];
      },
      4,
      'not a gzip file',
    ],
    ['no file', () => ['backtest'], 2, '--tape'],
    ['an unknown queue model', () => ['backtest', '--tape', TAPE, '--queue-model', 'front'], 2, 'queue-model'],
    ['an unknown option', () => ['backtest', '--tpe', TAPE], 2, '--tape'],
  ] as const)('refuses %s clearly', async (_name, args, code, message) => {
    const outcome = await run(args());
    expect(outcome.code).toBe(code);
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain('    at ');
  });
});

it('leaves nothing behind but its journals', () => {
  expect(readdirSync(folder).filter((name) => !['.flashmm', 'hello.txt', 'fake.gz'].includes(name))).toEqual([]);
});
