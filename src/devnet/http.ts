import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** Largest request body: a transaction of the largest size in base64, and room for the envelope. */
export const BODY_MAX_BYTES = 2 * 1024 * 1024;
/** Connections of one server at once. */
const CONNECTIONS_MAX = 256;
/** A client must send its whole request within this, or is cut. */
const REQUEST_TIMEOUT_MS = 10_000;

/** A listening HTTP server on loopback whose connections can all be cut. */
export interface HttpEndpoint {
  readonly server: Server;
  /** Host and port, `127.0.0.1:26657`. */
  readonly address: string;
  /** Cuts every connection now; the server goes on listening. */
  dropConnections(): void;
  close(): Promise<void>;
}

/** Opens a server on 127.0.0.1. @param port 0 for any free one */
export async function openHttp(
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  refuse: () => boolean,
): Promise<HttpEndpoint> {
  const sockets = new Set<Socket>();
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('connection', (socket: Socket) => {
    if (refuse()) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    server,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    dropConnections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        dropConnections();
      }),
  };
}

/** A request's body as text. @throws RangeError when it is longer than {@link BODY_MAX_BYTES} */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > BODY_MAX_BYTES) throw new RangeError(`request body longer than ${BODY_MAX_BYTES} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Sends JSON text with a status. */
export function sendJson(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(text);
}
