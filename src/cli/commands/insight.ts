import { z } from 'zod';
import { ProgressBar } from '../../backtest/progress.ts';
import { Tapes } from '../../backtest/tapes.ts';
import { RecordingError } from '../../binance/recording.ts';
import { accountSettings } from '../../config/account.ts';
import type { Config } from '../../config/schema.ts';
import { runningSession } from '../../control/session_client.ts';
import { CommandError } from '../../exit/command_error.ts';
import { openAdviser } from '../../insight/open.ts';
import type { FailureCode } from '../../insight/port.ts';
import { GENERATE_MARKET_INSIGHT } from '../../insight/prompts.ts';
import type { Situation } from '../../insight/situation.ts';
import { situationOfTapes } from '../../insight/tape_situation.ts';
import { systemTimers } from '../../runtime/timers.ts';
import { marketInsightText } from '../../terminal/insight_text.ts';
import { defineCommand } from '../command.ts';

const COLUMNS_DEFAULT = 100;

const HOW_TO_SET =
  'Set AZURE_OPENAI_ENDPOINT and AZURE_OPENAI_API_KEY in the environment; docs/insight.md says what they are, what is sent and what it costs. --request shows what would be sent.';

/** What to do about it, where the reason alone does not say. */
const HINTS: Partial<Readonly<Record<FailureCode, string>>> = {
  budget: 'Wait, or raise the budget.',
  timeout: 'Try again, or raise insight.timeout_ms.',
  'rate-limited': 'Try again later, or raise the quota of the deployment.',
  unreachable: 'Check insight.azure_endpoint and the network.',
  filtered: 'Set the content filter of the deployment less strictly, or try again when the figures are others.',
};

/** `flashmm insight` */
export const command = defineCommand({
  name: 'insight',
  summary: 'Have the markets described by a language model: a running session’s, or a recording’s.',
  description:
    'Sends figures of the markets (moves, spread, volatility, order flow, open breakers; no price, position, order, balance or key) to a deployment of GPT-4o on Azure OpenAI, and prints its answer once it has passed its schema. It costs about half a US cent, out of the budget that sessions with the same state folder share. Nothing is traded on it.',
  options: {
    tape: {
      value: 'FILE',
      many: true,
      summary: 'Recordings whose end is to be described, oldest first (default: the running session)',
      schema: z.array(z.string().min(1)).min(1, 'name at least one recording').optional(),
    },
    request: {
      summary: 'Print what would be sent, and send nothing',
      schema: z.literal(true).optional(),
    },
  },
  examples: [
    { line: 'flashmm insight', summary: 'the markets of the running session' },
    {
      line: 'flashmm insight --tape tapes/spot_btcusdt_20240808.gz --request',
      summary: 'what would be sent of a recording; needs no key',
    },
  ],
  async run(context) {
    const { options, json, stdout, stderr, color, signal } = context;
    const { config } = context.config();
    const adviser = await openAdviser(config, systemTimers());
    const { state, detail } = adviser.status();
    if (state === 'off' && options.request !== true) {
      throw new CommandError('configuration', `insight is off: ${detail}`, HOW_TO_SET);
    }
    const situation =
      options.tape === undefined
        ? (await (await runningSession(config.runtime.state_dir, signal)).status()).insight.situation
        : await ofTapes(options.tape, config, stderr, signal);
    if (options.request === true) {
      context.printJson(requestOf(situation));
      return undefined;
    }
    if (stderr.isTTY) stderr.write(`asking ${config.insight.azure_deployment} …\n`);
    const outcome = await adviser.generateMarketInsight(situation, signal);
    signal.throwIfAborted();
    if (!outcome.ok) {
      throw new CommandError('failure', `no insight, ${outcome.code}: ${outcome.reason}`, HINTS[outcome.code] ?? '');
    }
    const { answer, by, cached, tokensIn, tokensOut, costUsd, tookMs } = outcome;
    const cost = { cached, tokens_in: tokensIn, tokens_out: tokensOut, cost_usd: costUsd, took_ms: Math.round(tookMs) };
    if (json) context.printJson({ ...answer, by, ...cost, situation });
    else context.print(marketInsightText(outcome, stdout.columns ?? COLUMNS_DEFAULT, color));
    return undefined;
  },
});

async function ofTapes(
  files: readonly string[],
  config: Config,
  stderr: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<Situation> {
  let bar: ProgressBar | undefined;
  try {
    const tapes = await Tapes.open(files);
    bar = new ProgressBar(stderr, tapes.progress.bytesTotal);
    const settings = accountSettings(config, tapes.markets);
    return await situationOfTapes(tapes, settings, signal, (inputs) =>
      bar?.show(tapes.progress.bytesRead, `${inputs} events`),
    );
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    throw new CommandError('environment', error.message, 'Name a recording, as flashmm record writes it.');
  } finally {
    bar?.clear();
  }
}

function requestOf(situation: Situation): Record<string, unknown> {
  const { version, system, form, maxTokens } = GENERATE_MARKET_INSIGHT;
  const symbols = situation.markets.map(({ symbol }) => symbol);
  return { prompt: version, system, user: situation, schema: form.jsonSchema(symbols), max_tokens: maxTokens };
}
