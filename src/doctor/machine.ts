import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { SHIPPED_TAPES } from '../devnet/populated.ts';
import { type Check, type Finding, fail, ok, warn } from './check.ts';

const MEGABYTE = 1_048_576;
const OLDEST_NODE = 24;
/** A session with its devnet stays under 300 MB; less than twice that free, and the machine will swap. */
const MEMORY_WANTED_MB = 600;
/** Long enough to see a stalled machine, short enough to wait for. */
const STALL_WATCH_MS = 300;
/** Decisions are made every 200 ms; a machine that stops for a tenth of that disturbs them. */
const STALL_WARN_MS = 20;
const STALL_RESOLUTION_MS = 5;

/** The version of Node. */
export const nodeCheck: Check = async () => {
  const { version, platform, arch, versions } = process;
  const detail = `${version} on ${platform} ${arch}`;
  if (Number.parseInt(versions.node, 10) >= OLDEST_NODE) return [ok('node', detail)];
  return [fail('node', detail, `Install Node ${OLDEST_NODE} or run 'npm ci', which brings it.`)];
};

/** Memory and processors. */
export const memoryCheck: Check = async () => {
  const freeMb = Math.round(freemem() / MEGABYTE);
  const detail = `${freeMb} MB free of ${Math.round(totalmem() / MEGABYTE)} MB, ${availableParallelism()} processors`;
  if (freeMb >= MEMORY_WANTED_MB) return [ok('memory', detail)];
  return [warn('memory', detail, `Free some memory: ${MEMORY_WANTED_MB} MB are wanted.`)];
};

/** Whether this process gets the processor when it wants it. */
export const stallCheck: Check = async ({ signal }) => {
  const delay = monitorEventLoopDelay({ resolution: STALL_RESOLUTION_MS });
  delay.enable();
  // Cut short, it judges what it saw; the command ends anyway.
  await setTimeout(STALL_WATCH_MS, undefined, { signal }).catch(() => undefined);
  delay.disable();
  const lateMs = Math.max(0, delay.percentile(99) / 1e6 - STALL_RESOLUTION_MS);
  const detail = `timers fire up to ${lateMs.toFixed(1)} ms late over ${STALL_WATCH_MS} ms`;
  if (!Number.isFinite(lateMs) || lateMs <= STALL_WARN_MS) return [ok('scheduling', detail)];
  return [
    warn('scheduling', detail, 'The machine is busy: quotes will be late. Stop other work or give it more processors.'),
  ];
};

/** Whether the state folder can be written to, and has room for the journal that the settings allow. */
export const diskCheck: Check = async ({ loaded }) => {
  const { runtime, journal } = loaded.config;
  const folder = resolve(runtime.state_dir);
  try {
    await mkdir(folder, { recursive: true });
    const probe = await mkdtemp(join(folder, 'doctor-'));
    await writeFile(join(probe, 'probe'), 'x');
    await rm(probe, { recursive: true });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return [
      fail(
        'state folder',
        `${folder} cannot be written to: ${reason}`,
        'Give this user the right to write there, or set runtime.state_dir.',
      ),
    ];
  }
  const neededMb = journal.segment_max_mb * journal.segments_max + runtime.log_max_mb * runtime.log_files_max;
  const { bavail, bsize } = await statfs(folder);
  const freeMb = Math.round((bavail * bsize) / MEGABYTE);
  const detail = `${folder}: ${freeMb} MB free, journal and logs grow to ${neededMb} MB`;
  if (freeMb >= neededMb) return [ok('state folder', detail)];
  return [warn('state folder', detail, 'Free some space, or lower journal.segments_max or journal.segment_max_mb.')];
};

/** Whether the ports that the settings name are free. */
export const portsCheck: Check = async ({ loaded }) => {
  const { api, devnet, sei } = loaded.config;
  const wanted: { key: string; host: string; port: number }[] = [];
  if (api.enabled) wanted.push({ key: 'api.port', host: api.host, port: api.port });
  if (sei.network === 'devnet') {
    wanted.push({ key: 'devnet.rpc_port', host: '127.0.0.1', port: devnet.rpc_port });
    wanted.push({ key: 'devnet.rest_port', host: '127.0.0.1', port: devnet.rest_port });
  }
  // Port 0 means any free one, which there always is.
  const findings = wanted.filter(({ port }) => port !== 0).map(({ key, host, port }) => portFinding(key, host, port));
  return Promise.all(findings);
};

function portFinding(key: string, host: string, port: number): Promise<Finding> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'in use' : (error.code ?? error.message);
      resolve(
        fail(
          key,
          `${host}:${port} is ${why}`,
          `Stop what listens there ('ss -ltnp' shows it), or set ${key} (0 takes a free one).`,
        ),
      );
    });
    server.listen(port, host, () => server.close(() => resolve(ok(key, `${host}:${port} is free`))));
  });
}

/** Whether the recording that the devnet takes its prices from is there. */
export const tapeCheck: Check = async ({ loaded }) => {
  const { devnet, sei } = loaded.config;
  if (sei.network !== 'devnet') return [];
  const tapes = devnet.tape === '' ? SHIPPED_TAPES : [resolve(devnet.tape)];
  const missing = tapes.find((path) => !existsSync(path));
  if (missing === undefined) return [ok('devnet.tape', tapes.map((path) => basename(path)).join(', '))];
  const advice =
    devnet.tape === '' ? 'Check out the repository again: tapes/ is part of it.' : 'Set devnet.tape to a recording.';
  return [fail('devnet.tape', `${missing} is missing`, advice)];
};
