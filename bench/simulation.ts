import { createHash } from 'node:crypto';
import node from 'node:process';
import { parseArgs } from 'node:util';
import { accountSettings } from '../src/config/account.ts';
import { loadConfig } from '../src/config/load.ts';
import { DEFAULT_MARKETS } from '../src/devnet/market.ts';
import { Session } from '../src/runtime/session.ts';
import { virtualWorld } from '../src/simulate/virtual_world.ts';
import { MICROS_PER_SECOND } from '../streams/clock/clock.ts';
import type { Input } from '../streams/inputs.ts';

/**
 * How much faster than real time the whole system goes in virtual time: session, Sei client and chain, one market, one thread, no
 * faults. `--wire` has signed bytes and JSON texts between client and node; `--digests` the digest of every decision that a
 * journal needs.
 */

/** Times real time, for one market below the wire. */
const TARGET = 1_000;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    wire: { type: 'boolean', default: false },
    digests: { type: 'boolean', default: false },
    runs: { type: 'string', default: '3' },
    hours: { type: 'string', default: '1' },
    markets: { type: 'string', default: '1' },
  },
});
const hours = Number(values.hours);
const markets = DEFAULT_MARKETS.slice(0, Number(values.markets));
const { config } = loadConfig({ env: {}, flags: [] });
const settings = accountSettings(config, markets);

async function run(
  seed: number,
): Promise<{ seconds: number; cpuSeconds: number; counts: Record<string, number>; hash: string }> {
  const world = await virtualWorld({ seed, markets, wire: values.wire });
  const process = world.process();
  const counts: Record<string, number> = {};
  const hash = createHash('sha256');
  const count = (kind: string): void => {
    counts[kind] = (counts[kind] ?? 0) + 1;
  };
  const session = new Session({
    settings,
    venue: process.venue(),
    seed,
    timers: process.timers,
    digests: values.digests,
    notify: () => {},
    onInput: (input: Input) => {
      count(input.kind);
      if (input.kind === 'settlement') hash.update(`${input.timeUs} ${input.settlementId}`);
    },
    onFatal: (error) => {
      throw error;
    },
  });
  session.decisions$.subscribe((decision) => {
    count(decision.kind);
    if (decision.kind === 'orderBatch') hash.update(`${decision.timeUs} ${JSON.stringify(decision.places)}`);
  });
  const startedMs = performance.now();
  const cpu = node.cpuUsage();
  await world.timers.until(session.start(), 10_000);
  await world.runTo(world.timers.nowUs() + hours * 3_600 * MICROS_PER_SECOND);
  const seconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = node.cpuUsage(cpu);
  counts.events = world.timers.events;
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    counts,
    hash: `${hash.digest('hex').slice(0, 16)} ${session.digest.hash}`,
  };
}

const runs = [];
for (let i = 0; i < Number(values.runs); i += 1) runs.push(await run(1));
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const perSecond = median(runs.map(({ seconds }) => (hours * 3_600) / seconds));
// On a machine that others use, too: what one core alone would do.
const perCpuSecond = median(runs.map(({ cpuSeconds }) => (hours * 3_600) / cpuSeconds));
const equal = new Set(runs.map(({ hash }) => hash)).size === 1;
const [{ counts }] = runs as [(typeof runs)[number]];
if (values.json === true) {
  console.log(
    JSON.stringify({ hours, wire: values.wire, markets: markets.length, perSecond, perCpuSecond, equal, counts }),
  );
} else {
  const what = `${markets.length} market(s), ${hours} h${values.wire ? ', signed bytes and JSON texts' : ''}`;
  const speeds = `${perSecond.toFixed(0)} × real time, ${perCpuSecond.toFixed(0)} × by the time of the processor`;
  console.log(`simulation: ${what}: ${speeds}; median of ${runs.length} runs`);
  console.log(`  all runs alike: ${equal ? 'yes' : 'NO'}; ${JSON.stringify(counts)}`);
}
if (!equal || (!values.wire && markets.length === 1 && perCpuSecond < TARGET)) node.exitCode = 1;
