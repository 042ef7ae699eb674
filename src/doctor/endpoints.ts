import { WebSocket } from 'ws';
import { z } from 'zod';
import { type Check, type Finding, fail, ok, warn } from './check.ts';

/** Longer than a node on the other side of the world takes; the endpoint is no use for trading if it takes longer. */
const TIMEOUT_MS = 3_000;
/** The venue client wants answers in less (market-maker spec: ping < 250 ms). */
const PING_WARN_MS = 250;
/** Blocks come every 400 ms or so: a newest block this old means a halted chain, a node behind, or a clock ahead. */
const BLOCK_AGE_WARN_MS = 10_000;
/** A newest block this far in the future means that this machine's clock is behind. */
const AHEAD_WARN_MS = 500;
/** A status answer has about 2 kB. */
const ANSWER_MAX_BYTES = 65_536;
/** Before this the clock was certainly never set. */
const CLOCK_EARLIEST_MS = Date.UTC(2025, 0, 1);

const statusSchema = z.object({
  node_info: z.object({ network: z.string() }),
  sync_info: z.object({
    latest_block_height: z.coerce.number().int(),
    latest_block_time: z.iso.datetime({ offset: true }),
  }),
});
// A GET answer is bare on Sei, wrapped in `result` on other nodes.
const answerSchema = z.union([statusSchema, z.object({ result: statusSchema }).transform(({ result }) => result)]);

/** Whether the RPC endpoints answer, quickly, for the chain that is wanted, at its head, and agree with our clock. */
export const endpointsCheck: Check = async ({ loaded, signal }) => {
  const { sei } = loaded.config;
  if (sei.network === 'devnet') return [ok('endpoints', 'none needed: the devnet runs in this process')];
  const wsUrls =
    sei.ws_urls.length > 0 ? sei.ws_urls : sei.rpc_urls.map((url) => `${url.replace(/^http/, 'ws')}/websocket`);
  const findings = await Promise.all([
    ...sei.rpc_urls.map((url) => rpcFinding(url, sei.chain_id, signal)),
    ...wsUrls.map((url) => webSocketFinding(url, signal)),
  ]);
  // One dead backup is a warning: the others carry on.
  const spare = (prefix: string) => findings.some((one) => one.name.startsWith(prefix) && one.status !== 'fail');
  return findings.map((one) => {
    const softened = one.status === 'fail' && spare(one.name.slice(0, one.name.indexOf(' ') + 1));
    return softened ? { ...one, status: 'warn' as const } : one;
  });
};

/** Whether this machine's clock was ever set. Against a chain it is compared by {@link endpointsCheck}. */
export const clockCheck: Check = async () => {
  const now = new Date();
  const detail = `${now.toISOString()}`;
  if (now.getTime() >= CLOCK_EARLIEST_MS) return [ok('clock', detail)];
  return [fail('clock', `${detail} is in the past`, 'Set the clock and keep it with NTP (chrony, systemd-timesyncd).')];
};

async function rpcFinding(url: string, chainId: string, signal: AbortSignal): Promise<Finding> {
  const name = `rpc ${shownUrl(url)}`;
  try {
    // The first request pays for the connection; the second is what trading would see.
    await request(url, signal);
    const startMs = performance.now();
    const answer = await request(url, signal);
    return judge(name, answer, performance.now() - startMs, chainId);
  } catch (error) {
    return fail(
      name,
      `no usable answer: ${reasonOf(error)}`,
      'Check the URL (SEI_RPC_URL, sei.rpc_urls), the network, and that the node is up.',
    );
  }
}

async function request(url: string, signal: AbortSignal): Promise<z.infer<typeof statusSchema>> {
  const response = await fetch(`${url}/status`, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) throw new Error(`more than ${ANSWER_MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const parsed = answerSchema.safeParse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  if (!parsed.success) throw new Error('the answer is not that of a Tendermint node');
  return parsed.data;
}

function judge(name: string, answer: z.infer<typeof statusSchema>, pingMs: number, chainId: string): Finding {
  const { network } = answer.node_info;
  const ageMs = Date.now() - Date.parse(answer.sync_info.latest_block_time);
  const detail = `chain ${network}, height ${answer.sync_info.latest_block_height}, ${pingMs.toFixed(0)} ms, block ${(ageMs / 1_000).toFixed(1)} s old`;
  if (chainId !== '' && network !== chainId) {
    return fail(name, `${detail}, expected chain ${chainId}`, 'Correct sei.chain_id or the URL.');
  }
  if (ageMs < -AHEAD_WARN_MS)
    return warn(name, detail, "This machine's clock is behind the chain's: keep it with NTP.");
  if (ageMs > BLOCK_AGE_WARN_MS) {
    return warn(name, detail, 'The chain stands, the node is behind, or the clock here is ahead: check which.');
  }
  if (pingMs > PING_WARN_MS)
    return warn(name, detail, `Use a nearer node: more than ${PING_WARN_MS} ms is too slow to quote.`);
  return ok(name, detail);
}

function webSocketFinding(url: string, signal: AbortSignal): Promise<Finding> {
  const name = `ws ${shownUrl(url)}`;
  return new Promise((resolve) => {
    const startMs = performance.now();
    const socket = new WebSocket(url, { handshakeTimeout: TIMEOUT_MS, maxPayload: ANSWER_MAX_BYTES });
    const finish = (finding: Finding) => {
      socket.terminate();
      resolve(finding);
    };
    const refused = (reason: string) =>
      finish(
        fail(name, `cannot connect: ${reason}`, 'Check the URL (SEI_WS_URL, sei.ws_urls); it ends in /websocket.'),
      );
    socket.once('open', () => finish(ok(name, `connected in ${(performance.now() - startMs).toFixed(0)} ms`)));
    // Stays on: terminating a socket that is still connecting raises one more.
    socket.on('error', (error) => refused(reasonOf(error)));
    signal.addEventListener('abort', () => refused('stopped'), { once: true });
  });
}

/** A URL without user, password and query: they may hold a key. */
function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${
    pathname === '/'
      ? ''
      : pathname
          .split('/')
          .map((part) => (part.length > 20 ? '…' : part))
          .join('/')
  }`;
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `nothing within ${TIMEOUT_MS} ms`;
  return cause?.code ?? cause?.message ?? (message || name);
}
