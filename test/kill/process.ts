import { type ChildProcess, spawn } from 'node:child_process';
import { LIVE_CONFIRMATION } from '../../src/config/schema.ts';

const BINARY = new URL('../../src/cli/flashmm.js', import.meta.url).pathname;

/** How long a devnet may take to say where it is. */
const DEVNET_MS = 20_000;

/** What `flashmm devnet --json` says of itself. */
export interface DevnetFacts {
  readonly chain_id: string;
  readonly rpc_url: string;
  readonly contract: string;
  readonly test_mnemonic: string;
}

/** A process of the binary, with what it has said so far. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves when it has ended, with its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly said: () => { readonly out: string; readonly err: string };
}

/** Starts the real binary, directly, so that a signal reaches it and not a shell. */
export function flashmm(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Running {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [BINARY, ...args], { cwd, env: { PATH, HOME, ...env } });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const endIt = (): boolean => child.kill('SIGKILL');
  process.once('exit', endIt);
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      process.off('exit', endIt);
      resolve(code);
    });
  });
  return { child, ended, said: () => ({ out, err }) };
}

/** Starts a devnet of its own process on free ports. @throws Error when it does not come up */
export async function devnetProcess(
  cwd: string,
  blockMs: number,
  seed: number,
): Promise<Running & { facts: DevnetFacts }> {
  const ports = ['--rpc-port', '0', '--rest-port', '0'];
  const running = flashmm(['devnet', ...ports, '--block-ms', String(blockMs), '--seed', String(seed), '--json'], cwd);
  const untilMs = performance.now() + DEVNET_MS;
  while (performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    try {
      return { ...running, facts: JSON.parse(running.said().out) as DevnetFacts };
    } catch {
      if (running.child.exitCode !== null) break;
    }
  }
  running.child.kill('SIGKILL');
  throw new Error(`the devnet did not come up: ${running.said().err}`);
}

/** Starts a session on that chain: live trading, with both of the operator's consents, on loopback. */
export function sessionProcess(cwd: string, facts: DevnetFacts): Running {
  return flashmm(['start', '--port', '0', '--json'], cwd, {
    SEI_NETWORK: 'private',
    SEI_RPC_URL: facts.rpc_url,
    SEI_CHAIN_ID: facts.chain_id,
    FLASHMM_SEI_CONTRACT: facts.contract,
    FLASHMM_SEI_MNEMONIC: facts.test_mnemonic,
    TRADING_ENABLED: 'true',
    FLASHMM_TRADING_CONFIRM_LIVE: LIVE_CONFIRMATION,
  });
}
