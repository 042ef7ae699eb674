import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LANES } from '../../../streams/actor/kernel.ts';
import type { Decision } from '../../../streams/decisions.ts';
import { JournalWriter, segmentName } from '../../journal/writer.ts';
import { accountOf } from '../../runtime/fixtures/account.ts';
import { World } from '../../runtime/fixtures/world.ts';
import { Reactor } from '../../runtime/reactor.ts';
import type { CommandContext } from '../command.ts';
import { command } from './report.ts';

/** Ten seconds before midnight: the first session lies on both sides of it, the second on the day after. */
const BEFORE_MIDNIGHT_US = Date.parse('2026-07-15T23:59:50Z') * 1_000;
const NEXT_DAY_US = Date.parse('2026-07-16T12:00:00Z') * 1_000;
const FIRST = '20260715T235950Z';
const SECOND = '20260716T120000Z';
const MARKETS = ['AAA', 'BBB'];

let state: string;
const fills = new Map<string, number>();
const profits = new Map<string, number>();

/** Writes the journal of a session in a small random world. */
function play(name: string, startUs: number, seed: number, snapshotEveryS = 1_000, segmentMaxBytes = 1e9): void {
  const directory = join(state, 'journal', name);
  mkdirSync(directory, { recursive: true });
  const world = new World({ seed, markets: MARKETS });
  const plan = { settings: accountOf(...MARKETS), seed, startUs };
  const journal = { directory, session: name, plan, flashmm: '1.2.3', segmentMaxBytes, segmentsMost: 2 } as const;
  const writer = new JournalWriter({ ...journal, fsync: 'never', snapshotEveryS });
  let counted = 0;
  const onDecision = (decision: Decision): void => {
    world.see(decision);
    if (decision.kind === 'fill') counted += 1;
    if (decision.kind === 'equity') profits.set(name, decision.sessionPnlUsdc);
  };
  const reactor = new Reactor(plan, { onDecision });
  let timeUs = startUs;
  for (let i = 1; i <= 1_500; i += 1) {
    timeUs += world.pauseUs();
    const input = { ...world.next(), seq: i * LANES, timeUs };
    writer.append(input);
    reactor.take(input);
    writer.settled(reactor);
  }
  writer.close(reactor.digest.mark(), 'stopped by test');
  fills.set(name, counted);
}

interface Options {
  readonly session?: string;
  readonly day?: string;
  readonly format?: 'text' | 'json' | 'html';
  readonly out?: string;
  readonly json?: boolean;
  readonly stateDir?: string;
}

async function run({ json = false, stateDir = state, ...options }: Options = {}): Promise<string> {
  const out: string[] = [];
  const context = {
    options: { session: undefined, day: undefined, format: undefined, out: undefined, ...options },
    json,
    signal: new AbortController().signal,
    config: () => ({ config: { runtime: { state_dir: stateDir } } }),
    print: (text: string) => out.push(text),
  };
  await command.run(context as unknown as CommandContext<never>);
  return out.join('\n');
}

async function figures(options: Options): Promise<Record<string, number> & { sessions: { remarks: string[] }[] }> {
  return JSON.parse(await run({ ...options, json: true }));
}

beforeAll(() => {
  state = mkdtempSync(join(tmpdir(), 'flashmm-report-'));
  play(FIRST, BEFORE_MIDNIGHT_US, 1);
  play(SECOND, NEXT_DAY_US, 2);
});

afterAll(() => rmSync(state, { recursive: true }));

