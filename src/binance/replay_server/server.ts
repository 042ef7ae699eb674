import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { ExchangeBook } from './exchange_book.ts';
import { type Fault, type FaultPlan, FaultyLine } from './faults.ts';
import type { RecordedMessage, Tape } from './tape.ts';

/** How a recording is served. */
export interface ReplayServerOptions {
  readonly tape: Tape;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Recorded seconds for each second of real time. */
  readonly speed: number;
  /** What happens at the end: stop serving data, or start again (as after a maintenance: everyone is cut off). */
  readonly atEnd: 'stop' | 'loop';
  readonly faults: FaultPlan;
  /** Seeded generator of numbers in [0, 1). */
  readonly random: () => number;
}

/** A running server. */
export interface ReplayServer {
  readonly httpUrl: string;
  readonly wsUrl: string;
  readonly injected: Readonly<Record<Fault, number>>;
  readonly progress: {
    readonly sent: number;
    readonly loops: number;
    readonly position: number;
    readonly tapeSeconds: number;
  };
  /** Resolves when the recording has been served and `atEnd` is `stop`. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

/** The server looks this often what is due: finer than the 20 ms between the exchange's own messages at normal speed. */
const PUMP_EVERY_MS = 5;

/** A client that lets this much pile up unread is cut off, as the exchange does. */
const BACKLOG_MOST_BYTES = 16 * 1_048_576;

/** More clients than this are refused: it is a tool for a few. */
const CLIENTS_MOST = 64;

/** The exchange's own largest `limit`. */
const LEVELS_MOST = 5_000;

const DEPTH_PATHS = new Set(['/api/v3/depth', '/fapi/v1/depth', '/dapi/v1/depth']);

interface Client {
  readonly socket: WebSocket;
  readonly streams: ReadonlySet<string>;
  stalledUntilMs: number;
}

/** Serves a recording as the exchange does: combined streams over WebSocket, depth snapshots over REST, faults on demand. */
export async function startReplayServer(options: ReplayServerOptions): Promise<ReplayServer> {
  const replay = new Replay(options);
  const server = createServer((request, response) => replay.answer(request, response));
  const sockets = new WebSocketServer({ server, maxPayload: 64 * 1024 });
  sockets.on('connection', (socket, request) => replay.join(socket, request));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const pump = setInterval(() => replay.pump(performance.now()), PUMP_EVERY_MS);
  return {
    httpUrl: `http://${options.host}:${port}`,
    wsUrl: `ws://${options.host}:${port}`,
    injected: replay.line.injected,
    get progress() {
      return replay.progress;
    },
    done: replay.done,
    close: async () => {
      clearInterval(pump);
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await closed(server);
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

class Replay {
  readonly line: FaultyLine;
  readonly done: Promise<void>;
  readonly #options: ReplayServerOptions;
  readonly #clients = new Set<Client>();
  #book: ExchangeBook;
  #next = 0;
  #sent = 0;
  #loops = 0;
  #startedMs = -1;
  #finish: () => void = () => {};

  constructor(options: ReplayServerOptions) {
    this.#options = options;
    this.line = new FaultyLine(options.faults, options.random);
    this.#book = new ExchangeBook(options.tape.snapshot);
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get progress() {
    const { messages } = this.#options.tape;
    const spanUs = (messages.at(-1)?.timeUs ?? 0) - (messages[0]?.timeUs ?? 0);
    const hereUs = (messages[Math.max(0, this.#next - 1)]?.timeUs ?? 0) - (messages[0]?.timeUs ?? 0);
    const tapeSeconds = (this.#loops * spanUs + hereUs) / 1_000_000;
    return { sent: this.#sent, loops: this.#loops, position: this.#next / Math.max(1, messages.length), tapeSeconds };
  }

  /** Sends what is due. Time stands still until the first client is there. */
  pump(nowMs: number): void {
    const { messages } = this.#options.tape;
    if (this.#startedMs < 0) {
      if (this.#clients.size === 0) return;
      this.#startedMs = nowMs;
    }
    const firstUs = messages[0]?.timeUs ?? 0;
    const dueUs = firstUs + (nowMs - this.#startedMs) * 1_000 * this.#options.speed;
    while (this.#next < messages.length && messages[this.#next]!.timeUs <= dueUs) {
      this.#broadcast(messages[this.#next]!, nowMs);
      this.#next += 1;
    }
    if (this.#next >= messages.length) this.#end(nowMs);
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.method !== 'GET' || !DEPTH_PATHS.has(url.pathname)) {
      json(404, { code: -1, msg: `path '${url.pathname}': expected GET ${[...DEPTH_PATHS].join(', ')}` });
      return;
    }
    const limit = Number(url.searchParams.get('limit') ?? 1_000);
    if (!Number.isInteger(limit) || limit < 1 || limit > LEVELS_MOST) {
      json(400, { code: -1130, msg: `Data sent for parameter 'limit' is not valid.` });
      return;
    }
    json(200, this.#book.snapshot(limit));
  }

  join(socket: WebSocket, request: IncomingMessage): void {
    if (this.#clients.size >= CLIENTS_MOST) {
      socket.close(1013, 'too many clients');
      return;
    }
    const streams = new URL(request.url ?? '/', 'http://localhost').searchParams.get('streams')?.split('/') ?? [];
    const client: Client = { socket, streams: new Set(streams), stalledUntilMs: 0 };
    this.#clients.add(client);
    socket.on('close', () => this.#clients.delete(client));
    socket.on('error', () => socket.terminate());
  }

  #broadcast(message: RecordedMessage, nowMs: number): void {
    if (message.stream.includes('@depth')) this.#book.apply(JSON.parse(message.text).data);
    for (const client of this.#clients) {
      if (!wants(client, message.stream) || client.stalledUntilMs > nowMs) continue;
      const { texts, stallMs, cut } = this.line.send(message.text);
      for (const text of texts) client.socket.send(text);
      this.#sent += texts.length;
      if (stallMs > 0) client.stalledUntilMs = nowMs + stallMs;
      if (cut || client.socket.bufferedAmount > BACKLOG_MOST_BYTES) client.socket.terminate();
    }
  }

  #end(nowMs: number): void {
    if (this.#options.atEnd === 'stop') {
      for (const { socket } of this.#clients) socket.close(1001, 'end of the recording');
      this.#finish();
      return;
    }
    // The ids begin again, so whoever listens has to begin again too.
    for (const { socket } of this.#clients) socket.close(1012, 'service restart');
    this.#clients.clear();
    this.#book = new ExchangeBook(this.#options.tape.snapshot);
    this.#next = 0;
    this.#loops += 1;
    this.#startedMs = nowMs;
  }
}

/** A depth stream is asked for by its speed (`@100ms`) and recorded by what the recorder asked for: any will do. */
function wants(client: Client, stream: string): boolean {
  if (client.streams.has(stream)) return true;
  const [symbol, kind] = stream.split('@');
  return kind === 'depth' && [...client.streams].some((one) => one.startsWith(`${symbol}@depth`));
}
