import { z } from 'zod';
import { bearerToken } from '../../api/admin.ts';
import type { Config } from '../../config/schema.ts';
import { tradingMode } from '../../config/trading_mode.ts';
import { type Audit, auditFile } from '../../control/audit.ts';
import { ControlFile } from '../../control/control_file.ts';
import { readHaltOrder, removeHaltOrder } from '../../control/halt_order.ts';
import { sessionOperator } from '../../control/operator.ts';
import { CommandError } from '../../exit/command_error.ts';
import { EXIT } from '../../exit/exit_codes.ts';
import { type Launched, launch } from '../../live/launch.ts';
import { type OpenApi, openApi } from '../../live/open_api.ts';
import { sessionText } from '../../live/session_text.ts';
import { writeReport } from '../../report/write_report.ts';
import type { StopReport } from '../../runtime/session.ts';
import { version } from '../../runtime/version.ts';
import { type Logger, openLog, rotatingFile } from '../../telemetry/log.ts';
import { LogTail } from '../../telemetry/log_tail.ts';
import { headline, openDashboard } from '../../terminal/dashboard.ts';
import { type CommandContext, defineCommand } from '../command.ts';

/** Without a terminal the main figures are logged this often. */
const HEADLINE_EVERY_MS = 1_000;

/** `flashmm start` */
export const command = defineCommand({
  name: 'start',
  summary: 'Make markets: on the devnet in this process, or, with two settings, on a chain.',
  description:
    'Starts everything: the chain (unless configured otherwise, a devnet in this process with other traders and paper money), the pipeline, the journal, the API on 127.0.0.1:8000 and, on a terminal, the live view. Ctrl-C or SIGTERM cancels all orders, waits until the chain confirms, prints a report and exits within ten seconds.',
  options: {
    seconds: {
      value: 'S',
      summary: 'Stop by itself after this time',
      schema: z.coerce.number().positive().max(31_536_000).optional(),
    },
    port: {
      value: 'PORT',
      summary: 'Port of the API; 0 for a free one (default 8000)',
      schema: z.coerce.number().int().min(0).max(65_535).optional(),
      setting: 'api.port',
    },
    seed: {
      value: 'N',
      summary: 'Seed of the devnet’s participants (default 1)',
      schema: z.coerce.number().int().min(0).optional(),
      setting: 'devnet.seed',
    },
  },
  examples: [
    { line: 'flashmm start', summary: 'make markets on the devnet, and watch' },
    { line: 'flashmm start --seconds 600 --json', summary: 'ten minutes, then the report as JSON' },
  ],
  async run(context) {
    const { config } = context.config();
    const { log, tail, onScreen, closeLog } = logs(context, config);
    const ending = new Ending(context.signal, context.options.seconds);
    const control = new ControlFile(config.runtime.state_dir, { version: version(), mode: tradingMode(config) });
    if (control.left !== undefined) {
      const { pid, started } = control.left;
      log.warn({ pid, started }, 'the last session did not end in order: what it left is looked for');
    }
    const halt = readHaltOrder(config.runtime.state_dir);
    const launched = await launch({
      config,
      version: version(),
      haltedBy: halt?.by,
      notify: (level, text, details) => log[level](details ?? {}, text),
      onFatal: () => ending.end('failure'),
    }).catch((error: unknown) => {
      // What an earlier session left was not looked at: the file goes on saying so.
      if (control.left === undefined) control.release();
      throw error;
    });
    const { session, status } = launched;
    const closers: (() => void | Promise<void>)[] = [async () => await launched.inference?.close()];
    let stop: StopReport;
    let open = 0;
    try {
      const api = await openControl(launched, config, control, log, (by) => ending.end(by));
      closers.push(() => api.close());
      log.info({ url: api.url ?? null, control: api.controlUrl }, 'API is up');
      if (halt !== undefined) removeHaltOrder(config.runtime.state_dir);
      closers.push(watch(context, launched, log, tail, onScreen, ending));
      log.info(
        { mode: config.sei.network, journal: launched.journal, address: launched.venue.address },
        'making markets',
      );
      await ending.reached;
    } finally {
      open = status.status().account.open_orders;
      status.stopping(ending.by);
      log.info({ by: ending.by }, 'stopping: cancelling all orders');
      launched.insight.stop();
      stop = await session.stop(ending.by);
      for (const close of closers.reverse()) await close();
      launched.account.release();
      await launched.devnet?.close();
      // A file that stays says that orders may rest.
      if (stop.remaining === 0) control.release();
      closeLog();
    }
    const { report, trouble } = writtenReport(launched, ending.by);
    if (trouble !== undefined) stop = { ...stop, troubles: [...stop.troubles, trouble] };
    const figures = status.figures();
    const files = { journal: launched.journal ?? null, report: report ?? null };
    if (context.json) context.printJson({ ...figures, stop, ...files });
    else context.print(sessionText(figures, stop, open, launched.journal, report));
    return stop.remaining > 0 || ending.by === 'failure' ? EXIT.failure : EXIT.ok;
  },
});

