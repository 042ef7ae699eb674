import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../config/secret.ts';
import { AzureChat } from './azure.ts';
import type { ChatFailure, ChatQuestion, ChatReply } from './chat.ts';
import { type Answer, AZURE_SAYS, AzureDouble } from './fixtures/azure_double.ts';

const KEY = 'a-key-that-nobody-may-see';
const QUESTION: ChatQuestion = {
  ...{ system: 'what you are', user: '{"markets":[]}', schemaName: 'an_answer', maxTokens: 77 },
  jsonSchema: { type: 'object', properties: {}, required: [], additionalProperties: false },
};

let double: AzureDouble;
beforeEach(async () => {
  double = await new AzureDouble().open();
});
afterEach(() => double.close());

const chat = (endpoint = double.endpoint): AzureChat =>
  new AzureChat({ endpoint, apiKey: new Secret(KEY), apiVersion: '2024-10-21', deployment: 'gpt-4o' });

async function asked(...answers: readonly Answer[]): Promise<ChatReply> {
  double.answer(...answers);
  return await chat().ask(QUESTION, new AbortController().signal);
}

const says = (finish_reason: string, message: unknown): Answer => ({
  kind: 'choice',
  choice: { index: 0, finish_reason, message },
});

describe('the wire of Azure OpenAI', () => {
  it('carries one question as documented', async () => {
    const reply = await asked({ kind: 'content', content: '{"a":1}' });
    expect(reply).toEqual({ kind: 'text', text: '{"a":1}', usage: { tokensIn: 400, tokensOut: 100 } });
    const [request] = double.seen;
    expect(request).toMatchObject({
      path: '/openai/deployments/gpt-4o/chat/completions',
      apiVersion: '2024-10-21',
      apiKey: KEY,
      body: {
        messages: [
          { role: 'system', content: 'what you are' },
          { role: 'user', content: '{"markets":[]}' },
        ],
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'an_answer', strict: true, schema: QUESTION.jsonSchema },
        },
        max_tokens: 77,
        temperature: 0,
      },
    });
  });

  it('asks once, whatever comes', async () => {
    await asked({ kind: 'status', status: 500, body: AZURE_SAYS.serverError });
    expect(double.seen).toHaveLength(1);
  });

  it('takes nothing from the environment of other programs, and tells nothing of this machine', async () => {
    const set = {
      ...{ OPENAI_BASE_URL: 'http://127.0.0.1:1/elsewhere', AZURE_OPENAI_ENDPOINT: 'http://127.0.0.1:1' },
      ...{ OPENAI_ORG_ID: 'org', OPENAI_CUSTOM_HEADERS: 'x-tracked: yes' },
    };
    const before = Object.keys(set).map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, set);
    try {
      expect((await asked({ kind: 'content', content: '{}' })).kind).toBe('text');
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    expect(Object.keys(double.seen[0]!.headers).join()).not.toMatch(/x-|stainless|openai|authorization/);
  });
});

