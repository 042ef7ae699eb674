import { parseArgs } from 'node:util';
import { soak } from './soak_run.ts';

// npm run soak -- --hours 2 --speed 30: hours of recorded market with every kind of fault, through the live feed.

/** Memory is flat when the last quarter of the run needs no more than this times the second one. */
const FLAT = 1.15;

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '2' },
    speed: { type: 'string', default: '30' },
    'faults-per-thousand': { type: 'string', default: '0.5' },
    seed: { type: 'string', default: '1' },
  },
});
const outcome = await soak({
  tape: new URL('../tapes/spot_btcusdt_20240808.gz', import.meta.url).pathname,
  tapeSeconds: Number(values.hours) * 3_600,
  speed: Number(values.speed),
  faultsPerThousand: Number(values['faults-per-thousand']),
  seed: Number(values.seed),
  onProgress: (tapeSeconds, rssMb) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${(tapeSeconds / 3_600).toFixed(2)} h, ${rssMb.toFixed(0)} MB `);
  },
});
const flat = outcome.rssMb.last <= outcome.rssMb.second * FLAT;
console.log(JSON.stringify({ ...outcome, flat }, null, 2));
if (outcome.violations.length > 0 || outcome.errors.length > 0 || outcome.quotes === 0 || !flat) process.exitCode = 1;
