import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionStatus } from '../../api/status.ts';
import { findSession } from '../../control/control_file.ts';
import { runningSession } from '../../control/session_client.ts';
import { CommandError } from '../../exit/command_error.ts';
import { EXIT, type ExitCode } from '../../exit/exit_codes.ts';
import { DOMAINS, type Domain, refText } from '../../inference/model_format.ts';
import type { ModelFolder, Role, Serving } from '../../inference/registry.ts';
import type { ModelsContext } from './models.ts';
import { modelOf, verified } from './models_verify.ts';

/** The session looks at the registry twice a second. */
const LOOK_EVERY_MS = 200;

/** What a running session made of a change. */
type Taken =
  | { readonly state: 'none' | 'unused' | 'taken' | 'unseen' }
  | { readonly state: 'refused'; readonly reason: string };

/** `flashmm models promote` */
export async function promoteModel(operands: readonly string[], given: ModelsContext): Promise<ExitCode> {
  const folder = modelOf(single(operands, 'promote', 'MODEL'), given.registry);
  await demandPassing(folder);
  const beganMs = Date.now();
  const serving = given.registry.promote(folder.ref, given.role);
  return await told(folder.ref.domain, serving, beganMs, given);
}

/** `flashmm models rollback` */
export async function rollbackModel(operands: readonly string[], given: ModelsContext): Promise<ExitCode> {
  const { registry, role } = given;
  const text = single(operands, 'rollback', 'DOMAIN');
  const domain = DOMAINS.find((one) => one === text);
  if (domain === undefined) throw new CommandError('usage', `domain '${text}': expected one of ${DOMAINS.join(', ')}`);
  const before = registry.serving(domain).previous.at(-1);
  if (role === 'champion' && before !== undefined) await demandPassing(modelOf(before, registry));
  const beganMs = Date.now();
  return await told(domain, registry.rollback(domain, role), beganMs, given);
}

function single(operands: readonly string[], action: string, what: string): string {
  const [operand, more] = operands;
  if (operand === undefined) throw new CommandError('usage', `models ${action}: ${what} is missing`);
  if (more !== undefined) throw new CommandError('usage', `models ${action}: unexpected argument '${more}'`);
  return operand;
}

/** What does not pass does not get into the registry in the first place. */
async function demandPassing(folder: ModelFolder): Promise<void> {
  const { passed, reason } = await verified(folder);
  if (passed) return;
  throw new CommandError('refused', `${refText(folder.ref)} may not serve: ${reason}`, 'Nothing has been changed.');
}

/** Tells what the registry says now, and what a running session makes of it. */
async function told(domain: Domain, serving: Serving, beganMs: number, given: ModelsContext): Promise<ExitCode> {
  const { role, context } = given;
  const taken = await takenUp(domain, serving[role], beganMs, given);
  const now = serving[role] ?? 'nobody';
  if (context.json) context.printJson({ domain, role, model: serving[role], serving, session: taken });
  else context.print(`${domain} ${role}: ${now}${sessionText(taken)}`);
  if (taken.state === 'refused') return EXIT.refused;
  return taken.state === 'unseen' ? EXIT.unconfirmed : EXIT.ok;
}

function sessionText(taken: Taken): string {
  switch (taken.state) {
    case 'none':
      return '; no session runs, the next one serves it';
    case 'unused':
      return '; the running session began without models of this domain, the next one serves it';
    case 'taken':
      return '; the running session has taken it up';
    case 'unseen':
      return '; the running session has not been seen to take it up: look again with flashmm status';
    case 'refused':
      return `; the running session refuses it and goes on as before: ${taken.reason}`;
  }
}

async function takenUp(
  domain: Domain,
  wanted: string | null,
  beganMs: number,
  { stateDir, role, waitMs, context }: ModelsContext,
): Promise<Taken> {
  if (findSession(stateDir).state !== 'alive') return { state: 'none' };
  const client = await runningSession(stateDir, context.signal);
  const deadlineMs = Date.now() + waitMs;
  for (;;) {
    const taken = seen(await client.status(), domain, role, wanted, beganMs);
    if (taken !== undefined) return taken;
    if (Date.now() > deadlineMs) return { state: 'unseen' };
    await sleep(LOOK_EVERY_MS, undefined, { signal: context.signal });
  }
}

function seen(
  { models, model_refusals }: SessionStatus,
  domain: Domain,
  role: Role,
  wanted: string | null,
  beganMs: number,
): Taken | undefined {
  const seat = models.find((one) => one.domain === domain && one.role === role);
  if (seat === undefined) return { state: 'unused' };
  if (seat.model === wanted) return { state: 'taken' };
  const refusal = model_refusals.find((one) => one.model === wanted && one.role === role && one.time_ms >= beganMs);
  return refusal === undefined ? undefined : { state: 'refused', reason: refusal.reason };
}
