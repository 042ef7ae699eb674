import { APIConnectionError, APIError, APIUserAbortError, AzureOpenAI, type ClientOptions } from 'openai';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import { REDACTED, type Secret } from '../config/secret.ts';
import type { ChatFailure, ChatModel, ChatQuestion, ChatReply, Usage } from './chat.ts';
import type { FailureCode } from './port.ts';

/** Where the deployment is. */
export interface AzureOptions {
  /** `https://RESOURCE.openai.azure.com` */
  readonly endpoint: string;
  readonly apiKey: Secret;
  /** `2024-10-21`, the first stable one with structured outputs, or a later one. */
  readonly apiVersion: string;
  readonly deployment: string;
}

/** An answer of the longest text is some 10 KB; what is longer is no answer to our question. */
const BODY_MAX_BYTES = 262_144;

/** The service's own words are for the log: so much of them. */
const WORDS_MAX = 200;

const NOT_BILLED: Usage = { tokensIn: 0, tokensOut: 0 };

/** Above what any deadline of ours is: the signal ends a request, headers and body alike, and the client's clock only its headers. */
const CLIENT_TIMEOUT_MS = 600_000;

/**
 * GPT-4o of Azure OpenAI, through the official client: one chat completion a question, its answer bound to a JSON schema
 * (structured outputs, strict). The client retries nothing, logs nothing, follows no redirect (the key would go along), and takes
 * nothing from the environment of other programs.
 */
export class AzureChat implements ChatModel {
  readonly name: string;
  readonly #client: AzureOpenAI;
  readonly #apiKey: Secret;

  constructor({ endpoint, apiKey, apiVersion, deployment }: AzureOptions) {
    this.name = deployment;
    this.#apiKey = apiKey;
    this.#client = new AzureOpenAI({
      ...{ baseURL: `${endpoint.replace(/\/+$/, '')}/openai`, deployment, apiVersion },
      ...{ apiKey: apiKey.reveal(), adminAPIKey: null, organization: null, project: null, webhookSecret: null },
      ...{ maxRetries: 0, timeout: CLIENT_TIMEOUT_MS, logLevel: 'off', fetch: boundedFetch },
    });
  }

  async ask(
    { system, user, schemaName, jsonSchema, maxTokens }: ChatQuestion,
    signal: AbortSignal,
  ): Promise<ChatReply> {
    try {
      const completion = await this.#client.chat.completions.create(
        {
          model: this.name,
          messages: [
            { role: 'system', content: system },
            { role: 'user', content: user },
          ],
          temperature: 0,
          max_tokens: maxTokens,
          response_format: {
            type: 'json_schema',
            json_schema: { name: schemaName, strict: true, schema: jsonSchema },
          },
        },
        { signal },
      );
      return replyOf(completion);
    } catch (error) {
      // Some services quote a key that they don't take.
      const tell = (text: string): string => words(text.replaceAll(this.#apiKey.reveal(), REDACTED));
      return failureOf(error, this.name, tell);
    }
  }
}

/** A body that is larger than an answer can be. */
class OversizedError extends Error {
  override readonly name = 'OversizedError';
}

/** What of the client's headers goes out: not those that tell of this machine, nor any that the environment adds. */
const SENT_HEADERS = ['accept', 'api-key', 'content-type'] as const;

/**
 * `fetch` that follows no redirect and reads no more than {@link BODY_MAX_BYTES}. The request's signal goes on to end it while
 * the body comes.
 */
