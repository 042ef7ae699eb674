import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LANES } from '../../../streams/actor/kernel.ts';
import { JournalWriter, segmentName } from '../../journal/writer.ts';
import { accountOf, bookSnapshot, START_US } from '../../runtime/fixtures/account.ts';
import { Reactor } from '../../runtime/reactor.ts';
import type { CommandContext } from '../command.ts';
import { command } from './replay.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'flashmm-replay-'));
  const plan = { settings: accountOf('AAA'), seed: 1, startUs: START_US };
  const writer = new JournalWriter({
    ...{ directory, session: 's', plan, flashmm: '1.2.3', segmentMaxBytes: 1e9, segmentsMost: 2 },
    ...{ fsync: 'never', snapshotEveryS: 1 },
  });
  const reactor = new Reactor(plan);
  for (let i = 1; i <= 20; i += 1) {
    const input = { ...bookSnapshot('AAA', i), seq: i * LANES, timeUs: START_US + i * 100_000 };
    writer.append(input);
    reactor.take(input);
    writer.settled(reactor);
  }
  writer.close(reactor.digest.mark(), 'stopped by test');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function run(path: string, options: { fromSnapshot?: number; json?: boolean } = {}) {
  const out: unknown[] = [];
  const context = {
    options: { fromSnapshot: options.fromSnapshot },
    operands: [path],
    json: options.json ?? false,
    signal: new AbortController().signal,
    print: (text: string) => out.push(text),
    printJson: (value: unknown) => out.push(value),
  };
  const code = await command.run(context as unknown as CommandContext<{ fromSnapshot: number | undefined }>);
  return { code: code ?? 0, out: out[0] };
}

it('says that the decisions are the same, in text and as JSON', async () => {
  const text = await run(directory);
  expect(text.code).toBe(0);
  expect(text.out).toMatch(/^inputs\s+20 over 1\.9 s/m);
  expect(text.out).toMatch(/^session ended\s+stopped by test\nequal$/m);
  const json = await run(directory, { json: true, fromSnapshot: 1 });
  expect(json.out).toMatchObject({
    ...{ session: 's', flashmm: '1.2.3', markets: ['AAA'], from_snapshot: 1, snapshots: 2, inputs: 10, equal: true },
    ...{ first_difference: null, torn_bytes: 0, failure: null },
  });
  const { decisions_hash: replayed, live_hash: live } = json.out as Record<string, string>;
  expect(replayed).toBe(live);
});

it('ends with exit code 1 and the decisions at the first difference', async () => {
  const path = join(directory, segmentName(1));
  const reactor = new Reactor({ settings: accountOf('AAA'), seed: 1, startUs: START_US });
  rmSync(path);
  const writer = new JournalWriter({
    ...{ directory, session: 's', plan: { settings: accountOf('AAA'), seed: 1, startUs: START_US }, flashmm: '1.2.3' },
    ...{ segmentMaxBytes: 1e9, segmentsMost: 2, fsync: 'never', snapshotEveryS: 100 },
  });
  for (let i = 1; i <= 5; i += 1) {
    const input = { ...bookSnapshot('AAA', i), seq: i * LANES, timeUs: START_US + i * 100_000 };
    writer.append({ ...input, bids: i === 3 ? [9_990, 1] : input.bids });
    reactor.take(input);
    writer.settled(reactor);
  }
  writer.close(reactor.digest.mark(), 'stopped by test');
  const { code, out } = await run(directory);
  expect(code).toBe(1);
  expect(out).toMatch(/first difference after decision \d+, at input 1024 \(2026-09-2\dT.*\):/);
  expect(out).toMatch(/"kind":"sample".*9990/);
  expect(out).toMatch(/DIFFERENT$/);
  expect((await run(directory, { json: true })).out).toMatchObject({
    equal: false,
    first_difference: { input: 4 * LANES },
  });
});

it('tells a torn tail from damage', async () => {
  const path = join(directory, segmentName(1));
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, bytes.length - 5));
  const torn = await run(directory);
  expect(torn.code).toBe(0);
  expect(torn.out).toMatch(/the journal breaks off: no closing frame/);
  expect(torn.out).toMatch(/make no frame: a crash cut them short/);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
  await expect(run(directory)).rejects.toMatchObject({
    exit: 'failure',
    message: expect.stringMatching(
      /^00000001\.journal: frame \d+ at byte \d+: the checksum of the (payload|frame head) is wrong$/,
    ),
  });
});

it('says what there is instead', async () => {
  await expect(run(join(directory, 'none'))).rejects.toMatchObject({
    exit: 'environment',
    message: expect.stringContaining('there is no such file or folder'),
  });
  await expect(run(directory, { fromSnapshot: 9 })).rejects.toMatchObject({
    exit: 'usage',
    message: expect.stringContaining('there is no snapshot 9: the journal holds 2'),
  });
});
