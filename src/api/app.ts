import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type AdminOptions, adminRoutes, audited } from './admin.ts';
import { problem } from './problem.ts';
import { healthSchema, type StatusSource, sessionStatusSchema } from './status.ts';

/** No request of this API carries more than a short JSON document. */
const BODY_MAX_BYTES = 64 * 1_024;

/** What the app is made of. */
export interface AppOptions {
  readonly source: StatusSource;
  /**
   * Names that a request's `Host` may carry; others are refused, so that a web page cannot reach a loopback API by pointing a
   * name of its own at 127.0.0.1 (DNS rebinding). Undefined allows any.
   */
  readonly hosts?: readonly string[];
  /** Commands below `/admin`; only for a listener that nothing but this machine can reach. */
  readonly admin?: AdminOptions | undefined;
  /** Is told of a request that failed inside. */
  readonly onError: (error: Error, path: string) => void;
}

/** The routes of the HTTP API, over an injected source; answers are JSON, errors too. */
export function createApp(options: AppOptions): Hono {
  const { source, admin } = options;
  const app = new Hono();
  if (admin !== undefined) app.use('/admin/*', audited(admin));
  app.use(async (context, next) => {
    const host = hostName(context.req.header('host') ?? '');
    if (options.hosts !== undefined && !options.hosts.includes(host)) {
      return context.json(problem('wrong-host', `this API does not answer for '${host.slice(0, 100)}'`), 403);
    }
    context.header('cache-control', 'no-store');
    context.header('x-content-type-options', 'nosniff');
    return next();
  });
  app.use(
    bodyLimit({
      maxSize: BODY_MAX_BYTES,
      onError: (context) => context.json(problem('too-large', `a body has at most ${BODY_MAX_BYTES} bytes`), 413),
    }),
  );
  // What leaves is checked against the schema that the documentation is made from.
  app.get('/health', (context) => {
    const health = healthSchema.parse(source.health());
    return context.json(health, health.status === 'failing' ? 503 : 200);
  });
  app.get('/trading/status', (context) => context.json(sessionStatusSchema.parse(source.status())));
  if (admin !== undefined) app.route('/admin', adminRoutes(admin));
  for (const path of ['/health', '/trading/status']) {
    app.all(path, (context) => {
      context.header('allow', 'GET, HEAD');
      return context.json(
        problem('method-not-allowed', `${path} answers GET and HEAD, not ${context.req.method}`),
        405,
      );
    });
  }
  app.notFound((context) =>
    context.json(problem('not-found', `no such path; there are /health and /trading/status`), 404),
  );
  app.onError((error, context) => {
    options.onError(error, context.req.path);
    return context.json(problem('internal', 'the request failed inside; the log says more'), 500);
  });
  return app;
}

/** The host of a `Host` header without its port: `localhost`, `127.0.0.1`, `[::1]`. */
function hostName(header: string): string {
  return header.toLowerCase().replace(/:\d+$/, '');
}