describe('an answer that is none', () => {
  const billed = { tokensIn: 400, tokensOut: 7 };
  const free = { tokensIn: 0, tokensOut: 0 };
  const cases: readonly [name: string, answer: Answer, expected: Partial<ChatFailure>][] = [
    [
      'a refusal of the model',
      says('stop', { role: 'assistant', content: null, refusal: 'I cannot help with that.' }),
      { code: 'refused', again: false, usage: billed, reason: 'the model refused: I cannot help with that.' },
    ],
    [
      'an answer that was cut short',
      says('length', { role: 'assistant', content: '{"a":', refusal: null }),
      { code: 'truncated', usage: billed },
    ],
    [
      'an answer that was filtered',
      says('content_filter', { role: 'assistant', content: '' }),
      { code: 'filtered', usage: billed },
    ],
    [
      'a message without content',
      says('stop', { role: 'assistant', content: null }),
      { code: 'malformed', usage: billed },
    ],
    ['another document', { kind: 'raw', body: '{"choices":"none"}' }, { code: 'malformed', usage: null }],
    ['null', { kind: 'raw', body: 'null' }, { code: 'malformed', usage: null }],
    ['half a document', { kind: 'raw', body: '{"choices":[{' }, { code: 'malformed', usage: null }],
    ['a page', { kind: 'raw', body: '<html>', type: 'text/html' }, { code: 'malformed', usage: null }],
    ['too much', { kind: 'raw', body: ' '.repeat(300_000) }, { code: 'oversized', again: false, usage: null }],
    [
      'a question that was filtered',
      { kind: 'status', status: 400, body: AZURE_SAYS.contentFilter },
      { code: 'filtered', again: false, usage: null },
    ],
    [
      'a bad request',
      { kind: 'status', status: 400, body: { error: { message: 'no' } } },
      { code: 'rejected', again: false, usage: null },
    ],
    [
      'a server in trouble',
      { kind: 'status', status: 503, body: AZURE_SAYS.serverError },
      { code: 'server-error', again: true, usage: null },
    ],
    ['a lost connection', { kind: 'drop' }, { code: 'unreachable', again: true, usage: null }],
    [
      'a redirect',
      { kind: 'status', status: 307, body: {}, headers: { location: 'http://127.0.0.1:1/' } },
      { code: 'unreachable', usage: null },
    ],
  ];
  it.each(cases)('%s', async (_, answer, expected) => {
    expect(await asked(answer)).toMatchObject({ kind: 'failed', afterMs: null, ...expected });
  });

  it('of a limited rate says when to come again', async () => {
    const limited = (headers: Record<string, string>) =>
      asked({ kind: 'status', status: 429, body: AZURE_SAYS.rateLimited, headers });
    const expected = { code: 'rate-limited', again: true, usage: free };
    expect(await limited({ 'retry-after': '33' })).toMatchObject({ ...expected, afterMs: 33_000 });
    expect(await limited({ 'retry-after-ms': '250', 'retry-after': '1' })).toMatchObject({ ...expected, afterMs: 250 });
    expect(await limited({})).toMatchObject({ ...expected, afterMs: null });
  });

  it('names the setting to look at', async () => {
    const key = await asked({ kind: 'status', status: 401, body: AZURE_SAYS.badKey });
    expect(key).toMatchObject({ code: 'rejected', reason: expect.stringContaining('insight.azure_api_key') });
    const deployment = await asked({ kind: 'status', status: 404, body: AZURE_SAYS.noDeployment });
    expect(deployment).toMatchObject({
      code: 'rejected',
      reason: expect.stringContaining("azure_deployment 'gpt-4o'"),
    });
  });

  it('never shows the key, even when the service does', async () => {
    const padding = 'x'.repeat(180);
    const reply = await asked({
      kind: 'status',
      status: 401,
      body: { error: { message: `${padding} wrong key: ${KEY}` } },
    });
    expect(JSON.stringify(reply)).not.toContain(KEY.slice(0, 6));
    expect(JSON.stringify(chat())).not.toContain(KEY);
  });

  it('of nobody at all costs nothing', async () => {
    const { endpoint } = double;
    await double.close();
    const reply = await chat(endpoint).ask(QUESTION, new AbortController().signal);
    expect(reply).toMatchObject({ kind: 'failed', code: 'unreachable', again: true, usage: free });
    double = await new AzureDouble().open();
  });

  it('that is slow ends with its signal, before the headers and amid the body', async () => {
    for (const answer of [[], [{ kind: 'stall' } as const]]) {
      double.answer(...answer);
      const stop = new AbortController();
      const came = double.nextRequest();
      const reply = chat().ask(QUESTION, stop.signal);
      await came;
      stop.abort();
      expect(await reply).toMatchObject({ kind: 'failed', code: 'cancelled', again: false, usage: null });
    }
  });
});
