import type { Server } from 'node:http';
import { isIP } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { CommandError } from '../exit/command_error.ts';
import type { AdminOptions } from './admin.ts';
import { createApp } from './app.ts';
import type { StatusSource } from './status.ts';

/** Dashboards, health checks and a few people; more is a mistake or an attack. */
const CONNECTIONS_MAX = 128;
/** A request's head is a few hundred bytes on loopback; who takes longer to send it is stuck. */
const HEADERS_TIMEOUT_MS = 5_000;
/** Longer than any answer takes, shorter than a load balancer waits. */
const REQUEST_TIMEOUT_MS = 10_000;
const HEADERS_MAX_BYTES = 16 * 1_024;
/** An answer that is made needs a moment on loopback, and the end of the session does not wait for a slow reader. */
const ANSWERS_MS = 250;

/** The keys of the configuration's section `api` that the server needs. */
export interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly allow_remote: boolean;
  /** Commands on the session; taken on a loopback address alone. */
  readonly admin?: AdminOptions | undefined;
  readonly onError: (error: Error, path: string) => void;
}

/** The API while it listens. */
export interface ApiServer {
  /** `http://127.0.0.1:8000` */
  readonly url: string;
  readonly port: number;
  /** Stops listening, lets answers under way go out, and cuts what is still open soon after. */
  close(): Promise<void>;
}

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Serves the API.
 *
 * @throws CommandError `refused` for an address that other machines can reach without `allow_remote`, `environment` when
 *   the port is taken or the address is not this machine's; both say what to do
 */
export async function serveApi(source: StatusSource, options: ServeOptions): Promise<ApiServer> {
  const { host, port, onError } = options;
  const local = isLoopback(host);
  if (!local && !options.allow_remote) {
    throw new CommandError(
      'refused',
      `api.host = '${host}' can be reached from other machines, and the API has no authentication`,
      'Use 127.0.0.1, or set api.allow_remote = true behind a firewall or proxy that asks who is there.',
    );
  }
  const admin = local ? options.admin : undefined;
  const app = createApp({
    source,
    onError,
    admin,
    ...(local ? { hosts: ['localhost', '127.0.0.1', '[::1]', host] } : {}),
  });
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      maxHeaderSize: HEADERS_MAX_BYTES,
    },
  }) as Server;
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, host, port);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        const cut = setTimeout(() => server.closeAllConnections(), ANSWERS_MS);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): CommandError {
  const elsewhere =
    'choose another with --set api.port=PORT (0 takes a free one), or switch the API off: --set api.enabled=false';
  if (error.code === 'EADDRINUSE') {
    return new CommandError(
      'environment',
      `port ${port} on ${host} is in use`,
      `Stop what listens there ('ss -ltnp' shows it), ${elsewhere}.`,
    );
  }
  if (error.code === 'EACCES') {
    return new CommandError(
      'environment',
      `port ${port} on ${host} is not permitted`,
      `Ports below 1024 need rights: ${elsewhere}.`,
    );
  }
  return new CommandError(
    'environment',
    `cannot listen on ${host}:${port}: ${error.message}`,
    `Check api.host, or ${elsewhere}.`,
  );
}
