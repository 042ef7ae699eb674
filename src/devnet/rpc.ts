import { toBase64, toHex } from '@cosmjs/encoding';
import { parseEventQuery } from './event_query.ts';
import type { Faults } from './faults.ts';
import type { CommittedBlock, CommittedTx, Producer } from './producer.ts';
import { abciQuery } from './query.ts';
import * as json from './rpc_json.ts';
import { type Params, RpcError } from './rpc_params.ts';
import { Code, decodeTx, type TxResult, txBytes, txHash } from './tx.ts';

/** `broadcast_tx_commit` gives up after this, Tendermint's default. */
const COMMIT_TIMEOUT_MS = 10_000;
const PER_PAGE_DEFAULT = 30;
const PER_PAGE_MAX = 100;
const BLOCKCHAIN_MAX = 20;

/** Thrown to have the connection cut instead of an answer sent (a fault). */
export class LoseAnswer extends Error {
  override readonly name = 'LoseAnswer';
}

/** What RPC methods work with. */
export interface RpcContext {
  readonly producer: Producer;
  readonly faults: Faults;
  /** Host and port of this node. */
  readonly address: string;
  /** Keeps a transaction out of the next blocks. */
  holdTx(hash: string, blocks: number): void;
}

/** One RPC method: the order of its parameters, for calls by position, and what it does. */
export interface RpcMethod {
  readonly params: readonly string[];
  run(context: RpcContext, params: Params): unknown;
}

/** All methods but the subscriptions, which belong to a WebSocket. */
export const RPC_METHODS: ReadonlyMap<string, RpcMethod> = new Map(
  Object.entries({
    health: { params: [], run: () => ({}) },
    status: {
      params: [],
      run: ({ producer, faults, address }) => json.statusJson(producer, claimed(producer, faults), address),
    },
    net_info: { params: [], run: () => ({ listening: true, listeners: ['Listener(@)'], n_peers: '0', peers: [] }) },
    genesis: { params: [], run: ({ producer }) => json.genesisJson(producer.chain.chainId, 0) },
    abci_info: { params: [], run: abciInfo },
    abci_query: { params: ['path', 'data', 'height', 'prove'], run: query },
    block: { params: ['height'], run: (c, p) => json.blockJson(blockAt(c.producer, p), c.producer.chain.chainId) },
    block_results: { params: ['height'], run: (c, p) => json.blockResultsJson(blockAt(c.producer, p)) },
    commit: {
      params: ['height'],
      run: (c, p) => json.signedHeaderJson(blockAt(c.producer, p), c.producer.chain.chainId),
    },
    validators: {
      params: ['height', 'page', 'per_page'],
      run: (c, p) => json.validatorsJson(blockAt(c.producer, p).height),
    },
    blockchain: { params: ['minHeight', 'maxHeight'], run: blockchain },
    block_search: { params: ['query', 'page', 'per_page', 'order_by'], run: blockSearch },
    tx: { params: ['hash', 'prove'], run: tx },
    tx_search: { params: ['query', 'prove', 'page', 'per_page', 'order_by'], run: txSearch },
    broadcast_tx_sync: { params: ['tx'], run: broadcastSync },
    broadcast_tx_async: { params: ['tx'], run: broadcastAsync },
    broadcast_tx_commit: { params: ['tx'], run: broadcastCommit },
    unconfirmed_txs: { params: ['limit'], run: unconfirmed },
    num_unconfirmed_txs: { params: [], run: ({ producer }) => pool(producer) },
  } satisfies Record<string, RpcMethod>),
);

/** The block a node claims as its newest. */
function claimed(producer: Producer, faults: Faults): CommittedBlock {
  return producer.block(Math.max(1, producer.latest.height - faults.lagBlocks)) ?? producer.latest;
}

function abciInfo({ producer, faults }: RpcContext): unknown {
  const block = claimed(producer, faults);
  const last_block_app_hash = toBase64(Uint8Array.from(Buffer.from(block.appHash, 'hex')));
  return {
    response: {
      data: 'SeiApp',
      version: 'devnet',
      app_version: '0',
      last_block_height: String(block.height),
      last_block_app_hash,
    },
  };
}

function query({ producer }: RpcContext, params: Params): unknown {
  const height = params.integer('height') ?? 0;
  const result = abciQuery(producer.chain, params.text('path'), params.bytes('data', 'hex'), height);
  const { code, log, codespace } = result;
  const value = result.value.length === 0 ? null : toBase64(result.value);
  return {
    response: {
      code,
      log,
      info: '',
      index: '0',
      key: null,
      value,
      proofOps: null,
      height: String(result.height),
      codespace,
    },
  };
}

function blockAt(producer: Producer, params: Params): CommittedBlock {
  const height = params.integer('height') ?? producer.latest.height;
  const block = producer.block(height);
  if (block !== undefined) return block;
  const { latest, earliestHeight } = producer;
  if (height > latest.height) {
    throw RpcError.internal(
      `height ${height} must be less than or equal to the current blockchain height ${latest.height}`,
    );
  }
  throw RpcError.internal(`height ${height} is not available, lowest height is ${earliestHeight}`);
}

function blockchain({ producer }: RpcContext, params: Params): unknown {
  const last = producer.latest.height;
  const high = Math.min(params.integer('maxHeight') || last, last);
  const low = Math.max(params.integer('minHeight') || 1, producer.earliestHeight, high - BLOCKCHAIN_MAX + 1);
  const block_metas: unknown[] = [];
  for (let height = high; height >= low; height -= 1) {
    block_metas.push(json.blockMetaJson(producer.block(height)!, producer.chain.chainId));
  }
  return { last_height: String(last), block_metas };
}

