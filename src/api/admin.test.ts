import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditEntry } from '../control/audit.ts';
import type { Operator, Resting } from '../control/operator.ts';
import { DRAWDOWN, SESSION } from '../terminal/fixtures/session.ts';
import { bearerToken } from './admin.ts';
import { type ApiServer, serveApi } from './server.ts';
import type { Hold, SessionStatus } from './status.ts';

const TOKEN = 'a'.repeat(64);
const RESTING: Resting = {
  height: 7,
  orders: [{ order_id: '42', market: 'BTCUSDC', side: 'buy', price: '61000.1', size: '0.01' }],
};

let given: string[];
let audited: AuditEntry[];
let status: SessionStatus;
let resting: () => Promise<Resting>;
let nowMs = 0;

const operator: Operator = {
  pause: (by) => void given.push(`pause ${by}`),
  resume: (by, clears) => {
    given.push(`resume ${by} ${clears ?? '-'}`);
    status = { ...status, trading: 'active' };
  },
  cancelAll: (by) => void given.push(`cancel-all ${by}`),
  halt: (by) => void given.push(`halt ${by}`),
  stop: async (by) => {
    given.push(`stop ${by}`);
    return { cancelled: 3, remaining: 0, troubles: [], seconds: 0.4 };
  },
  resting: () => resting(),
};

let server: ApiServer;
beforeAll(async () => {
  const source = { status: () => status, health: () => ({}) as never };
  const audit = (entry: AuditEntry): void => void audited.push(entry);
  const admin = { operator, source, authenticate: bearerToken(TOKEN), audit, nowMs: () => nowMs };
  const options = { host: '127.0.0.1', port: 0, allow_remote: false, admin, onError: () => {} };
  server = await serveApi(source, options);
});
afterAll(() => server.close());
beforeEach(() => {
  given = [];
  audited = [];
  status = SESSION;
  resting = async () => RESTING;
  // Every test finds full buckets.
  nowMs += 3_600_000;
});

interface Sent {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Record<string, string | undefined>;
}

/** Node's own client: fetch lets nobody choose Host and Origin. */
function ask(path: string, { method = 'POST', body = '{}', headers = {} }: Sent = {}) {
  const all = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers };
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new Promise<{ code: number; body: Record<string, unknown> }>((resolve, reject) => {
    const call = request(`${server.url}/admin/${path}`, { method, headers: sent }, (response) => {
      let text = '';
      response.on('data', (data) => {
        text += data;
      });
      response.on('end', () => resolve({ code: response.statusCode!, body: text === '' ? {} : JSON.parse(text) }));
    });
    call.on('error', reject);
    call.end(method === 'GET' ? undefined : body);
  });
}

describe('commands', () => {
  it.each(['pause', 'cancel-all', 'halt'])('%s is given, and answered with what rested', async (action) => {
    expect(await ask(action, { body: '{"by":"alice"}' })).toEqual({
      code: 200,
      body: { action, trading: 'active', holds: [], resting: { ...RESTING, working: SESSION.account.open_orders } },
    });
    expect(given).toEqual([`${action} alice`]);
  });

  it('is given even when the chain cannot be read', async () => {
    resting = () => Promise.reject(new Error('no endpoint answers'));
    expect(await ask('pause')).toMatchObject({ code: 200, body: { resting: null } });
    expect(given).toEqual(['pause api']);
    const look = await ask('orders', { method: 'GET' });
    expect(look).toMatchObject({ code: 503, body: { error: { code: 'chain-unreadable' } } });
    expect(audited).toHaveLength(1);
  });

  it('stop answers with how the trading ended', async () => {
    expect(await ask('stop')).toEqual({
      code: 200,
      body: { action: 'stop', cancelled: 3, remaining: 0, troubles: [], seconds: 0.4 },
    });
    expect(audited.map(({ action, answer }) => [action, answer])).toEqual([
      ['POST /admin/stop', 'asked'],
      ['POST /admin/stop', 'ok'],
    ]);
  });

  it('tells what rests on the chain', async () => {
    expect(await ask('orders', { method: 'GET' })).toMatchObject({ code: 200, body: { height: 7, working: 6 } });
  });
});

