import { LANES } from '../../streams/actor/kernel.ts';
import type { AccountSettings } from '../../streams/settings.ts';
import type { Tapes } from '../backtest/tapes.ts';
import { Reactor } from '../runtime/reactor.ts';
import { type Situation, SituationKeeper } from './situation.ts';

/** How often, in inputs, progress is told and the signal looked at. */
const LOOK_EVERY = 4_096;

/**
 * The situation at the end of recordings: the pipeline that trades live goes through them and trades nothing, since without a
 * reconciled account it never begins to.
 *
 * @param onProgress is told now and then how many inputs have been read
 * @throws RecordingError when a file cannot be read; the signal's reason when it aborts
 */
export async function situationOfTapes(
  tapes: Tapes,
  account: AccountSettings,
  signal: AbortSignal,
  onProgress: (inputs: number) => void,
): Promise<Situation> {
  const keeper = new SituationKeeper(account.markets.map(({ market }) => market.symbol));
  // No chain makes blocks in a recording: that it is silent means nothing.
  const settings = { ...account, conditions: { ...account.conditions, disconnectedAfterMs: 0 } };
  let reactor: Reactor | undefined;
  let inputs = 0;
  for await (const { input } of tapes.inputs()) {
    reactor ??= new Reactor(
      { settings, seed: 1, startUs: input.timeUs },
      {
        // What our breakers make of a session without a chain says nothing about the market.
        onDecision: (decision) => decision.kind !== 'guarded' && keeper.decided(decision),
        digests: false,
      },
    );
    inputs += 1;
    input.seq = inputs * LANES;
    reactor.take(input);
    if (inputs % LOOK_EVERY !== 0) continue;
    onProgress(inputs);
    signal.throwIfAborted();
  }
  return keeper.situation();
}