describe('flashmm report', () => {
  it('tells the newest session in text', async () => {
    const text = await run();
    expect(text).toMatch(
      /^Session 20260716T120000Z\n20260716T120000Z: 2026-07-16 12:00:00 to 2026-07-16 12:\S+ UTC, stopped by test\n/,
    );
    expect(text).toMatch(/^profit +-?\d+\.\d\d USDC, marked at the mid, all costs taken off$/m);
    expect(text).toMatch(/^markouts +at the fill -?\d+\.\d\d ± \d+\.\d\d bps, after 1 s /m);
    expect(text).toMatch(/^ {2}BBB +-?\d+\.\d\d USDC +\d+ fills/m);
  });

  it('adds up: the profit of the session’s own last figures, out of what it comes from', async () => {
    const found = await figures({ session: FIRST });
    expect(found.fills).toBe(fills.get(FIRST));
    expect(found.fills).toBeGreaterThan(20);
    expect(found.pnl_usdc).toBe(profits.get(FIRST));
    const parts = found.spread_captured_usdc! + found.inventory_pnl_usdc! - found.fees_usdc! - found.gas_usdc!;
    expect(found.pnl_usdc).toBeCloseTo(parts, 9);
    expect(await figures({ session: join(state, 'journal', FIRST) })).toEqual(found);
  });

  it('tells a day: of each session the part that lies in it, and both days together are both sessions', async () => {
    const [first, second] = [await figures({ day: '2026-07-15' }), await figures({ day: '2026-07-16' })];
    expect(first.sessions.length).toBe(1);
    expect(second.sessions.length).toBe(2);
    for (const name of ['fills', 'orders_placed', 'turnover_usdc', 'pnl_usdc'] as const) {
      const [one, other] = [await figures({ session: FIRST }), await figures({ session: SECOND })];
      expect(first[name]).not.toBe(0);
      expect(first[name]! + second[name]!).toBeCloseTo(one[name]! + other[name]!, 6);
    }
  });

  it('makes one page that needs nothing else, with every market in it', async () => {
    const out = join(state, 'page.html');
    expect(await run({ day: '2026-07-16', out })).toBe('');
    const page = readFileSync(out, 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<img|https?:|url\(|@import|NaN|undefined|Infinity/);
    expect(page.match(/<figure>/g)?.length).toBe(6 + 2 * MARKETS.length);
    for (const market of MARKETS) expect(page).toContain(`${market}: fills on the price`);
    expect(page.match(/class="fill (?:buy|sell)"/g)?.length).toBeGreaterThan(20);
    expect(page).toContain('class="whisker"');
    for (const tag of ['g', 'svg', 'figure', 'table', 'div', 'title', 'path'])
      expect(page.split(`<${tag}`).length).toBeLessThanOrEqual(
        page.split(`</${tag}>`).length + page.split('/>').length,
      );
  });

  it('reads a journal that is being written up to where it is, and says so', async () => {
    play('20260716T130000Z', NEXT_DAY_US + 3_600_000_000, 3);
    const path = join(state, 'journal', '20260716T130000Z', segmentName(1));
    truncateSync(path, Math.round(readFileSync(path).length * 0.7) + 1);
    const found = await figures({});
    expect(found.fills).toBeLessThan(fills.get('20260716T130000Z')!);
    expect(found.fills).toBeGreaterThan(0);
    expect(found.sessions[0]!.remarks).toEqual(['It was still running, or had broken off in the middle of a write.']);
    rmSync(join(state, 'journal', '20260716T130000Z'), { recursive: true });
  });

  it('counts what is left of a session whose first part was let go', async () => {
    play('20260716T140000Z', NEXT_DAY_US + 7_200_000_000, 4, 5, 40_000);
    const found = await figures({ session: '20260716T140000Z' });
    expect(found.fills).toBeLessThan(fills.get('20260716T140000Z')!);
    expect(found.sessions[0]!.remarks[0]).toMatch(/first part is no longer kept/);
    const parts = found.spread_captured_usdc! + found.inventory_pnl_usdc! - found.fees_usdc! - found.gas_usdc!;
    expect(found.pnl_usdc).toBeCloseTo(parts, 6);
    rmSync(join(state, 'journal', '20260716T140000Z'), { recursive: true });
  });

  it.each([
    [{ session: FIRST, day: '2026-07-15' }, 'usage', 'a session and a day were asked for'],
    [{ day: '2026-02-30' }, 'usage', "day '2026-02-30': expected a date such as 2026-07-15"],
    [{ day: '2025-01-01' }, 'usage', 'day 2025-01-01: no session has an input in it'],
    [{ session: 'nowhere' }, 'environment', 'there is no such file or folder'],
    [{ stateDir: '/nowhere' }, 'environment', '/nowhere: holds no session'],
    [{ out: '/nowhere/page.html' }, 'environment', 'ENOENT'],
  ] as const)('refuses %j', async (options, exit, message) => {
    await expect(run(options)).rejects.toMatchObject({ exit, message: expect.stringContaining(message) });
  });
});
