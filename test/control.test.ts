import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sessionStatusSchema } from '../src/api/status.ts';
import { LIVE_CONFIRMATION } from '../src/config/schema.ts';
import { findSession } from '../src/control/control_file.ts';
import { DEVNET_MNEMONIC, type DevnetHandle } from '../src/devnet/devnet.ts';
import { startPopulatedDevnet } from '../src/devnet/populated.ts';
import { closeAll, venueOn } from '../src/sei/fixtures/trader.ts';

// Several processes and a chain on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** The real binary, as an operator runs it, against a chain that lives in this process: what rests is seen there itself. */
const BINARY = new URL('../src/cli/flashmm.js', import.meta.url).pathname;
const EXIT = { ok: 0, failure: 1, usage: 2, refused: 5, unconfirmed: 6, notRunning: 7 };
const folder = mkdtempSync(join(tmpdir(), 'flashmm-control-'));
const children: ChildProcess[] = [];

let devnet: DevnetHandle;
beforeAll(async () => {
  const none = { rpcPort: 0, restPort: 0, tapes: [] };
  devnet = await startPopulatedDevnet({ ...none, blockMs: 100, seed: 1, participants: true });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await closeAll();
  await devnet.close();
  rmSync(folder, { recursive: true });
});

/** Settings of a session on that chain: live trading, with both consents, on loopback. */
const onChain = (): Record<string, string> => ({
  SEI_NETWORK: 'private',
  SEI_RPC_URL: devnet.rpcUrl,
  SEI_CHAIN_ID: devnet.chainId,
  FLASHMM_SEI_CONTRACT: devnet.contractAddress,
  FLASHMM_SEI_MNEMONIC: DEVNET_MNEMONIC,
  TRADING_ENABLED: 'true',
  FLASHMM_TRADING_CONFIRM_LIVE: LIVE_CONFIRMATION,
  FLASHMM_TRADING_SYMBOLS: 'BTCUSDC,ETHUSDC',
});

/** How many orders of the account rest on the chain now. */
function resting(): number {
  const { chain } = devnet;
  const address = devnet.accounts[0]!.address;
  const sides = chain.markets.flatMap(({ index }) =>
    (['buy', 'sell'] as const).flatMap((side) => [...chain.dex.levelsAt(chain.height, index, side)]),
  );
  return sides.flatMap(({ allocations }) => allocations).filter(({ account }) => account === address).length;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1_500; i += 1) {
    if (holds()) return;
    await sleep(20);
  }
  throw new Error(`${what}: not within 30 s`);
}

function launch(args: readonly string[], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [BINARY, ...args], { cwd: folder, env: { ...process.env, ...env } });
  children.push(child);
  return child;
}

/** Runs a command to its end. */
async function flashmm(line: string, env: Record<string, string> = onChain()) {
  const child = launch(line.split(' '), env);
  let [out, err] = ['', ''];
  child.stdout!.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr!.on('data', (chunk) => {
    err += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err, json: line.includes('--json') && out !== '' ? JSON.parse(out) : undefined };
}

/** Starts a session and waits until its orders rest. */
async function session(state: string, env: Record<string, string> = onChain()): Promise<ChildProcess> {
  const child = launch(['start', '--port', '0', '--json', '--set', `runtime.state_dir=${state}`], env);
  child.stdout!.resume();
  child.stderr!.resume();
  await until('a session that listens', () => {
    const found = findSession(join(folder, state));
    return found.state === 'alive' && found.record.pid === child.pid && found.record.url !== null;
  });
  return child;
}

const ended = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
};

