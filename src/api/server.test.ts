import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SESSION } from '../terminal/fixtures/session.ts';
import { type ApiServer, isLoopback, serveApi } from './server.ts';
import { type Health, healthSchema, type SessionStatus, type StatusSource, sessionStatusSchema } from './status.ts';

const errors: string[] = [];
let health: Health = { status: 'ok', version: '0.1.0', uptime_s: 1, checks: [] };
let status: () => SessionStatus = () => SESSION;
const source: StatusSource = { health: () => health, status: () => status() };
const options = {
  host: '127.0.0.1',
  port: 0,
  allow_remote: false,
  onError: (error: Error, path: string) => errors.push(`${path}: ${error.message}`),
};

let server: ApiServer;
beforeAll(async () => {
  server = await serveApi(source, options);
});
afterAll(() => server.close());

/** Node's own client, because fetch lets nobody choose the Host header. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ code: number; body: unknown; headers: Record<string, unknown> }>((resolve, reject) => {
    const call = request(`${server.url}${path}`, { headers, method }, (response) => {
      let text = '';
      response.on('data', (data) => {
        text += data;
      });
      response.on('end', () =>
        resolve({ code: response.statusCode!, body: text === '' ? null : JSON.parse(text), headers: response.headers }),
      );
    });
    call.on('error', reject);
    call.end(method === 'POST' ? 'x'.repeat(Number(headers['x-size'] ?? 0)) : undefined);
  });
}

describe('routes', () => {
  it('tells the status of the session, as its schema says', async () => {
    const { code, body } = await get('/trading/status');
    expect(code).toBe(200);
    expect(sessionStatusSchema.parse(body)).toEqual(SESSION);
  });

  it.each([
    ['ok', 200],
    ['degraded', 200],
    ['failing', 503],
  ] as const)('answers health %s with %i', async (state, code) => {
    health = { ...health, status: state, checks: [{ name: 'feed', status: 'fail', detail: 'down' }] };
    const answer = await get('/health');
    expect(answer.code).toBe(code);
    expect(healthSchema.parse(answer.body)).toEqual(health);
  });

  it('answers HEAD without a body', async () => {
    health = { ...health, status: 'ok' };
    expect(await get('/health', {}, 'HEAD')).toMatchObject({ code: 200, body: null });
  });
});

describe('what is refused', () => {
  it('an unknown path, a wrong method, a foreign host, a large body, each as JSON', async () => {
    expect(await get('/nothing')).toMatchObject({ code: 404, body: { error: { code: 'not-found' } } });
    const wrong = await get('/health', {}, 'DELETE');
    expect(wrong).toMatchObject({ code: 405, body: { error: { code: 'method-not-allowed' } } });
    expect(wrong.headers.allow).toBe('GET, HEAD');
    expect(await get('/health', { host: 'evil.example' })).toMatchObject({ code: 403 });
    expect(await get('/health', { host: `localhost:${server.port}` })).toMatchObject({ code: 200 });
    const large = { 'x-size': '100000', 'content-length': '100000' };
    expect(await get('/health', large, 'POST')).toMatchObject({ code: 413, body: { error: { code: 'too-large' } } });
  });

  it('a status that breaks its own schema: 500, told to the log, no detail to the caller', async () => {
    status = () => ({ ...SESSION, uptime_s: Number.NaN });
    const { code, body } = await get('/trading/status');
    status = () => SESSION;
    expect({ code, body }).toMatchObject({ code: 500, body: { error: { code: 'internal' } } });
    expect(errors.at(-1)).toMatch(/^\/trading\/status: .*uptime_s/s);
  });
});

describe('listening', () => {
  it('says what to do about a port in use', async () => {
    await expect(serveApi(source, { ...options, port: server.port })).rejects.toMatchObject({
      exit: 'environment',
      message: `port ${server.port} on 127.0.0.1 is in use`,
      hint: expect.stringContaining('--set api.port='),
    });
  });

  it('refuses an address that others can reach unless told', async () => {
    await expect(serveApi(source, { ...options, host: '0.0.0.0' })).rejects.toMatchObject({ exit: 'refused' });
    const open = await serveApi(source, { ...options, host: '0.0.0.0', allow_remote: true });
    const answer = await fetch(`http://127.0.0.1:${open.port}/health`);
    expect(answer.status).toBe(200);
    await open.close();
  });

  it('knows a loopback address', () => {
    const hosts = ['127.0.0.1', '127.9.9.9', '::1', 'localhost', '0.0.0.0', '10.0.0.1', '127.evil.example', '::'];
    expect(hosts.map(isLoopback)).toEqual([true, true, true, true, false, false, false, false]);
  });
});
