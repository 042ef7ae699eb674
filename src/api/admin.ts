import { createHash, timingSafeEqual } from 'node:crypto';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { z } from 'zod';
import type { Audit } from '../control/audit.ts';
import type { Operator, Resting } from '../control/operator.ts';
import { type ApiError, problem } from './problem.ts';
import { RequestRate } from './request_rate.ts';
import type { Hold, SessionStatus, StatusSource } from './status.ts';

/** Who a request proved to come from, and what that one may do. */
export interface Principal {
  readonly name: string;
  readonly roles: readonly 'admin'[];
}

/** Tells who a request comes from by what it carries, or undefined when that proves nothing. */
export type Authenticate = (request: Request) => Principal | undefined;

/** Whoever carries this token is the operator. */
export function bearerToken(token: string): Authenticate {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return (request) =>
    timingSafeEqual(digest(request.headers.get('authorization') ?? ''), expected)
      ? { name: 'operator', roles: ['admin'] }
      : undefined;
}

/** What the admin routes act on. */
export interface AdminOptions {
  readonly operator: Operator;
  readonly source: StatusSource;
  readonly authenticate: Authenticate;
  readonly audit: Audit;
  readonly nowMs: () => number;
}

/** What a command may say besides its name. */
export const adminBodySchema = z.strictObject({
  /** Who asks, a name for people. */
  by: z.string().min(1).max(64).default('api'),
  /** Why, for the audit trail. */
  reason: z.string().max(200).optional(),
  /** `resume` out of a halt names the cause that has been dealt with. */
  clears: z.string().min(1).max(64).optional(),
});

type AdminBody = z.infer<typeof adminBodySchema>;

interface Variables {
  principal: Principal;
  body: AdminBody;
}

type AdminContext = Context<{ Variables: Variables }>;

/** Commands by hand or by script: more is a loop gone wrong. Whatever takes risk off is never held back. */
const COMMANDS_PER_S = 2;
const COMMANDS_BURST = 10;
/** Somebody who guesses; what comes faster is refused unwritten, and counted in the next line. */
const STRANGERS_PER_S = 1;
const STRANGERS_BURST = 20;
/** A few terminals that wait for a cancellation, each asking five times a second. */
const LOOKS_PER_S = 20;
/** The status of a look that the chain did not answer. */
const UNREADABLE = 503;
/** A command has taken effect by then; only its answer would wait longer for the chain. */
const RESTING_MS = 2_000;

/** Writes down every command, refused ones too, whoever refuses it. Goes before every other check. */
export function audited({ audit, nowMs }: AdminOptions): MiddlewareHandler<{ Variables: Variables }> {
  const strangers = new RequestRate(STRANGERS_PER_S, STRANGERS_BURST);
  let leftOut = 0;
  return async (context, next) => {
    await next();
    const { method, path } = context.req;
    // Looks change nothing and come five times a second, also while the chain cannot be read.
    if (method === 'GET' && (context.res.ok || context.res.status === UNREADABLE)) return undefined;
    const principal = context.get('principal');
    if (principal === undefined && !strangers.take(nowMs())) {
      leftOut += 1;
      return undefined;
    }
    const { by = '', ...details } = context.get('body') ?? {};
    const answer = context.res.ok ? 'ok' : await codeOf(context.res);
    audit({
      time: new Date(nowMs()).toISOString(),
      principal: principal?.name ?? 'unknown',
      by,
      action: `${method} ${path}`.slice(0, 100),
      details,
      status: context.res.status,
      answer,
      left_out: leftOut,
    });
    leftOut = 0;
    return undefined;
  };
}

async function codeOf(response: Response): Promise<string> {
  const body = (await response.clone().json()) as { error?: { code?: string } };
  return body.error?.code ?? '';
}

/**
 * The commands on a running session: `POST` pause, resume, cancel-all, halt, stop, and `GET` orders, which reads the chain.
 *
 * Only for a listener on loopback. The operator proves to be one by the token; a browser is kept out besides, because none
 * of its pages has a reason to be here.
 */