/** Writes the session's report beside its journal; that it cannot be written is no reason to end badly. */
function writtenReport(
  { journal, status }: Launched,
  by: string,
): { readonly report?: string; readonly trouble?: string } {
  if (journal === undefined) return {};
  try {
    return { report: writeReport(status.report(journal, `stopped by ${by}`), journal).page };
  } catch (error) {
    return { trouble: `report: ${(error as Error).message}` };
  }
}

/** Opens the API and the way for commands, and tells the control file where it is. */
async function openControl(
  { session, venue, status }: Launched,
  config: Config,
  control: ControlFile,
  log: Logger,
  end: (by: string) => void,
): Promise<OpenApi> {
  const written = auditFile(config.runtime.state_dir, (err) => log.error({ err }, 'the audit file cannot be written'));
  const audit: Audit = (entry) => {
    const { time: _, ...fields } = entry;
    log.info(fields, 'command');
    written(entry);
  };
  const admin = {
    operator: sessionOperator(session, venue, end),
    source: status,
    authenticate: bearerToken(control.token),
    audit,
    nowMs: () => Date.now(),
  };
  const onError = (error: Error, path: string): void => log.error({ err: error, path }, 'API request failed');
  const api = await openApi(status, config.api, admin, onError);
  control.publish(api.controlUrl);
  return api;
}

/** Why and when the session ends: a signal, a key, the time, a failure; the first counts. */
class Ending {
  by = '';
  readonly reached: Promise<void>;
  #reach: () => void = () => {};

  constructor(signal: AbortSignal, seconds: number | undefined) {
    this.reached = new Promise((resolve) => {
      this.#reach = resolve;
    });
    signal.addEventListener('abort', () => this.end(String(signal.reason).toLowerCase()), { once: true });
    if (signal.aborted) this.end(String(signal.reason).toLowerCase());
    if (seconds !== undefined) setTimeout(() => this.end('time'), seconds * 1_000).unref();
  }

  end(by: string): void {
    this.by ||= by;
    this.#reach();
  }
}

function logs(
  context: CommandContext,
  config: Config,
): { log: Logger; tail: LogTail; onScreen: boolean; closeLog: () => void } {
  const onScreen = context.stdout.isTTY === true && config.runtime.dashboard && !context.json;
  const tail = new LogTail();
  const { log_level, debug, log_max_mb: maxMb, log_files_max: filesMax, state_dir: folder } = config.runtime;
  const level = debug ? 'debug' : log_level;
  if (!onScreen) {
    // With --json standard output is for the report alone.
    const destination = context.json ? context.stderr : context.stdout;
    return {
      log: openLog({ level, destination, onLine: (line) => tail.push(line) }),
      tail,
      onScreen,
      closeLog: () => {},
    };
  }
  try {
    const file = rotatingFile({ folder, maxMb, filesMax });
    const log = openLog({ level, destination: file, onLine: (line) => tail.push(line) });
    return { log, tail, onScreen, closeLog: () => file.close() };
  } catch (error) {
    throw new CommandError(
      'environment',
      `runtime.state_dir: ${(error as Error).message}`,
      'Name a folder that can be written to.',
    );
  }
}

function watch(
  context: CommandContext,
  { session, status }: Launched,
  log: Logger,
  tail: LogTail,
  onScreen: boolean,
  ending: Ending,
): () => void {
  if (!onScreen) {
    const timer = setInterval(() => {
      const { fields, text } = headline(status);
      log.info(fields, text);
    }, HEADLINE_EVERY_MS);
    return () => clearInterval(timer);
  }
  const order = (command: 'pause' | 'resume'): void =>
    session.edge.accept({ kind: 'command', seq: 0, timeUs: 0, command, by: 'keyboard' });
  const { stdin, stdout, color } = context;
  const controls = { stop: () => ending.end('keyboard'), pause: () => order('pause'), resume: () => order('resume') };
  const dashboard = openDashboard({ source: status, log: tail, controls, stdin, stdout, color });
  return () => dashboard.close();
}
