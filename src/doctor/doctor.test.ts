import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import type { Finding } from './check.ts';
import { examine } from './doctor.ts';

let folder: string;
const servers: Server[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flashmm-doctor-'));
});
afterAll(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true });
});

async function listen(handler: RequestListener): Promise<number> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function find(env: Record<string, string>): Promise<Map<string, Finding>> {
  const defaults = { FLASHMM_RUNTIME_STATE_DIR: folder, FLASHMM_API_PORT: '0' };
  const load = () => loadConfig({ env: { ...defaults, ...env }, flags: [], withoutFile: true });
  const findings = await examine(load, new AbortController().signal);
  for (const one of findings) expect(one.status === 'ok', `${one.name} says what to do`).toBe(one.advice === '');
  return new Map(findings.map((one) => [one.name.split(' ')[0]!, one]));
}

const node =
  (ageMs: number, network = 'chain-1'): RequestListener =>
  (_, response) => {
    const sync_info = { latest_block_height: '7', latest_block_time: new Date(Date.now() - ageMs).toISOString() };
    response.end(JSON.stringify({ node_info: { network }, sync_info }));
  };

const privateNet = (port: number) => ({
  SEI_NETWORK: 'private',
  SEI_RPC_URL: `http://127.0.0.1:${port}`,
  SEI_CHAIN_ID: 'chain-1',
});

describe('doctor', () => {
  it('finds nothing wrong with the defaults', async () => {
    const found = await find({});
    const failed = [...found.values()].filter((one) => one.status === 'fail');
    expect(failed).toEqual([]);
    expect([...found.keys()]).toEqual(
      expect.arrayContaining(['node', 'memory', 'clock', 'settings', 'state', 'scheduling']),
    );
  });

  it('finds a port in use, a missing tape and a folder that is none', async () => {
    const port = await listen(() => undefined);
    writeFileSync(join(folder, 'file'), '');
    const found = await find({
      FLASHMM_API_PORT: String(port),
      FLASHMM_DEVNET_TAPE: join(folder, 'absent.gz'),
      FLASHMM_RUNTIME_STATE_DIR: join(folder, 'file', 'below'),
    });
    expect(found.get('api.port')).toMatchObject({ status: 'fail', detail: expect.stringContaining('in use') });
    expect(found.get('devnet.tape')).toMatchObject({ status: 'fail', detail: expect.stringContaining('missing') });
    expect(found.get('state')).toMatchObject({ status: 'fail', detail: expect.stringContaining('ENOTDIR') });
  });

  it('reports wrong settings, and checks the rest', async () => {
    const found = await find({ FLASHMM_RISK_NOTHING: '1' });
    expect(found.get('configuration')).toMatchObject({
      status: 'fail',
      detail: expect.stringContaining('FLASHMM_RISK_NOTHING'),
    });
    expect(found.get('node')?.status).toBe('ok');
  });

  it('warns when endpoints are set but the devnet would be traded on', async () => {
    expect((await find({ SEI_RPC_URL: 'http://127.0.0.1:1' })).get('settings')?.status).toBe('warn');
  });
});

describe('endpoints', () => {
  it.each([
    ['a healthy node', node(200), 'ok', /chain chain-1, height 7, \d+ ms/],
    ['a node of another chain', node(200, 'chain-2'), 'fail', /expected chain chain-1/],
    ['a chain that stands', node(60_000), 'warn', /60\.\d s old/],
    ['a clock that is behind', node(-60_000), 'warn', /block -60/],
    ['nonsense', ((_, response) => response.end('[]')) as RequestListener, 'fail', /not that of a Tendermint node/],
    ['an error page', ((_, response) => response.writeHead(502).end()) as RequestListener, 'fail', /HTTP 502/],
    [
      'an endless answer',
      ((_, response) => response.end('x'.repeat(100_000))) as RequestListener,
      'fail',
      /more than 65536 bytes/,
    ],
  ] as const)('%s', async (_, handler, status, detail) => {
    const found = await find(privateNet(await listen(handler)));
    expect(found.get('rpc')).toMatchObject({ status, detail: expect.stringMatching(detail) });
    expect(found.get('ws')?.status).toBe('fail');
  });

  it('lets one dead backup pass with a warning', async () => {
    const port = await listen(node(200));
    const urls = `http://127.0.0.1:1,http://127.0.0.1:${port}`;
    const load = () =>
      loadConfig({
        env: { ...privateNet(port), SEI_RPC_URL: urls, FLASHMM_RUNTIME_STATE_DIR: folder, FLASHMM_API_PORT: '0' },
        flags: [],
        withoutFile: true,
      });
    const found = await examine(load, new AbortController().signal);
    expect(found.filter((one) => one.name.startsWith('rpc')).map((one) => one.status)).toEqual(['warn', 'ok']);
  });
});
