import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { type EventMap, type EventQuery, parseEventQuery } from './event_query.ts';
import { BODY_MAX_BYTES, type HttpEndpoint } from './http.ts';
import { answerText, type ExtraMethods } from './json_rpc.ts';
import type { CommittedBlock } from './producer.ts';
import type { RpcContext } from './rpc.ts';
import * as json from './rpc_json.ts';
import { type Params, RpcError } from './rpc_params.ts';

/** Tendermint's defaults. */
const SUBSCRIPTIONS_PER_CLIENT_MAX = 5;
const CLIENTS_MAX = 100;
/** A client that lets this much pile up is cut: it reads too slowly to be of use. */
const BUFFERED_MAX_BYTES = 16 * 1024 * 1024;

interface Subscription {
  readonly id: string | number | null;
  readonly query: EventQuery;
}

/** The node's `/websocket`: all RPC methods, and subscriptions to blocks, headers and transactions. */
export class Subscriptions {
  readonly #context: RpcContext;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: BODY_MAX_BYTES });
  readonly #clients = new Map<WebSocket, Map<string, Subscription>>();

  constructor(context: RpcContext, endpoint: HttpEndpoint) {
    this.#context = context;
    endpoint.server.on('upgrade', (request, socket, head) => {
      if (request.url?.split('?')[0] !== '/websocket' || this.#clients.size >= CLIENTS_MAX) {
        socket.destroy();
        return;
      }
      this.#server.handleUpgrade(request, socket, head, (client) => this.#serve(client));
    });
  }

  /** Sends a block's events to whoever asked for them. */
  publish(block: CommittedBlock): void {
    const { faults, producer } = this.#context;
    const chainId = producer.chain.chainId;
    let copies = 1;
    if (faults.skipBlockEvents > 0) {
      faults.skipBlockEvents -= 1;
      copies = 0;
    } else if (faults.duplicateBlockEvents > 0) {
      faults.duplicateBlockEvents -= 1;
      copies = 2;
    }
    for (const tx of block.txs) this.#send(tx.events, () => json.txEventJson(tx));
    const headerEvents = new Map(block.eventMap).set('tm.event', ['NewBlockHeader']);
    for (let copy = 0; copy < copies; copy += 1) {
      this.#send(block.eventMap, () => json.newBlockEventJson(block, chainId));
      this.#send(headerEvents, () => json.newHeaderEventJson(block, chainId));
    }
  }

  /** Cuts every client. */
  drop(): void {
    for (const client of this.#clients.keys()) client.terminate();
  }

  #send(events: EventMap, dataOf: () => unknown): void {
    let data: unknown;
    for (const [client, subscriptions] of this.#clients) {
      for (const { id, query } of subscriptions.values()) {
        if (!query.matches(events)) continue;
        if (client.bufferedAmount > BUFFERED_MAX_BYTES) {
          client.terminate();
          break;
        }
        data ??= dataOf();
        const result = { query: query.text, data, events: Object.fromEntries(events) };
        client.send(JSON.stringify({ jsonrpc: '2.0', id, result }));
      }
    }
  }

  #serve(client: WebSocket): void {
    const subscriptions = new Map<string, Subscription>();
    this.#clients.set(client, subscriptions);
    const extra = subscriptionMethods(subscriptions);
    client.on('close', () => this.#clients.delete(client));
    client.on('error', () => client.terminate());
    client.on('message', (raw: RawData) => {
      answerText(this.#context, raw.toString(), extra)
        .then((text) => {
          if (client.readyState === client.OPEN) client.send(text);
        })
        // A fault that loses the answer ends here, and so would any other: the client sees a cut connection.
        .catch(() => client.terminate());
    });
  }
}

function subscriptionMethods(subscriptions: Map<string, Subscription>): ExtraMethods {
  const read = (params: Params): EventQuery => {
    try {
      return parseEventQuery(params.text('query'));
    } catch (error) {
      throw RpcError.internal(error instanceof Error ? error.message : String(error));
    }
  };
  return new Map<string, (params: Params, id: string | number | null) => unknown>([
    [
      'subscribe',
      (params, id) => {
        const query = read(params);
        if (subscriptions.has(query.text)) throw RpcError.internal('already subscribed');
        if (subscriptions.size >= SUBSCRIPTIONS_PER_CLIENT_MAX) {
          throw RpcError.internal(`max_subscriptions_per_client ${SUBSCRIPTIONS_PER_CLIENT_MAX} reached`);
        }
        subscriptions.set(query.text, { id, query });
        return {};
      },
    ],
    [
      'unsubscribe',
      (params) => {
        if (!subscriptions.delete(read(params).text)) throw RpcError.internal('subscription not found');
        return {};
      },
    ],
    [
      'unsubscribe_all',
      () => {
        subscriptions.clear();
        return {};
      },
    ],
  ]);
}