describe('a running session', () => {
  const at = '--set runtime.state_dir=one';
  let child: ChildProcess;

  beforeAll(async () => {
    child = await session('one');
    await until('orders', () => resting() > 0);
  });

  it('tells its status, as text and as JSON', async () => {
    const [text, document] = await Promise.all([flashmm(`status ${at}`), flashmm(`status ${at} --json`)]);
    expect(text).toMatchObject({ code: EXIT.ok, err: '' });
    expect(text.out).toMatch(/LIVE .*active.*BTCUSDC.*127\.0\.0\.1/s);
    const status = sessionStatusSchema.parse(document.json);
    expect(status).toMatchObject({ mode: 'live', trading: 'active', endpoints: [{ current: true }] });
    expect(status.markets.map(({ symbol, stance }) => [symbol, stance])).toContainEqual(['BTCUSDC', 'quote']);
  });

  it('keeps a second one out of its folder', async () => {
    expect(await flashmm(`start --port 0 ${at}`)).toMatchObject({
      code: EXIT.refused,
      err: expect.stringContaining(`process ${child.pid}`),
    });
  });

  it('is paused: nothing rests, and nothing comes', async () => {
    const { code, json } = await flashmm(`pause ${at} --json`);
    expect({ code, json }).toMatchObject({ code: EXIT.ok, json: { trading: 'paused', confirmed: true, remaining: 0 } });
    expect(resting()).toBe(0);
    const { height } = devnet.chain;
    await until('ten blocks', () => devnet.chain.height >= height + 10);
    expect(resting()).toBe(0);
    const status = await flashmm(`status ${at}`);
    expect(status.out).toMatch(/ PAUSED\n {3}operator since .* by .*\(cli\).*\n {5}undone by flashmm resume\n/);
  });

  it('has nothing to cancel then, and says so', async () => {
    const { code, out } = await flashmm(`cancel-all ${at}`);
    expect({ code, out }).toEqual({ code: EXIT.ok, out: expect.stringMatching(/^nothing rests.*trading is paused/) });
  });

  it('trades on', async () => {
    const { code, json } = await flashmm(`resume ${at} --json`);
    expect({ code, json }).toMatchObject({ code: EXIT.ok, json: { trading: 'active', confirmed: true } });
    await until('orders', () => resting() > 0);
  });

  it('cancels everything and keeps its state', async () => {
    const { code, out } = await flashmm(`cancel-all ${at}`);
    expect({ code, out }).toEqual({ code: EXIT.ok, out: expect.stringContaining('place orders again') });
  });

  it('ends in order', async () => {
    const { code, json } = await flashmm(`stop ${at} --json`);
    expect({ code, json }).toEqual({
      code: EXIT.ok,
      json: {
        pid: child.pid,
        ended: true,
        halted: false,
        clears: [],
        cancelled: expect.any(Number),
        remaining: 0,
        troubles: [],
      },
    });
    expect(resting()).toBe(0);
    expect(await ended(child)).toBe(0);
    expect(existsSync(join(folder, 'one', 'control.json'))).toBe(false);
  });

  it('is then not there to be asked', async () => {
    const outcomes = await Promise.all(['status', 'pause', 'resume', 'stop'].map((line) => flashmm(`${line} ${at}`)));
    for (const { code, err } of outcomes) {
      expect({ code, err }).toEqual({ code: EXIT.notRunning, err: expect.stringContaining('no session runs') });
    }
  });

  it('has every command written down', () => {
    const lines = readFileSync(join(folder, 'one', 'audit.jsonl'), 'utf8')
      .trimEnd()
      .split('\n');
    const entries = lines.map((line) => JSON.parse(line) as { action: string; by: string; status: number });
    expect(entries.map(({ action, status }) => `${action.replace('POST /admin/', '')} ${status}`)).toEqual([
      ...['pause 200', 'cancel-all 200', 'resume 200', 'cancel-all 200', 'stop 0', 'stop 200'],
    ]);
    expect(entries.every(({ by }) => by.endsWith('(cli)'))).toBe(true);
  });
});