export function adminRoutes(options: AdminOptions): Hono<{ Variables: Variables }> {
  const { operator, authenticate, nowMs } = options;
  const app = new Hono<{ Variables: Variables }>();
  const commands = new RequestRate(COMMANDS_PER_S, COMMANDS_BURST);
  const looks = new RequestRate(LOOKS_PER_S, LOOKS_PER_S);
  app.use(async (context, next) => {
    if (foreignOrigin(context)) {
      return context.json(problem('foreign-origin', 'commands are not taken from a web page of another origin'), 403);
    }
    const principal = authenticate(context.req.raw);
    if (principal === undefined) {
      context.header('www-authenticate', 'Bearer');
      return context.json(problem('unauthorised', 'commands need the token in control.json of the state folder'), 401);
    }
    context.set('principal', principal);
    return next();
  });
  app.get('/orders', async (context) => {
    if (!looks.take(nowMs())) return tooMany(context);
    try {
      return context.json(await restingAnswer(options, operator.resting()));
    } catch (error) {
      const why = `the chain did not say what rests: ${(error as Error).message}`.slice(0, 300);
      return context.json(problem('chain-unreadable', why), UNREADABLE);
    }
  });
  const command = (
    name: 'pause' | 'resume' | 'cancel-all' | 'halt' | 'stop',
    riskOff: boolean,
    act: (context: AdminContext, body: AdminBody) => Promise<Response>,
  ) =>
    app.post(`/${name}`, async (context) => {
      const body = await bodyOf(context);
      if (body instanceof Response) return body;
      context.set('body', body);
      if (!riskOff && !commands.take(nowMs())) return tooMany(context);
      return act(context, body);
    });
  command('pause', true, (context, { by }) => withdrawn(options, context, 'pause', () => operator.pause(by)));
  command('cancel-all', true, (context, { by }) =>
    withdrawn(options, context, 'cancel-all', () => operator.cancelAll(by)),
  );
  command('halt', true, (context, { by }) => withdrawn(options, context, 'halt', () => operator.halt(by)));
  command('resume', false, async (context, body) => resumed(options, context, body));
  command('stop', true, async (context, { by }) => {
    // Written down twice: the answer comes only when all is cancelled, and the process might not live to see it.
    const { name } = context.get('principal');
    const time = new Date(nowMs()).toISOString();
    const asked = { action: 'POST /admin/stop', details: {}, status: 0, answer: 'asked', left_out: 0 };
    options.audit({ time, principal: name, by, ...asked });
    return context.json({ action: 'stop', ...(await operator.stop(by)) });
  });
  return app;
}

/** Gives a command that takes orders away, and answers with what rested when it came. */
async function withdrawn(
  options: AdminOptions,
  context: AdminContext,
  action: string,
  act: () => void,
): Promise<Response> {
  // The look is under way, at the height of now, before the command is given; it is waited for afterwards.
  const look = restingAnswer(options, options.operator.resting()).catch(() => null);
  act();
  const resting = await Promise.race([
    look,
    new Promise<null>((resolve) => setTimeout(() => resolve(null), RESTING_MS).unref()),
  ]);
  const { trading, holds } = options.source.status();
  return context.json({ action, trading, holds, resting });
}

function resumed({ operator, source }: AdminOptions, context: AdminContext, { by, clears }: AdminBody): Response {
  const { trading, holds } = source.status();
  const refusal = resumeRefusal(trading, holds, clears);
  if (refusal !== undefined) return context.json(refusal, 409);
  if (trading !== 'active') operator.resume(by, clears);
  const after = source.status();
  return context.json({ action: 'resume', trading: after.trading, holds: after.holds, resting: null });
}

/** Why trading is not resumed by this, or undefined. */
function resumeRefusal(
  trading: SessionStatus['trading'],
  holds: readonly Hold[],
  clears: string | undefined,
): ApiError | undefined {
  const told = holds.map(({ code, text, undo }) => `'${code}': ${text} (undone by: ${undo})`).join('; ');
  if (trading === 'stopping') return problem('stopping', 'the session is ending');
  if (clears !== undefined) {
    if (holds.some(({ code, undone }) => code === clears && undone !== 'itself' && undone !== 'restart'))
      return undefined;
    return problem('wrong-cause', `'${clears}' is nothing to clear: trading is ${[trading, told].join(', ')}`);
  }
  if (holds.some(({ undone }) => undone === 'clears')) return problem('halted', `trading is halted by ${told}`);
  if (trading === 'active' || holds.some(({ undone }) => undone === 'resume')) return undefined;
  return problem('nothing-to-resume', `no operator has paused it: trading is ${[trading, told].join(', ')}`);
}

async function restingAnswer({ source }: AdminOptions, look: Promise<Resting>) {
  const { height, orders } = await look;
  return { height, orders, working: source.status().account.open_orders };
}

/** A page of another site, as browsers tell it: by `Origin`, or by `Sec-Fetch-Site`. */
function foreignOrigin(context: Context): boolean {
  const origin = context.req.header('origin');
  const site = context.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  return origin !== undefined && origin !== `http://${context.req.header('host') ?? ''}`;
}

async function bodyOf(context: AdminContext): Promise<AdminBody | Response> {
  const type = context.req.header('content-type') ?? '';
  if (!/^application\/json(?:;|$)/i.test(type)) {
    return context.json(problem('not-json', `expected content-type application/json, got '${type.slice(0, 60)}'`), 415);
  }
  const parsed = adminBodySchema.safeParse(await context.req.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return context.json(problem('bad-body', `${issue?.path.join('.') || 'body'}: ${issue?.message}`), 400);
}

const tooMany = (context: Context): Response =>
  context.json(problem('too-many', 'too many requests: try again in a second'), 429);
