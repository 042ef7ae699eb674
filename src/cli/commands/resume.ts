import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { waitOption } from '../../control/cancellation.ts';
import { runningSession } from '../../control/session_client.ts';
import { EXIT } from '../../exit/exit_codes.ts';
import { defineCommand } from '../command.ts';

const LOOK_EVERY_MS = 200;

/** `flashmm resume` */
export const command = defineCommand({
  name: 'resume',
  summary: 'Trade on after a pause, or, with the cause named, after a halt.',
  description:
    'Waits until the session trades again. A halted session is refused, exit code 5, with the cause; --clear-halt names it and says that it has been dealt with.',
  options: {
    clearHalt: {
      value: 'CAUSE',
      many: 'oneEach',
      summary: 'A cause of the halt that has been dealt with, as status gives it; once for each',
      schema: z.array(z.string().min(1).max(64)).default([]),
    },
    wait: waitOption,
  },
  examples: [
    { line: 'flashmm resume', summary: 'after flashmm pause' },
    { line: 'flashmm resume --clear-halt daily-loss', summary: 'after a halt for the daily loss' },
  ],
  async run(context) {
    const { config } = context.config();
    const { clearHalt, wait } = context.options;
    const client = await runningSession(config.runtime.state_dir, context.signal);
    const startMs = performance.now();
    for (const clears of clearHalt.length === 0 ? [undefined] : clearHalt) await client.give('resume', clears);
    for (;;) {
      const { trading, holds } = await client.status();
      const seconds = (performance.now() - startMs) / 1_000;
      const trades = trading === 'active' || trading === 'reducing';
      // What is left ends by itself, or waiting does not help.
      const over = trades || seconds > wait || holds.some(({ undone }) => undone !== 'itself');
      if (over) {
        const left = holds.map(({ code, text, undo }) => `\n  '${code}': ${text}\n    undone by: ${undo}`);
        if (context.json) context.printJson({ pid: client.record.pid, trading, holds, confirmed: trades, seconds });
        else context.print(`trading is ${trading}${left.join('')}`);
        return trades ? EXIT.ok : EXIT.unconfirmed;
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal: context.signal });
    }
  },
});