function page<T>(params: Params, found: T[]): T[] {
  const perPage = Math.min(Math.max(params.integer('per_page') ?? PER_PAGE_DEFAULT, 1), PER_PAGE_MAX);
  const number = Math.max(params.integer('page') ?? 1, 1);
  const pages = Math.max(1, Math.ceil(found.length / perPage));
  if (number > pages) throw RpcError.internal(`page should be within [1, ${pages}] range, given ${number}`);
  if (params.text('order_by') === 'desc') found.reverse();
  return found.slice((number - 1) * perPage, number * perPage);
}

function readQuery(params: Params): ReturnType<typeof parseEventQuery> {
  try {
    return parseEventQuery(params.text('query'));
  } catch (error) {
    throw RpcError.internal(error instanceof Error ? error.message : String(error));
  }
}

function blockSearch({ producer }: RpcContext, params: Params): unknown {
  const wanted = readQuery(params);
  const found: CommittedBlock[] = [];
  for (let height = producer.earliestHeight; height <= producer.latest.height; height += 1) {
    const block = producer.block(height);
    if (block !== undefined && wanted.matches(block.eventMap)) found.push(block);
  }
  const total_count = String(found.length);
  return { blocks: page(params, found).map((block) => json.blockJson(block, producer.chain.chainId)), total_count };
}

function tx({ producer }: RpcContext, params: Params): unknown {
  const hash = toHex(params.bytes('hash', 'base64')).toUpperCase();
  const found = producer.tx(hash);
  if (found === undefined) throw RpcError.internal(`tx (${hash}) not found`);
  return json.txJson(found);
}

function txSearch({ producer }: RpcContext, params: Params): unknown {
  const wanted = readQuery(params);
  const hash = wanted.equal('tx.hash');
  const candidates = hash === undefined ? producer.txs() : [producer.tx(hash)].filter((found) => found !== undefined);
  const found: CommittedTx[] = [];
  for (const candidate of candidates) {
    if (wanted.matches(candidate.events)) found.push(candidate);
  }
  return { txs: page(params, found).map(json.txJson), total_count: String(found.length) };
}

/** Puts a transaction into the mempool, or does what a fault says instead. */
function broadcast(context: RpcContext, bytes: Uint8Array): TxResult {
  const { producer, faults } = context;
  if (faults.refuseBroadcasts) throw RpcError.internal('mempool is full: number of txs 5000 (max: 5000)');
  if (faults.wrongSequence > 0) {
    faults.wrongSequence -= 1;
    return wrongSequence(bytes);
  }
  if (faults.swallowBroadcasts > 0) {
    faults.swallowBroadcasts -= 1;
    return producer.chain.simulateTx(bytes);
  }
  if (faults.holdBlocks > 0) context.holdTx(txHash(bytes), faults.holdBlocks);
  const result = producer.mempool.add(bytes);
  if (typeof result === 'string') throw RpcError.internal(result);
  if (faults.loseAnswers > 0) {
    faults.loseAnswers -= 1;
    throw new LoseAnswer();
  }
  return result;
}

/** The refusal of a transaction whose sequence another one has just used up. */
function wrongSequence(bytes: Uint8Array): TxResult {
  const { sequence, gasLimit } = decodeTx(bytes);
  const log = `account sequence mismatch, expected ${sequence + 1n}, got ${sequence}: incorrect account sequence`;
  const none = { data: new Uint8Array(0), events: [], gasUsed: 0n };
  return { code: Code.WRONG_SEQUENCE, codespace: 'sdk', log, gasWanted: gasLimit, ...none };
}

function broadcastSync(context: RpcContext, params: Params): unknown {
  const bytes = params.bytes('tx', 'base64');
  const { code, codespace, log } = broadcast(context, bytes);
  return { code, data: '', log, codespace, hash: txHash(bytes) };
}

function broadcastAsync(context: RpcContext, params: Params): unknown {
  const bytes = params.bytes('tx', 'base64');
  broadcast(context, bytes);
  return { code: 0, data: '', log: '', codespace: '', hash: txHash(bytes) };
}

async function broadcastCommit(context: RpcContext, params: Params): Promise<unknown> {
  const { producer } = context;
  const bytes = params.bytes('tx', 'base64');
  const hash = txHash(bytes);
  const checked = broadcast(context, bytes);
  const check_tx = json.txResultJson(checked);
  if (checked.code !== 0)
    return { check_tx, deliver_tx: json.txResultJson({ ...checked, code: 0, log: '' }), hash, height: '0' };
  const committed = await committedTx(producer, hash);
  return { check_tx, deliver_tx: json.txResultJson(committed.result), hash, height: String(committed.height) };
}

function committedTx(producer: Producer, hash: string): Promise<CommittedTx> {
  return new Promise((resolve, reject) => {
    const stop = producer.onBlock((block) => {
      const found = block.txs.find((candidate) => candidate.hash === hash);
      if (found === undefined) return;
      clearTimeout(timer);
      stop();
      resolve(found);
    });
    const timer = setTimeout(() => {
      stop();
      reject(RpcError.internal('timed out waiting for tx to be included in a block'));
    }, COMMIT_TIMEOUT_MS);
  });
}

function pool(producer: Producer): Record<string, unknown> {
  const { size, bytes } = producer.mempool;
  return { n_txs: String(size), total: String(size), total_bytes: String(bytes), txs: null };
}

function unconfirmed({ producer }: RpcContext, params: Params): unknown {
  const limit = Math.min(Math.max(params.integer('limit') ?? PER_PAGE_DEFAULT, 1), PER_PAGE_MAX);
  const txs = producer.mempool.list(limit).map(({ tx: waiting }) => toBase64(txBytes(waiting)));
  return { ...pool(producer), n_txs: String(txs.length), txs };
}