describe('resume', () => {
  const pause: Hold = { ...DRAWDOWN, code: 'operator', text: 'paused by bob', undone: 'resume', undo: 'resume' };
  const outage: Hold = { ...DRAWDOWN, code: 'disconnect', text: 'no block', undone: 'itself', undo: 'blocks' };

  it('of a pause trades on', async () => {
    status = { ...SESSION, trading: 'paused', holds: [outage, pause] };
    expect(await ask('resume')).toMatchObject({ code: 200, body: { trading: 'active' } });
    expect(given).toEqual(['resume api -']);
  });

  it('of a halt is refused with the cause, until that cause is named', async () => {
    status = { ...SESSION, trading: 'halted', holds: [DRAWDOWN, pause] };
    const refused = await ask('resume');
    expect(refused).toMatchObject({ code: 409, body: { error: { code: 'halted' } } });
    expect(JSON.stringify(refused.body)).toContain('drawdown 5.2 %');
    const wrong = await ask('resume', { body: '{"clears":"daily-loss"}' });
    expect(wrong).toMatchObject({ code: 409, body: { error: { code: 'wrong-cause' } } });
    expect(given).toEqual([]);
    expect(await ask('resume', { body: '{"clears":"drawdown"}' })).toMatchObject({ code: 200 });
    expect(given).toEqual(['resume api drawdown']);
  });

  it('does not end what ends by itself, and says what does', async () => {
    status = { ...SESSION, trading: 'paused', holds: [outage] };
    for (const body of ['{}', '{"clears":"disconnect"}']) {
      const { code, body: answer } = await ask('resume', { body });
      expect(code).toBe(409);
      expect(JSON.stringify(answer)).toMatch(/no block \(undone by: blocks\)/);
    }
    expect(given).toEqual([]);
  });

  it('of what trades changes nothing, and comes too late while stopping', async () => {
    expect(await ask('resume')).toMatchObject({ code: 200, body: { trading: 'active' } });
    const idle = await ask('resume', { body: '{"clears":"drawdown"}' });
    expect(idle).toMatchObject({ code: 409, body: { error: { code: 'wrong-cause' } } });
    status = { ...SESSION, trading: 'stopping' };
    expect(await ask('resume')).toMatchObject({ code: 409, body: { error: { code: 'stopping' } } });
    expect(given).toEqual([]);
  });
});

describe('what is refused, and changes nothing', () => {
  it.each<[string, Sent & { path?: string }, number, string]>([
    ['no token', { headers: { authorization: undefined } }, 401, 'unauthorised'],
    ['another token', { headers: { authorization: `Bearer ${'b'.repeat(64)}` } }, 401, 'unauthorised'],
    ['the token without its scheme', { headers: { authorization: TOKEN } }, 401, 'unauthorised'],
    ['a page of another origin', { headers: { origin: 'https://evil.example' } }, 403, 'foreign-origin'],
    ['a page without an origin', { headers: { origin: 'null' } }, 403, 'foreign-origin'],
    [
      'a request that a browser sends across sites',
      { headers: { 'sec-fetch-site': 'cross-site' } },
      403,
      'foreign-origin',
    ],
    ['a name that points here (DNS rebinding)', { headers: { host: 'evil.example' } }, 403, 'wrong-host'],
    ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 'not-json'],
    ['no content type', { headers: { 'content-type': undefined } }, 415, 'not-json'],
    ['no JSON', { body: '{' }, 400, 'bad-body'],
    ['an unknown key', { body: '{"force":true}' }, 400, 'bad-body'],
    ['a name that is too long', { body: `{"by":"${'x'.repeat(65)}"}` }, 400, 'bad-body'],
    ['a body that is too large', { body: `{"by":"${'x'.repeat(70_000)}"}` }, 413, 'too-large'],
    ['a command that does not exist', { path: 'explode' }, 404, 'not-found'],
    ['a look at a command', { method: 'GET' }, 404, 'not-found'],
  ])('%s', async (_what, sent, code, problem) => {
    expect(await ask(sent.path ?? 'pause', sent)).toMatchObject({ code, body: { error: { code: problem } } });
    expect(given).toEqual([]);
    expect(audited).toMatchObject([{ status: code, answer: problem }]);
  });

  it('everything below /admin where it was not asked for', async () => {
    const source = { status: () => SESSION, health: () => ({}) as never };
    const plain = await serveApi(source, { host: '127.0.0.1', port: 0, allow_remote: false, onError: () => {} });
    expect((await fetch(`${plain.url}/admin/pause`, { method: 'POST' })).status).toBe(404);
    await plain.close();
  });
});

describe('how often', () => {
  it('holds back a loop of resumes, never what takes risk off', async () => {
    const codes = async (action: string) =>
      (await Promise.all(Array.from({ length: 15 }, () => ask(action)))).map(({ code }) => code);
    expect((await codes('resume')).filter((code) => code === 429)).toHaveLength(5);
    expect(new Set(await codes('halt'))).toEqual(new Set([200]));
    expect(given.filter((one) => one.startsWith('halt'))).toHaveLength(15);
    nowMs += 1_000;
    expect(await ask('resume')).toMatchObject({ code: 200 });
  });

  it('writes down a guesser’s first requests, then only how many there were', async () => {
    const stranger = { headers: { authorization: 'Bearer guess' } };
    await Promise.all(Array.from({ length: 50 }, () => ask('pause', stranger)));
    expect(audited).toHaveLength(20);
    await ask('pause');
    expect(audited.at(-1)).toMatchObject({ principal: 'operator', answer: 'ok', left_out: 30 });
  });
});

it('writes down who asked for what, when and with which answer', async () => {
  await ask('resume', { body: '{"by":"alice","reason":"the node is back"}' });
  expect(audited).toEqual([
    {
      ...{ time: new Date(nowMs).toISOString(), principal: 'operator', by: 'alice', action: 'POST /admin/resume' },
      ...{ details: { reason: 'the node is back' }, status: 200, answer: 'ok', left_out: 0 },
    },
  ]);
});
