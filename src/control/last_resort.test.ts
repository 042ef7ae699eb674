import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untilCancelled } from './cancellation.ts';
import { ControlFile } from './control_file.ts';
import { sessionOrNone } from './last_resort.ts';
import { runningSession } from './session_client.ts';

const { signal } = new AbortController();
const told: string[] = [];
const tell = (text: string): void => void told.push(text);
const order = (id: string) => ({ order_id: id, market: 'BTCUSDC', side: 'buy', price: '1', size: '1' });

let folder: string;
let control: ControlFile;
let server: Server;
/** What the session answers, in turn; the last again and again. */
let answers: { status?: number; body: unknown }[];

beforeEach(async () => {
  told.length = 0;
  folder = mkdtempSync(join(tmpdir(), 'flashmm-last-resort-'));
  control = new ControlFile(folder, { version: '1.2.3', mode: 'live' });
  server = createServer((_request, response) => {
    const { status = 200, body } = answers.length > 1 ? answers.shift()! : answers[0]!;
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  control.publish(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const change = (record: object): void => {
  const path = join(folder, 'control.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...record }));
};

describe('whether a session runs', () => {
  it.each([
    ['of another container', () => change({ namespace: 'pid:[1]' }), 'notRunning', /docker exec/],
    ['of a file that says nothing', () => writeFileSync(join(folder, 'control.json'), '{'), 'environment', /user/],
  ])('%s cannot be known, and only --force goes on', async (_what, prepare, exit, hint) => {
    prepare();
    await expect(sessionOrNone(folder, { force: false, signal, tell })).rejects.toMatchObject({
      exit,
      hint: expect.stringMatching(hint),
    });
    expect(await sessionOrNone(folder, { force: true, signal, tell })).toBeUndefined();
    expect(told).toEqual([expect.stringContaining('--force')]);
  });

  it('that ended in order, or was killed, needs no force', async () => {
    change({ began: 'another boot:1' });
    expect(await sessionOrNone(folder, { force: false, signal, tell })).toBeUndefined();
    control.release();
    expect(await sessionOrNone(folder, { force: false, signal, tell })).toBeUndefined();
  });
});

describe('an answer', () => {
  it.each([
    [
      'a refusal',
      { status: 409, body: { error: { code: 'halted', message: 'by drawdown' } } },
      'refused',
      'by drawdown',
    ],
    ['a failure', { status: 500, body: {} }, 'failure', 'status 500'],
    ['one of another version', { body: { something: 'else' } }, 'failure', 'FlashMM 1.2.3'],
    ['no JSON', { body: '<html>' }, 'notRunning', 'does not answer'],
  ])('that is %s is told as such', async (_what, answer, exit, message) => {
    answers = [answer];
    const client = await runningSession(folder, signal);
    await expect(client.give('pause')).rejects.toMatchObject({ exit, message: expect.stringContaining(message) });
  });
});

describe('a cancellation', () => {
  const given = { action: 'cancel-all', trading: 'active', holds: [], resting: null };
  const at = (height: number, ids: readonly string[], working = ids.length) => ({
    body: { height, orders: ids.map(order), working },
  });
  const wait = async (scope: 'all' | 'asked', deadlineMs: number) =>
    untilCancelled(await runningSession(folder, signal), given, scope, { deadlineMs, tell, signal });

  it('of what rested is seen when those are gone, whatever came since', async () => {
    answers = [
      at(1, ['a', 'b']),
      { status: 503, body: { error: { code: 'chain-unreadable', message: '' } } },
      at(2, ['b', 'c']),
      at(3, ['c', 'd']),
    ];
    expect(await wait('asked', 10_000)).toMatchObject({ confirmed: true, remaining: 0, orders: [] });
    expect(told).toEqual(['height 1: 2 to go', 'height 2: 1 to go', 'height 3: 0 to go']);
  });

  it('of everything is seen when nothing is on its way either', async () => {
    answers = [at(1, [], 2), at(2, [])];
    expect(await wait('all', 10_000)).toMatchObject({ confirmed: true, remaining: 0 });
    expect(told).toEqual(['height 1: 2 to go', 'height 2: 0 to go']);
  });

  it('that is not seen in time says what is left, or that nobody knows', async () => {
    answers = [at(1, ['a'])];
    expect(await wait('all', 300)).toMatchObject({ confirmed: false, remaining: 1, orders: [order('a')] });
    answers = [{ status: 503, body: { error: { code: 'chain-unreadable', message: '' } } }];
    expect(await wait('all', 300)).toMatchObject({ confirmed: false, remaining: null, orders: [] });
  });
});
