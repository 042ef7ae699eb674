import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Faults, noFaults } from './faults.ts';
import { type HttpEndpoint, openHttp, readBody, sendJson } from './http.ts';
import { answerText, answerUri, failure } from './json_rpc.ts';
import type { Producer } from './producer.ts';
import { answerRest } from './rest.ts';
import type { RpcContext } from './rpc.ts';
import { RpcError } from './rpc_params.ts';
import { Subscriptions } from './subscriptions.ts';

/** Where a node listens; 0 is any free port. */
export interface NodePorts {
  readonly rpc: number;
  readonly rest: number;
}

/**
 * One node of the devnet: Tendermint's RPC (POST, GET and `/websocket` on one port) and the REST gateway on another,
 * both on loopback only. Several nodes can serve one chain, each with faults of its own.
 */
export class DevnetNode {
  readonly faults: Faults = noFaults();
  readonly #producer: Producer;
  readonly #rpc: HttpEndpoint;
  readonly #rest: HttpEndpoint;
  readonly #subscriptions: Subscriptions;
  readonly #stopListening: () => void;

  private constructor(producer: Producer, faults: Faults, rpc: HttpEndpoint, rest: HttpEndpoint, context: RpcContext) {
    this.#producer = producer;
    this.faults = faults;
    this.#rpc = rpc;
    this.#rest = rest;
    this.#subscriptions = new Subscriptions(context, rpc);
    this.#stopListening = producer.onBlock((block) => this.#subscriptions.publish(block));
  }

  /** @throws Error (EADDRINUSE) when a port is taken */
  static async open(
    producer: Producer,
    ports: NodePorts,
    holdTx: (hash: string, blocks: number) => void,
  ): Promise<DevnetNode> {
    const faults = noFaults();
    const context = { producer, faults, address: '', holdTx };
    const refuse = (): boolean => faults.refuseConnections;
    const rpc = await openHttp(ports.rpc, (request, response) => answerRpc(context, request, response), refuse);
    context.address = rpc.address;
    try {
      const rest = await openHttp(ports.rest, (request, response) => answerRest(context, request, response), refuse);
      return new DevnetNode(producer, faults, rpc, rest, context);
    } catch (error) {
      await rpc.close();
      throw error;
    }
  }

  /** `http://127.0.0.1:PORT` of the RPC. */
  get rpcUrl(): string {
    return `http://${this.#rpc.address}`;
  }

  /** `ws://127.0.0.1:PORT`; clients add `/websocket`. */
  get wsUrl(): string {
    return `ws://${this.#rpc.address}`;
  }

  get restUrl(): string {
    return `http://${this.#rest.address}`;
  }

  /** Height of the chain behind this node. */
  get height(): number {
    return this.#producer.chain.height;
  }

  /** Cuts every open connection, HTTP and WebSocket, once. */
  dropConnections(): void {
    this.#subscriptions.drop();
    this.#rpc.dropConnections();
    this.#rest.dropConnections();
  }

  async close(): Promise<void> {
    this.#stopListening();
    this.#subscriptions.drop();
    await Promise.all([this.#rpc.close(), this.#rest.close()]);
  }
}

async function answerRpc(context: RpcContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'GET') {
    const { status, text } = await answerUri(context, new URL(request.url ?? '/', 'http://127.0.0.1'));
    sendJson(response, status, text);
    return;
  }
  if (request.method !== 'POST') {
    sendJson(
      response,
      405,
      JSON.stringify(failure(-1, new RpcError(-32600, 'Invalid Request', 'expected GET or POST'))),
    );
    return;
  }
  let body: string;
  try {
    body = await readBody(request);
  } catch (error) {
    const data = error instanceof Error ? error.message : String(error);
    response.setHeader('connection', 'close');
    sendJson(response, 413, JSON.stringify(failure(-1, new RpcError(-32600, 'Invalid Request', data))));
    return;
  }
  sendJson(response, 200, await answerText(context, body));
}
