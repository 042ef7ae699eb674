import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CommandError } from '../exit/command_error.ts';
import { EXIT } from '../exit/exit_codes.ts';
import { version } from '../runtime/version.ts';
import { type CommandContext, defineCommand, interrupted } from './command.ts';
import { runProgram } from './program.ts';
import { type Entry, REGISTRY } from './registry.ts';

let seen: CommandContext | undefined;

const command = defineCommand({
  name: 'sample',
  summary: 'A sample.',
  description: 'A command with every kind of option.',
  options: {
    tape: { value: 'FILE', many: true, summary: 'Files.', schema: z.array(z.string()).default([]) },
    speed: {
      value: 'N',
      short: 's',
      summary: 'Speed.',
      schema: z.coerce.number({ error: 'expected a number' }).min(-5).default(1),
    },
    port: { value: 'PORT', summary: 'Port.', schema: z.coerce.number().optional(), setting: 'api.port' },
    loud: { summary: 'Loud.', schema: z.literal(true).optional() },
    fail: { value: 'HOW', summary: 'Fails.', schema: z.enum(['expected', 'defect', 'stop']).optional() },
  },
  operand: { value: 'NAME', summary: 'A name.' },
  examples: [{ line: 'flashmm sample', summary: 'Nothing.' }],
  run: async (context) => {
    seen = context;
    const { fail } = context.options;
    if (fail === 'expected') throw new CommandError('refused', 'no', 'do so');
    if (fail === 'defect') throw new RangeError('oops');
    if (fail === 'stop') throw context.signal.reason;
    return undefined;
  },
});

const ENTRIES: readonly Entry[] = [{ name: 'sample', summary: 'A sample.', load: async () => ({ command }) }];

async function run(line: string, env: NodeJS.ProcessEnv = {}, signal = new AbortController().signal) {
  const streams = [new PassThrough(), new PassThrough(), new PassThrough()] as const;
  const [stdin, stdout, stderr] = streams as unknown as [NodeJS.ReadStream, NodeJS.WriteStream, NodeJS.WriteStream];
  const args = line.split(' ').filter((one) => one !== '');
  seen = undefined;
  const code = await runProgram(args, ENTRIES, { stdin, stdout, stderr, env, signal });
  const text = (stream: PassThrough) => String(stream.read() ?? '');
  return { code, out: text(streams[1]), err: text(streams[2]) };
}

describe('arguments', () => {
  it('reads options of the command and global ones, before and after its name', async () => {
    expect(await run('--json sample --tape a b --speed -2.5 --tape=c --loud x')).toMatchObject({ code: EXIT.ok });
    expect(seen).toMatchObject({ json: true, operands: ['x'] });
    expect(seen?.options).toEqual({ tape: ['a', 'b', 'c'], speed: -2.5, loud: true, port: undefined, fail: undefined });
  });

  it('ends a list of values at -- and takes a short option', async () => {
    await run('sample -s 3 --tape a -- b');
    expect(seen?.options).toMatchObject({ tape: ['a'], speed: 3 });
    expect(seen?.operands).toEqual(['b']);
  });

  it('lets flags win over the environment', async () => {
    await run('sample --port 9 --set risk.max_order_usdc=7', { FLASHMM_API_PORT: '8' });
    const { config, origins } = seen!.config();
    expect(config.api.port).toBe(9);
    expect(config.risk.max_order_usdc).toBe('7');
    expect(origins.get('api.port')).toBe('--port');
  });
});

describe('usage errors', () => {
  it.each([
    ['', 'a command is missing'],
    ['smaple', "unknown command 'smaple'; did you mean 'sample'?"],
    ['sample --tpae a', "unknown option --tpae; did you mean '--tape'?"],
    ['--speed 3 sample', 'unknown option --speed before the command'],
    ['sample --speed', '--speed needs a value: --speed N'],
    ['sample --speed --loud', "--speed needs a value: --speed N, but '--loud' follows"],
    ['sample --speed fast', '--speed fast: expected a number'],
    ['sample --speed 1 --speed 2', '--speed is given twice'],
    ['sample --loud=yes', "--loud takes no value, 'yes' was given"],
    ['sample a b', "unexpected argument 'b'"],
    ['sample --set nonsense', '--set nonsense: expected KEY=VALUE'],
    ['sample --log-level loud', '--log-level loud: expected one of'],
  ])('%s', async (line, message) => {
    const { code, out, err } = await run(line);
    expect(err).toContain(`flashmm: error: ${message}`);
    expect({ code, out, ran: seen }).toEqual({ code: EXIT.usage, out: '', ran: undefined });
  });
});

describe('outcomes', () => {
  it('reports an expected failure in two lines, and as one line of JSON', async () => {
    expect(await run('sample --fail expected')).toEqual({
      code: EXIT.refused,
      out: '',
      err: 'flashmm: error: no\n  do so\n',
    });
    const { err } = await run('sample --fail expected --json');
    expect(JSON.parse(err)).toEqual({ error: { exit: 'refused', code: 5, message: 'no', hint: 'do so' } });
  });

  it('reports a defect with its stack', async () => {
    const { code, err } = await run('sample --fail defect');
    expect(code).toBe(EXIT.failure);
    expect(err).toMatch(/a defect: oops[\s\S]*RangeError: oops\n\s+at /);
  });

  it.each([
    ['SIGINT', EXIT.interrupted],
    ['SIGTERM', EXIT.terminated],
  ])('gives work cut short by %s its code', async (name, code) => {
    const stop = new AbortController();
    stop.abort(name);
    expect(await run('sample --fail stop', {}, stop.signal)).toMatchObject({ code, err: '' });
    expect(interrupted(stop.signal)).toBe(code);
  });

  it('prints help and version without running anything', async () => {
    expect((await run('--version')).out).toBe(`${version()}\n`);
    expect((await run('--help')).out).toContain('sample  A sample.');
    for (const line of ['sample --help', 'help sample', 'sample --speed fast -h']) {
      const { code, out } = await run(line);
      expect(out).toContain('Usage: flashmm sample [options] [NAME]');
      expect(code).toBe(EXIT.ok);
    }
    expect(seen).toBeUndefined();
  });

  it('keeps help within 80 columns', async () => {
    const { out } = await run('sample --help');
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('registry', () => {
  it.each(REGISTRY.map((entry) => [entry.name, entry] as const))(
    '%s says of itself what the list says',
    async (_, entry) => {
      const loaded = (await entry.load()).command;
      expect({ name: loaded.name, summary: loaded.summary }).toEqual({ name: entry.name, summary: entry.summary });
      expect(loaded.examples.length).toBeGreaterThan(0);
    },
  );
});
