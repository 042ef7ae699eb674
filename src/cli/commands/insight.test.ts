import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../exit/exit_codes.ts';
import { AZURE_SAYS, AzureDouble } from '../../insight/fixtures/azure_double.ts';
import { marketInsightOf } from '../../insight/fixtures/markets.ts';
import { runProgram } from '../program.ts';
import { REGISTRY } from '../registry.ts';

const KEY = 'a-key-that-nobody-may-see';
const folder = mkdtempSync(join(tmpdir(), 'flashmm-insight-'));

/** The beginning of a shipped recording: enough for a live book. */
const TAPE = join(folder, 'tape');
const recorded = readFileSync(new URL('../../../tapes/spot_btcusdt_20240808.gz', import.meta.url));
writeFileSync(TAPE, gunzipSync(recorded).toString().split('\n').slice(0, 4_000).join('\n'));

let double: AzureDouble;
beforeAll(async () => {
  double = await new AzureDouble().open();
});
afterEach(() => {
  double.seen.length = 0;
});
afterAll(async () => {
  await double.close();
  rmSync(folder, { recursive: true });
});

async function run(line: string, env: NodeJS.ProcessEnv = {}) {
  const streams = [new PassThrough(), new PassThrough(), new PassThrough()] as const;
  const [stdin, stdout, stderr] = streams as unknown as [NodeJS.ReadStream, NodeJS.WriteStream, NodeJS.WriteStream];
  const args = [...line.split(' '), '--set', `runtime.state_dir=${folder}`];
  const signal = new AbortController().signal;
  const code = await runProgram(args, REGISTRY, { stdin, stdout, stderr, env, signal });
  const text = (stream: PassThrough) => String(stream.read() ?? '');
  return { code, out: text(streams[1]), err: text(streams[2]) };
}

const withKey = () => ({ AZURE_OPENAI_ENDPOINT: double.endpoint, AZURE_OPENAI_API_KEY: KEY });

describe('flashmm insight', () => {
  it('without a key says what to set', async () => {
    const { code, err } = await run('insight');
    expect(code).toBe(EXIT.configuration);
    expect(err).toContain('insight.azure_endpoint (AZURE_OPENAI_ENDPOINT) and insight.azure_api_key');
    expect(err).toContain('docs/insight.md');
  });

  it('without a session says so, and sends nothing', async () => {
    const { code } = await run('insight', withKey());
    expect(code).toBe(EXIT.notRunning);
    expect(double.seen).toEqual([]);
  });

  it('shows what would be sent, which is what is sent, and asks of a recording', async () => {
    const shown = JSON.parse((await run(`insight --tape ${TAPE} --request`)).out);
    expect(double.seen).toEqual([]);
    double.answer({ kind: 'content', content: marketInsightOf('BTCUSDT') });
    const { code, out } = await run(`insight --json --tape ${TAPE}`, withKey());
    expect(code).toBe(EXIT.ok);
    expect(JSON.parse(out)).toMatchObject({
      ...{ headline: 'A quiet market', by: 'gpt-4o market/1', cached: false },
      ...{ tokens_in: 400, tokens_out: 100, cost_usd: 0.002, situation: shown.user },
    });
    expect(shown.user.markets).toMatchObject([{ symbol: 'BTCUSDT', state: 'live', model: null, breakers: [] }]);
    const [{ body }] = double.seen as [(typeof double.seen)[0]];
    expect(body.messages.map(({ content }) => content)).toEqual([shown.system, JSON.stringify(shown.user)]);
    expect(body.response_format).toMatchObject({ json_schema: { schema: shown.schema } });
    const spent = readdirSync(join(folder, 'insight')).map((name) =>
      readFileSync(join(folder, 'insight', name), 'utf8'),
    );
    expect(spent.join()).toMatch(/"micro_usd":2000/);
  });

  it('prints the answer for people', async () => {
    double.answer({ kind: 'content', content: marketInsightOf('BTCUSDT') });
    const { out } = await run(`insight --tape ${TAPE}`, withKey());
    expect(out).toContain('A quiet market\nLittle moved.\n');
    expect(out).toContain('  · BTCUSDT, calm: The spread is 1.2 bps.');
    expect(out).toMatch(/gpt-4o market\/1, 400 \+ 100 tokens, 0.0020 USD/);
  });

  it('says why there is no answer, and never the key', async () => {
    double.answer({ kind: 'status', status: 401, body: AZURE_SAYS.badKey });
    const refused = await run(`insight --tape ${TAPE}`, withKey());
    expect(refused.code).toBe(EXIT.failure);
    expect(refused.err).toContain('no insight, rejected: 401 Access denied');
    expect(refused.err).toContain('insight.azure_api_key');
    const spent = await run(`insight --tape ${TAPE} --set insight.budget_day_usd=0.001`, withKey());
    expect(spent.err).toMatch(/no insight, budget: .*insight.budget_day_usd/);
    expect(double.seen).toHaveLength(1);
    const config = await run('config', withKey());
    expect(`${refused.err}${spent.err}${config.out}`).not.toContain(KEY);
  });

  it('refuses to send a key in the clear to another machine', async () => {
    const { code, err } = await run('insight', { ...withKey(), AZURE_OPENAI_ENDPOINT: 'http://10.0.0.1' });
    expect(code).toBe(EXIT.configuration);
    expect(err).toMatch(/insight.azure_endpoint.*https:\/\//s);
  });
});
