import { afterEach, describe, expect, it } from 'vitest';
import { bearerToken } from '../api/admin.ts';
import type { Operator } from '../control/operator.ts';
import { SESSION } from '../terminal/fixtures/session.ts';
import { type OpenApi, openApi } from './open_api.ts';

const source = { status: () => SESSION, health: () => ({}) as never };
const operator = { pause: () => {}, resting: async () => ({ height: 1, orders: [] }) } as unknown as Operator;
const admin = { operator, source, authenticate: bearerToken('t'), audit: () => {}, nowMs: () => 0 };
const headers = { authorization: 'Bearer t', 'content-type': 'application/json' };
const pause = async (url: string) =>
  (await fetch(`${url}/admin/pause`, { method: 'POST', headers, body: '{}' })).status;

let open: OpenApi | undefined;
afterEach(() => open?.close());
const opened = async (api: { enabled: boolean; host: string; allow_remote: boolean }): Promise<OpenApi> => {
  open = await openApi(source, { port: 0, ...api }, admin, () => {});
  return open;
};

describe('commands are taken', () => {
  it('by the API itself on loopback', async () => {
    const { url, controlUrl } = await opened({ enabled: true, host: '127.0.0.1', allow_remote: false });
    expect(controlUrl).toBe(url);
    expect(await pause(controlUrl)).toBe(200);
  });

  it('on a loopback port of their own when others can reach the API, and there alone', async () => {
    const { url, controlUrl } = await opened({ enabled: true, host: '0.0.0.0', allow_remote: true });
    expect(controlUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await pause(controlUrl)).toBe(200);
    expect(await pause(url!.replace('0.0.0.0', '127.0.0.1'))).toBe(404);
  });

  it('also when the API is switched off', async () => {
    const { url, controlUrl } = await opened({ enabled: false, host: '127.0.0.1', allow_remote: false });
    expect(url).toBeUndefined();
    expect(await pause(controlUrl)).toBe(200);
  });
});