const boundedFetch: NonNullable<ClientOptions['fetch']> = async (input, init) => {
  const given = new Headers(init?.headers);
  const sent = SENT_HEADERS.flatMap((name): [string, string][] => {
    const value = given.get(name);
    return value === null ? [] : [[name, value]];
  });
  const request = { ...(init as RequestInit), headers: sent, redirect: 'error' } as const;
  const response = await fetch(input as Parameters<typeof fetch>[0], request);
  const { status, headers } = response;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > BODY_MAX_BYTES) throw new OversizedError(`more than ${BODY_MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  const body = status === 204 || status === 304 ? null : Buffer.concat(chunks);
  return new Response(body, { status, headers });
};

function replyOf(completion: Partial<ChatCompletion> | null | undefined): ChatReply {
  const usage = usageOf(completion?.usage);
  const failed = (code: FailureCode, reason: string): ChatReply => ({
    ...{ kind: 'failed', code, reason, again: false, afterMs: null, usage },
  });
  const choice = Array.isArray(completion?.choices) ? completion.choices[0] : undefined;
  const message = choice?.message;
  if (choice === undefined || typeof message !== 'object' || message === null)
    return failed('malformed', 'the body is no chat completion');
  if (typeof message.refusal === 'string') return failed('refused', `the model refused: ${words(message.refusal)}`);
  if (choice.finish_reason === 'content_filter')
    return failed('filtered', 'the content filter has cut the answer off; see the filter of the deployment');
  if (choice.finish_reason === 'length') return failed('truncated', 'the answer is longer than was allowed');
  if (typeof message.content !== 'string') return failed('malformed', 'the message has no content');
  return { kind: 'text', text: message.content, usage };
}

function usageOf(usage: Partial<ChatCompletion['usage']>): Usage | null {
  const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : NaN);
  const [tokensIn, tokensOut] = [count(usage?.prompt_tokens), count(usage?.completion_tokens)];
  return Number.isNaN(tokensIn + tokensOut) ? null : { tokensIn, tokensOut };
}

function failureOf(error: unknown, deployment: string, tell: (text: string) => string): ChatFailure {
  const failed = (code: FailureCode, reason: string, again: boolean, usage: Usage | null): ChatFailure => ({
    ...{ kind: 'failed', code, reason, again, afterMs: null, usage },
  });
  // Of an answer that was on its way nobody knows what it has cost.
  if (error instanceof APIUserAbortError) return failed('cancelled', 'given up', false, null);
  const cause = causeOf(error);
  if (cause instanceof OversizedError) return failed('oversized', `the answer has ${cause.message}`, false, null);
  if (error instanceof APIConnectionError) {
    const refused = (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
    return failed('unreachable', tell(cause?.message ?? error.message), true, refused ? NOT_BILLED : null);
  }
  if (!(error instanceof APIError) || typeof error.status !== 'number')
    return failed('malformed', tell(error instanceof Error ? error.message : String(error)), false, null);
  return {
    ...httpFailure(error.status, error.code ?? '', tell(error.message), deployment),
    afterMs: pauseOf(error.headers),
  };
}

/** Refused at the door. What Azure has begun to work on it may bill whatever the status, a question that is filtered (400) too. */
const FREE_STATUS: ReadonlySet<number> = new Set([401, 403, 404, 429]);

/** What a status says. */
function httpFailure(status: number, code: string, said: string, deployment: string): ChatFailure {
  const usage = FREE_STATUS.has(status) ? NOT_BILLED : null;
  const failed = (code: FailureCode, reason: string, again: boolean): ChatFailure => ({
    ...{ kind: 'failed', code, reason, again, afterMs: null, usage },
  });
  if (status === 429) return failed('rate-limited', said, true);
  if (status >= 500 || status === 408) return failed('server-error', said, true);
  if (code === 'content_filter')
    return failed('filtered', 'the content filter has refused the question; see the filter of the deployment', false);
  if (status === 401 || status === 403)
    return failed('rejected', `${said}. Check insight.azure_api_key and insight.azure_endpoint`, false);
  if (status === 404)
    return failed(
      'rejected',
      `${said}. Check insight.azure_deployment '${deployment}', azure_endpoint and azure_api_version`,
      false,
    );
  return failed('rejected', said, false);
}

/** `retry-after-ms`, or `retry-after` in seconds; Azure sends either. */
function pauseOf(headers: Headers | undefined): number | null {
  const milliseconds = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  const seconds = Number.parseFloat(headers?.get('retry-after') ?? '');
  const pauseMs = Number.isFinite(milliseconds) ? milliseconds : seconds * 1_000;
  return Number.isFinite(pauseMs) && pauseMs >= 0 ? pauseMs : null;
}

/** The innermost cause: the client and `fetch` each wrap what happened. */
function causeOf(error: unknown): Error | undefined {
  let inner = error instanceof Error ? error : undefined;
  while (inner?.cause instanceof Error) inner = inner.cause;
  return inner;
}

function words(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > WORDS_MAX ? `${line.slice(0, WORDS_MAX)}…` : line;
}
