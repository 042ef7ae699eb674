import type { SessionStatus, StatusSource } from '../api/status.ts';
import type { LogTail } from '../telemetry/log_tail.ts';
import { Painter } from './painter.ts';
import { view } from './view.ts';

/** Four frames a second: as fast as figures can be read. */
const FRAME_MS = 250;
/** A terminal that does not tell its size has the classic one. */
const COLUMNS_DEFAULT = 80;
const ROWS_DEFAULT = 24;

/** What the keys do. */
export interface Controls {
  /** Cancels all and ends the session; called again when the user asks again. */
  stop(): void;
  pause(): void;
  resume(): void;
}

/** What the dashboard is connected to. */
export interface DashboardOptions {
  readonly source: StatusSource;
  readonly log: LogTail;
  readonly controls: Controls;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly color: boolean;
}

/** The live view while it is on the screen. */
export interface Dashboard {
  /** Gives the terminal back as it was. */
  close(): void;
}

type Key = 'stop' | 'pause' | 'next' | 'previous';

const KEYS: Readonly<Record<string, Key>> = {
  q: 'stop',
  Q: 'stop',
  // Raw mode takes Ctrl-C away from the system.
  '\u0003': 'stop',
  p: 'pause',
  P: 'pause',
  ' ': 'pause',
  m: 'next',
  M: 'next',
  '\t': 'next',
  '\u001b[C': 'next',
  '\u001b[B': 'next',
  '\u001b[D': 'previous',
  '\u001b[A': 'previous',
};

/** Draws the session on the terminal until closed, at most four times a second, and listens to its keys. */
export function openDashboard(options: DashboardOptions): Dashboard {
  const { source, log, controls, stdin, stdout, color } = options;
  const painter = new Painter(stdout, color);
  let selected = 0;
  const draw = () => {
    const status = source.status();
    const count = Math.max(1, status.markets.length);
    selected = ((selected % count) + count) % count;
    const model = { status, selected: status.markets[selected]?.symbol ?? '', log: log.lines() };
    painter.draw(view(model, stdout.columns ?? COLUMNS_DEFAULT, stdout.rows ?? ROWS_DEFAULT));
  };
  const onKey = (data: Buffer | string) => {
    for (const text of splitKeys(String(data))) {
      const key = KEYS[text];
      if (key === 'stop') controls.stop();
      else if (key === 'pause') pauseOrResume(source.status().trading, controls);
      else if (key !== undefined) selected += key === 'next' ? 1 : -1;
    }
    draw();
  };
  const onResize = () => {
    painter.reset();
    draw();
  };
  const timer = setInterval(draw, FRAME_MS);
  // However the process ends, the terminal is usable afterwards.
  const close = () => {
    clearInterval(timer);
    stdout.off('resize', onResize);
    process.off('exit', close);
    stdin.off('data', onKey);
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
    painter.close();
  };
  stdout.on('resize', onResize);
  process.on('exit', close);
  if (stdin.isTTY) {
    stdin.setRawMode(true);
    stdin.on('data', onKey);
    stdin.resume();
  }
  draw();
  return { close };
}

/** A halt is no pause: only the command that names its cause ends it. */
function pauseOrResume(trading: SessionStatus['trading'], controls: Controls): void {
  if (trading === 'paused') controls.resume();
  else if (trading !== 'halted' && trading !== 'stopping') controls.pause();
}

/** Keys that arrived together: escape sequences whole, the rest one by one. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const splitKeys = (data: string): readonly string[] => data.match(/\u001b\[[A-D]|[^\u001b]|\u001b/g) ?? [];

/** The main figures as one log line: what a session without a terminal logs every second or so. */
export function headline(source: StatusSource): {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly text: string;
} {
  const { account, chain, markets, process, trading } = source.status();
  return {
    text: 'status',
    fields: {
      trading,
      height: chain.height,
      pnl_usdc: account.pnl_usdc,
      fills: account.fills,
      open_orders: account.open_orders,
      orders_placed: account.orders_placed,
      rejects: process.rejects,
      rss_mb: Math.round(process.rss_mb),
      markets: Object.fromEntries(
        markets.map((one) => [
          one.symbol,
          { state: one.state, fair: one.fair_value, position: one.position, pnl: one.pnl_usdc },
        ]),
      ),
    },
  };
}
