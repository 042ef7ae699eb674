import { z } from 'zod';
import { FAULTS } from '../../binance/replay_server/faults.ts';
import { type ReplayServer, startReplayServer } from '../../binance/replay_server/server.ts';
import { readTape } from '../../binance/replay_server/tape.ts';
import { CommandError } from '../../exit/command_error.ts';
import { seededRandom } from '../../runtime/random.ts';
import { defineCommand } from '../command.ts';

/** `flashmm replay-server` */
export const command = defineCommand({
  name: 'replay-server',
  summary: 'Serve a recording over WebSocket and REST as Binance does, with faults on demand.',
  description:
    'Plays a recording to any number of clients at a chosen speed, with depth snapshots over REST, and does wrong on demand what an exchange and a network can do wrong. Time begins when the first client connects. Point record, or a live feed, at it with --ws-url and --rest-url.',
  options: {
    tape: { value: 'FILE', summary: 'The recording; it has to hold a depth snapshot', schema: z.string().min(1) },
    port: {
      value: 'PORT',
      summary: 'Port on 127.0.0.1; 0 for any free one (default 9443)',
      schema: z.coerce.number().int().min(0).max(65_535).default(9_443),
    },
    speed: {
      value: 'X',
      summary: 'Recorded seconds a second (default 1)',
      schema: z.coerce.number().positive().max(10_000).default(1),
    },
    loop: { summary: 'Start again at the end, as after a maintenance', schema: z.literal(true).optional() },
    faults: {
      value: 'KIND',
      many: true,
      summary: `Faults to inject: ${FAULTS.join(', ')} or all`,
      schema: z.array(z.enum([...FAULTS, 'all'])).default([]),
    },
    faultsPerThousand: {
      value: 'N',
      summary: 'Mean faults for a thousand messages (default 1)',
      schema: z.coerce.number().min(0).max(1_000).default(1),
    },
    stallMs: {
      value: 'MS',
      summary: 'How long a stall lasts, real time (default 3000)',
      schema: z.coerce.number().positive().max(600_000).default(3_000),
    },
    seed: { value: 'N', summary: 'Seed of the faults (default 1)', schema: z.coerce.number().int().default(1) },
  },
  examples: [
    { line: 'flashmm replay-server --tape tapes/spot_btcusdt_20240808.gz', summary: 'at the speed it was recorded' },
    {
      line: 'flashmm replay-server --tape tapes/spot_btcusdt_20240808.gz --speed 60 --loop --faults all',
      summary: 'a bad day, a minute each second',
    },
  ],
  async run(context) {
    const { tape: file, port, speed, loop, faults, faultsPerThousand: perThousand, stallMs, seed } = context.options;
    const kinds = faults.includes('all') ? [...FAULTS] : FAULTS.filter((fault) => faults.includes(fault));
    const tape = await readTape(file).catch((error: Error) => {
      throw new CommandError('environment', `${file}: ${error.message}`, 'Name a recording made by flashmm record.');
    });
    const server = await startReplayServer({
      tape,
      host: '127.0.0.1',
      port,
      speed,
      atEnd: loop === true ? 'loop' : 'stop',
      faults: { kinds, perThousand, stallMs },
      random: seededRandom(seed),
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new CommandError(
        'environment',
        `port ${port} is in use`,
        'Choose another with --port, or 0 for any free one.',
      );
    });
    if (context.json)
      context.printJson({ ws_url: server.wsUrl, rest_url: server.httpUrl, messages: tape.messages.length });
    else
      context.print(
        `serving ${tape.messages.length} messages of ${file}\n  streams  ${server.wsUrl}\n  REST     ${server.httpUrl}`,
      );
    await Promise.race([server.done, aborted(context.signal)]);
    report(context.json, server, context.print, context.printJson);
    await server.close();
    return undefined;
  },
});

function report(
  json: boolean,
  server: ReplayServer,
  print: (text: string) => void,
  printJson: (value: unknown) => void,
): void {
  const { sent, loops, tapeSeconds } = server.progress;
  if (json) printJson({ sent, loops, tape_seconds: tapeSeconds, faults: server.injected });
  else
    print(
      `sent ${sent} messages over ${tapeSeconds.toFixed(0)} recorded seconds; faults ${JSON.stringify(server.injected)}`,
    );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
