import { EXIT } from '../exit/exit_codes.ts';
import { runProgram } from './program.ts';
import { REGISTRY } from './registry.ts';

/**
 * Ctrl-C reaches the launcher and this process alike, and the launcher passes it on, as npm does: copies of one signal
 * arrive within milliseconds. Only one that comes later than this is the user asking again.
 */
const ASKED_AGAIN_MS = 1_000;

/** After the work is done nothing should keep the process; what still does (a lost socket) is given this long. */
const LINGER_MS = 2_000;

/** Binds the program to this process: streams, environment, signals, exit code. */
export async function main(args: readonly string[]): Promise<void> {
  const stop = new AbortController();
  let firstMs = 0;
  const onSignal = (signal: 'SIGINT' | 'SIGTERM') => {
    if (!stop.signal.aborted) {
      firstMs = performance.now();
      stop.abort(signal);
    } else if (performance.now() - firstMs > ASKED_AGAIN_MS) {
      process.exit(signal === 'SIGTERM' ? EXIT.terminated : EXIT.interrupted);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A closed terminal or pipe ends the session in order, orders cancelled, instead of killing it.
  process.on('SIGHUP', () => onSignal('SIGTERM'));
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') onSignal('SIGTERM');
    else throw error;
  });
  const { stdin, stdout, stderr, env } = process;
  const code = await runProgram(args, REGISTRY, { stdin, stdout, stderr, env, signal: stop.signal });
  process.exitCode = code;
  setTimeout(() => process.exit(code), LINGER_MS).unref();
}
