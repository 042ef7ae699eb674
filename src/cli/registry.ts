import type { Command } from './command.ts';

/** A command as the list of commands knows it; its module is loaded only when it is asked for, so that help is quick. */
export interface Entry {
  readonly name: string;
  /** The same text as the command's own summary; a test compares them. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every command, in the order of the help. */
export const REGISTRY: readonly Entry[] = [
  {
    name: 'start',
    summary: 'Make markets: on the devnet in this process, or, with two settings, on a chain.',
    load: () => import('./commands/start.ts'),
  },
  {
    name: 'status',
    summary: 'Show the running session: trading state and what undoes it, markets, account, endpoints.',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'pause',
    summary: 'Cancel all orders of the running session and quote nothing until resume.',
    load: () => import('./commands/pause.ts'),
  },
  {
    name: 'resume',
    summary: 'Trade on after a pause, or, with the cause named, after a halt.',
    load: () => import('./commands/resume.ts'),
  },
  {
    name: 'cancel-all',
    summary: 'Cancel every order now: through the running session, or straight on the chain.',
    load: () => import('./commands/cancel_all.ts'),
  },
  {
    name: 'stop',
    summary: 'End the running session: cancel all, confirm, report, exit; --emergency halts it first.',
    load: () => import('./commands/stop.ts'),
  },
  {
    name: 'backtest',
    summary: 'Run the market maker on a recording, in virtual time.',
    load: () => import('./commands/backtest.ts'),
  },
  {
    name: 'sweep',
    summary:
      'Run many backtests: every combination of settings, or some drawn, and say which was best and what that is worth.',
    load: () => import('./commands/sweep.ts'),
  },
  {
    name: 'compare',
    summary: 'Compare the strategy with a naive symmetric maker, or with itself without models, in simulated markets.',
    load: () => import('./commands/compare.ts'),
  },
  {
    name: 'report',
    summary: 'Report a session, or a day of them: profit and where it comes from, fills, inventory, ledger.',
    load: () => import('./commands/report.ts'),
  },
  {
    name: 'insight',
    summary: 'Have the markets described by a language model: a running session’s, or a recording’s.',
    load: () => import('./commands/insight.ts'),
  },
  {
    name: 'simulate',
    summary: 'Run the whole system in virtual time with injected faults, and check what must always hold.',
    load: () => import('./commands/simulate.ts'),
  },
  {
    name: 'replay',
    summary: 'Replay the input journal of a session and compare its decisions.',
    load: () => import('./commands/replay.ts'),
  },
  {
    name: 'record',
    summary: 'Record live Binance market data to a file.',
    load: () => import('./commands/record.ts'),
  },
  {
    name: 'replay-server',
    summary: 'Serve a recording over WebSocket and REST as Binance does, with faults on demand.',
    load: () => import('./commands/replay_server.ts'),
  },
  {
    name: 'tape',
    summary: 'Make tapes out of market data, look at them, check, cut and export them.',
    load: () => import('./commands/tape.ts'),
  },
  {
    name: 'dataset',
    summary: 'Make labelled features for training out of recordings, sessions or the simulated market.',
    load: () => import('./commands/dataset.ts'),
  },
  {
    name: 'devnet',
    summary: 'Run the Sei devnet alone.',
    load: () => import('./commands/devnet.ts'),
  },
  {
    name: 'models',
    summary: 'List the models that predict, verify them, and decide which of them serve.',
    load: () => import('./commands/models.ts'),
  },
  {
    name: 'retrain',
    summary: 'Train models anew, and promote one only if it is better on data that it has not seen.',
    load: () => import('./commands/retrain.ts'),
  },
  {
    name: 'doctor',
    summary: 'Check this machine, the settings and the endpoints, and say what to do.',
    load: () => import('./commands/doctor.ts'),
  },
  {
    name: 'config',
    summary: 'Print the effective configuration and where each value came from.',
    load: () => import('./commands/config.ts'),
  },
];
