import { z } from 'zod';
import type { Config } from '../../config/schema.ts';
import { orderLines, type Tell, untilCancelled, waitOption } from '../../control/cancellation.ts';
import { cancelOnChain } from '../../control/chain_cancel.ts';
import { endUnanswering, sessionOrNone } from '../../control/last_resort.ts';
import type { RestingView } from '../../control/operator.ts';
import { NoAnswerError, type SessionClient } from '../../control/session_client.ts';
import { EXIT } from '../../exit/exit_codes.ts';
import { version } from '../../runtime/version.ts';
import { defineCommand } from '../command.ts';

interface Outcome {
  readonly via: 'session' | 'chain' | 'nothing';
  readonly trading: string | null;
  readonly confirmed: boolean;
  readonly remaining: number | null;
  readonly orders: readonly RestingView[];
  readonly seconds: number;
}

/** `flashmm cancel-all` */
export const command = defineCommand({
  name: 'cancel-all',
  summary: 'Cancel every order now: through the running session, or straight on the chain.',
  description:
    'A running session cancels what rests and keeps its trading state: unless it is paused or halted, its next quotes place orders again. Without a session the orders of the configured account are cancelled straight on the chain; this needs sei.mnemonic and the endpoints, and not the consents to live trading. A session that runs and does not answer within 5 s stops this command, because two writers on one account collide; --force kills it first. Exit code 6 when the chain was not seen without the orders in time.',
  options: {
    force: {
      summary: 'Kill a session that does not answer, and cancel straight on the chain',
      schema: z.literal(true).optional(),
    },
    wait: waitOption,
  },
  examples: [
    { line: 'flashmm cancel-all', summary: 'whatever state the system is in' },
    { line: 'flashmm cancel-all --force --json', summary: 'also when the session hangs' },
  ],
  async run(context) {
    const { config } = context.config();
    const { signal } = context;
    const tell: Tell = (text) => void (context.json || context.stderr.write(`${text}\n`));
    const options = { version: version(), deadlineMs: context.options.wait * 1_000, tell, signal };
    const force = context.options.force === true;
    const client = await sessionOrNone(config.runtime.state_dir, { force, signal, tell });
    let outcome: Outcome;
    try {
      outcome = client === undefined ? await straight(config, options) : await throughSession(client, options);
    } catch (error) {
      if (client === undefined || !(error instanceof NoAnswerError)) throw error;
      await endUnanswering(client.record, error, { force, signal, tell });
      outcome = await straight(config, options);
    }
    if (context.json) context.printJson(outcome);
    else context.print(textOf(outcome));
    return outcome.confirmed ? EXIT.ok : EXIT.unconfirmed;
  },
});

type Options = Parameters<typeof cancelOnChain>[1];

async function throughSession(client: SessionClient, options: Options): Promise<Outcome> {
  const given = await client.give('cancel-all');
  const scope = given.trading === 'paused' || given.trading === 'halted' ? 'all' : 'asked';
  return { via: 'session', trading: given.trading, ...(await untilCancelled(client, given, scope, options)) };
}

async function straight(config: Config, options: Options): Promise<Outcome> {
  if (config.sei.network === 'devnet') {
    return { via: 'nothing', trading: null, confirmed: true, remaining: 0, orders: [], seconds: 0 };
  }
  options.tell('no session runs: cancelling straight on the chain');
  const { confirmed, remaining, seconds } = await cancelOnChain(config, options);
  return { via: 'chain', trading: null, confirmed, remaining, orders: [], seconds };
}

function textOf({ via, trading, confirmed, remaining, orders, seconds }: Outcome): string {
  if (via === 'nothing') return 'no session runs, and the devnet of a session ends with it: nothing rests';
  const took = `after ${seconds.toFixed(1)} s`;
  if (!confirmed) {
    const left =
      remaining === 0
        ? 'orders sent before may still come'
        : `${remaining ?? 'an unknown number of'} orders may still rest`;
    return [`${took} ${left}`, ...orderLines(orders)].join('\n');
  }
  if (via === 'chain') return `nothing rests on the chain, ${took}`;
  if (trading === 'paused' || trading === 'halted') return `nothing rests on the chain, ${took}; trading is ${trading}`;
  return `what rested is cancelled, ${took}; trading is ${trading}, so the next quotes place orders again: 'flashmm pause' keeps them away`;
}
