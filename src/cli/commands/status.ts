import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { runningSession } from '../../control/session_client.ts';
import { statusText } from '../../terminal/status_text.ts';
import { defineCommand } from '../command.ts';

const WATCH_EVERY_MS = 1_000;
const COLUMNS_DEFAULT = 120;
/** Home, and erase what is below: the text is drawn over the one before. */
const REDRAW = '\u001b[H\u001b[J';

/** `flashmm status` */
export const command = defineCommand({
  name: 'status',
  summary: 'Show the running session: trading state and what undoes it, markets, account, endpoints.',
  description:
    'Prints what the session answers under /trading/status: the trading state with its cause, who brought it about and what undoes it; quotes, position, profit and open breakers of every market; the account, the endpoints, the latencies and the newest alerts. Exit code 7 when no session runs.',
  options: {
    watch: { short: 'w', summary: 'Again every second, until Ctrl-C', schema: z.literal(true).optional() },
  },
  examples: [
    { line: 'flashmm status', summary: 'once' },
    { line: 'flashmm status --json --watch', summary: 'one line of JSON a second' },
  ],
  async run(context) {
    const { config } = context.config();
    const { stdout, signal, json, color } = context;
    const client = await runningSession(config.runtime.state_dir, signal);
    const watch = context.options.watch === true;
    for (;;) {
      const status = await client.status();
      const text = (): string => statusText(status, client.record.pid, stdout.columns ?? COLUMNS_DEFAULT, color);
      if (!json) stdout.write(`${watch && stdout.isTTY === true ? REDRAW : ''}${text()}\n`);
      else if (watch) stdout.write(`${JSON.stringify(status)}\n`);
      else context.printJson(status);
      if (!watch) return undefined;
      await sleep(WATCH_EVERY_MS, undefined, { signal });
    }
  },
});
