import { parseArgs } from 'node:util';
import { Tape } from '../../src/tape/reader.ts';
import { GridEngine } from './engine.ts';
import { fillLines, fillsSha256, queueModels } from './fills.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    queue: { type: 'string', default: 'power3(3)' },
    'interval-ms': { type: 'string', default: '100' },
    'latency-us': { type: 'string', default: '1000' },
    'half-ticks': { type: 'string', default: '2' },
  },
});
const [path] = positionals;
if (path === undefined)
  throw new Error('usage: node bench/grid/run.ts TAPE [--queue NAME] [--interval-ms N] [--latency-us N]');

/** The first run warms up; of the others the best counts. */
const RUNS = 6;

const tape = Tape.open(path);
const models = queueModels(Number(tape.market.lotSize));
const model = models[values.queue];
if (model === undefined) throw new Error(`--queue ${values.queue}: expected one of ${Object.keys(models).join(', ')}`);
const latencyNs = Number(values['latency-us']) * 1e3;
const seconds: number[] = [];
const hashes = new Set<string>();
for (let run = 0; run < RUNS; run += 1) {
  const engine = new GridEngine(path, {
    model,
    intervalNs: Number(values['interval-ms']) * 1e6,
    feedLatencyNs: latencyNs,
    orderLatencyNs: latencyNs,
    responseLatencyNs: latencyNs,
    clip: 0.01,
    positionMax: 0.1,
    halfTicks: Number(values['half-ticks']),
  });
  const startMs = performance.now();
  const { fills, position, wakes, requests, rows } = engine.run();
  seconds.push((performance.now() - startMs) / 1e3);
  const sha256 = fillsSha256(fillLines(fills, tape.originS));
  hashes.add(sha256);
  if (run < RUNS - 1) continue;
  const best = Math.min(...seconds.slice(1));
  const rss = process.resourceUsage().maxRSS / 1_024;
  console.log(
    JSON.stringify({
      tape: path,
      rows,
      fills: fills.length,
      position,
      wakes,
      requests,
      seconds: best,
      rows_per_second: Math.round(rows / best),
      rss_max_mb: Math.round(rss),
      deterministic: hashes.size === 1,
      fills_sha256: sha256,
    }),
  );
}
