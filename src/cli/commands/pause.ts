import { orderLines, untilCancelled, waitOption } from '../../control/cancellation.ts';
import { runningSession } from '../../control/session_client.ts';
import { EXIT } from '../../exit/exit_codes.ts';
import { defineCommand } from '../command.ts';

/** `flashmm pause` */
export const command = defineCommand({
  name: 'pause',
  summary: 'Cancel all orders of the running session and quote nothing until resume.',
  description:
    'Finds the session by the state folder, gives the command and waits until the chain has none of its orders left. Positions stay as they are. Exit code 6 when that was not seen in time.',
  options: { wait: waitOption },
  examples: [
    { line: 'flashmm pause', summary: 'pause, and say when nothing rests any more' },
    { line: 'flashmm pause --wait 60 --json', summary: 'for a script that can wait' },
  ],
  async run(context) {
    const { config } = context.config();
    const { signal } = context;
    const client = await runningSession(config.runtime.state_dir, signal);
    const given = await client.give('pause');
    const tell = (text: string): void => void (context.json || context.stderr.write(`${text}\n`));
    tell(`trading is ${given.trading}`);
    const deadlineMs = context.options.wait * 1_000;
    const { confirmed, remaining, orders, seconds } = await untilCancelled(client, given, 'all', {
      deadlineMs,
      tell,
      signal,
    });
    if (context.json) {
      const { pid } = client.record;
      context.printJson({ pid, trading: given.trading, confirmed, remaining, orders, seconds });
    } else if (confirmed) {
      const undo = given.trading === 'paused' ? " 'flashmm resume' trades on." : '';
      context.print(`${given.trading}: nothing rests on the chain, after ${seconds.toFixed(1)} s.${undo}`);
    } else {
      context.print(
        [
          `${given.trading}, but after ${seconds.toFixed(1)} s ${remaining ?? 'an unknown number of'} orders may still rest:`,
          ...orderLines(orders),
        ].join('\n'),
      );
    }
    return confirmed ? EXIT.ok : EXIT.unconfirmed;
  },
});