describe('a session that cannot be asked', () => {
  it('killed: the next command says so, and cancels straight on the chain', async () => {
    const child = await session('two');
    await until('orders', () => resting() > 0);
    child.kill('SIGKILL');
    await ended(child);
    expect(resting()).toBeGreaterThan(0);
    const at = '--set runtime.state_dir=two';
    expect(await flashmm(`pause ${at}`)).toMatchObject({
      code: EXIT.notRunning,
      err: expect.stringMatching(/ended without cancelling its orders\n {2}They may still rest: 'flashmm cancel-all'/),
    });
    // The consents are for orders: taking orders away needs none.
    const { TRADING_ENABLED: _, FLASHMM_TRADING_CONFIRM_LIVE: __, ...unconsenting } = onChain();
    const { code, json } = await flashmm(`cancel-all ${at} --json`, unconsenting);
    expect({ code, json }).toMatchObject({ code: EXIT.ok, json: { via: 'chain', confirmed: true, remaining: 0 } });
    expect(resting()).toBe(0);
  });

  it('hanging: is left alone unless told so, then killed before the chain is written to', async () => {
    const child = await session('three');
    await until('orders', () => resting() > 0);
    child.kill('SIGSTOP');
    const at = '--set runtime.state_dir=three';
    const [alone, forced] = [
      flashmm(`cancel-all ${at}`),
      sleep(500).then(() => flashmm(`stop --emergency --force ${at} --json`)),
    ];
    expect(await alone).toMatchObject({ code: EXIT.notRunning, err: expect.stringContaining('does not answer') });
    const { code, json } = await forced;
    expect({ code, json }).toMatchObject({
      code: EXIT.ok,
      json: { pid: child.pid, ended: true, halted: true, remaining: 0 },
    });
    expect(await ended(child)).toBeNull();
    expect(resting()).toBe(0);
  });

  it('halted with nobody there: the next session starts halted, and only the named cause clears it', async () => {
    const child = await session('three');
    const at = '--set runtime.state_dir=three';
    const { json } = await flashmm(`status ${at} --json`);
    expect(json).toMatchObject({ trading: 'halted' });
    expect(json.holds[0]).toMatchObject({ code: 'emergency-stop', undone: 'clears' });
    expect(existsSync(join(folder, 'three', 'halt.json'))).toBe(false);
    expect(await flashmm(`resume ${at}`)).toMatchObject({
      code: EXIT.refused,
      err: expect.stringContaining("trading is halted by 'emergency-stop'"),
    });
    expect(await flashmm(`resume --clear-halt drawdown ${at}`)).toMatchObject({ code: EXIT.usage });
    expect(resting()).toBe(0);
    const resumed = await flashmm(`resume --clear-halt emergency-stop ${at} --json`);
    // What the last resort's transaction cost is booked, too: the ledger holds nothing back.
    expect(resumed).toMatchObject({ code: EXIT.ok, json: { trading: 'active', holds: [] } });
    await until('orders', () => resting() > 0);
    const stop = await flashmm(`stop --emergency ${at} --json`);
    expect(stop).toMatchObject({
      code: EXIT.ok,
      json: { ended: true, halted: true, clears: ['emergency-stop'], remaining: 0 },
    });
    expect(await ended(child)).toBe(0);
  });

  it('halted by an emergency stop: so is the one after it', async () => {
    const child = await session('three');
    const at = '--set runtime.state_dir=three';
    const { json } = await flashmm(`status ${at} --json`);
    expect(json).toMatchObject({ trading: 'halted' });
    const stop = json.holds.find(({ code }: { code: string }) => code === 'emergency-stop');
    expect(stop.text).toMatch(/from before the restart: emergency stop by .*\(cli\)/);
    expect(resting()).toBe(0);
    expect(await flashmm(`stop ${at}`)).toMatchObject({ code: EXIT.ok });
    expect(await ended(child)).toBe(0);
  });
});

describe('on the devnet inside the process', () => {
  it('pauses and stops, seen by another client of that chain', async () => {
    const child = await session('paper', {});
    const at = '--set runtime.state_dir=paper';
    const status = sessionStatusSchema.parse((await flashmm(`status ${at} --json`, {})).json);
    const other = venueOn(
      { ...devnet, nodes: [{ rpcUrl: status.endpoints[0]!.url }] as never },
      { chainId: status.chain.chain_id },
    );
    await other.open({ accept: () => {} });
    expect(await flashmm(`pause ${at}`, {})).toMatchObject({ code: EXIT.ok });
    expect(await other.resting()).toMatchObject({ orders: [] });
    await other.close();
    expect(await flashmm(`stop ${at}`, {})).toMatchObject({
      code: EXIT.ok,
      out: expect.stringContaining('nothing rests'),
    });
    expect(await ended(child)).toBe(0);
    // The chain is gone with it.
    expect(await flashmm(`cancel-all ${at} --json`, {})).toMatchObject({ code: EXIT.ok, json: { via: 'nothing' } });
  });
});
