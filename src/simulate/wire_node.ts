import type { Market } from '../../streams/market/types.ts';
import { noFaults } from '../devnet/faults.ts';
import { answerText } from '../devnet/json_rpc.ts';
import type { Producer } from '../devnet/producer.ts';
import { RpcNode } from '../sei/rpc/rpc_node.ts';
import type { Exchange } from '../sei/rpc/transport.ts';

/**
 * A node of the devnet, called in process: signed bytes and JSON texts go in and out as over the wire, all but the sockets. The
 * client on top is the one for real nodes.
 */
export function wireNode(name: string, producer: Producer, contract: string, markets: readonly Market[]): RpcNode {
  const context = {
    producer,
    // Faults are of the virtual node around this one, the same with and without bytes.
    faults: noFaults(),
    address: name,
    holdTx: (hash: string, blocks: number) => producer.holdTx(hash, blocks),
  };
  const ask = (_url: string, body: string): Promise<string> => answerText(context, body);
  const exchange: Exchange = { read: ask, send: ask };
  // Round trips are the virtual node's to measure.
  return new RpcNode({ url: `http://${name}`, exchange, contract, markets, stopwatchUs: () => 0 });
}
