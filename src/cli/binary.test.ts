import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../exit/exit_codes.ts';

const LAUNCHER = new URL('./flashmm.js', import.meta.url).pathname;

/** Makes Node say that it is too old; the Node that the launcher starts does not get it. */
const OLD_NODE = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.0'})`;

function start(args: readonly string[], nodeArgs: readonly string[] = []): ChildProcess {
  const cwd = mkdtempSync(join(tmpdir(), 'flashmm-binary-'));
  return spawn(process.execPath, [...nodeArgs, LAUNCHER, ...args], { cwd, env: { PATH: process.env.PATH } });
}

async function run(args: readonly string[], nodeArgs: readonly string[] = []) {
  const child = start(args, nodeArgs);
  let [out, err] = ['', ''];
  child.stdout!.on('data', (data) => (out += data));
  child.stderr!.on('data', (data) => (err += data));
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, out, err };
}

describe('the binary', () => {
  it('prints its version', async () => {
    expect(await run(['--version'])).toEqual({
      code: EXIT.ok,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      err: '',
    });
  });

  it('refuses a wrong option with 2 and a wrong setting with 3', async () => {
    const [usage, setting] = await Promise.all([run(['config', '--jsn']), run(['config', '--set', 'api.prt=1'])]);
    expect(usage).toMatchObject({ code: EXIT.usage, err: expect.stringContaining("did you mean '--json'?") });
    expect(setting).toMatchObject({
      code: EXIT.configuration,
      err: expect.stringContaining("did you mean 'api.port'?"),
    });
  });

  it('prints the effective configuration as JSON', async () => {
    const { code, out } = await run(['config', 'api.port', '--json', '--set', 'api.port=0']);
    expect(code).toBe(EXIT.ok);
    expect(JSON.parse(out)).toEqual({ file: null, values: { 'api.port': { value: 0, origin: '--set api.port' } } });
  });
});

describe('started by an older Node', () => {
  it('starts again under the bundled one and passes on the exit code', async () => {
    expect(await run(['config', '--jsn'], ['--import', OLD_NODE])).toMatchObject({ code: EXIT.usage });
  });

  it('passes on signals', async () => {
    const child = start(['devnet', '--rpc-port', '0', '--rest-port', '0', '--quiet'], ['--import', OLD_NODE]);
    await new Promise((resolve) => child.stdout!.once('data', resolve));
    child.kill('SIGTERM');
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.on('close', (...end) => resolve(end)),
    );
    // Stopping is how a devnet ends well; what matters is that it ended by itself.
    expect([EXIT.ok, EXIT.terminated]).toContain(code);
    expect(signal).toBeNull();
  });
});
