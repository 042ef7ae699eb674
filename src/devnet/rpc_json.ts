import { sha256 } from '@cosmjs/crypto';
import { toBase64, toHex, toUtf8 } from '@cosmjs/encoding';
import type { CommittedBlock, CommittedTx, Producer } from './producer.ts';
import { type AbciEvent, type TxResult, txBytes, txLength } from './tx.ts';

/**
 * The JSON of Tendermint's answers (0.34, and Sei's fork of 0.35), field by field: numbers of 64 bits are text, hashes
 * upper-case hexadecimal, bytes and event attributes base64.
 */

/** What the node says it is. No release of Tendermint, so that cosmjs takes its oldest, 0.34-like, dialect. */
export const NODE_VERSION = '0.35.0-unreleased';
const BLOCK_PROTOCOL = '11';
const HASH_OF_NOTHING = toHex(sha256(new Uint8Array(0))).toUpperCase();
const VALIDATOR_KEY = sha256(toUtf8('flashmm devnet validator'));
const VALIDATOR_ADDRESS = toHex(sha256(VALIDATOR_KEY).slice(0, 20)).toUpperCase();
const VALIDATOR_HASH = toHex(sha256(VALIDATOR_KEY)).toUpperCase();
const NODE_ID = toHex(sha256(toUtf8('flashmm devnet node')).slice(0, 20));
const POWER = '10';

/** A time as Tendermint writes it, with nanoseconds. @param timeUs integer microseconds since the epoch */
export function rfc3339(timeUs: number): string {
  const fraction = String(timeUs % 1_000_000).padStart(6, '0');
  return `${new Date(Math.floor(timeUs / 1_000_000) * 1_000).toISOString().slice(0, 19)}.${fraction}000Z`;
}

function eventsJson(events: readonly AbciEvent[]): unknown[] {
  return events.map(({ type, attributes }) => ({
    type,
    attributes: attributes.map(([key, value]) => ({
      key: toBase64(toUtf8(key)),
      value: toBase64(toUtf8(value)),
      index: true,
    })),
  }));
}

/** The result of CheckTx or DeliverTx. */
export function txResultJson(result: TxResult): Record<string, unknown> {
  return {
    code: result.code,
    data: result.data.length === 0 ? null : toBase64(result.data),
    log: result.log,
    info: '',
    gas_wanted: result.gasWanted.toString(),
    gas_used: result.gasUsed.toString(),
    events: eventsJson(result.events),
    codespace: result.codespace,
  };
}

/** A committed transaction as `tx` and `tx_search` show it. */
export function txJson(tx: CommittedTx): Record<string, unknown> {
  return {
    hash: tx.hash,
    height: String(tx.height),
    index: tx.index,
    tx_result: txResultJson(tx.result),
    tx: toBase64(txBytes(tx.tx)),
  };
}

function blockIdJson(hash: string): unknown {
  return hash === '' ? { hash: '', parts: { total: 0, hash: '' } } : { hash, parts: { total: 1, hash } };
}

/** A block's header. */
export function headerJson(block: CommittedBlock, chainId: string): Record<string, unknown> {
  return {
    version: { block: BLOCK_PROTOCOL },
    chain_id: chainId,
    height: String(block.height),
    time: rfc3339(block.timeUs),
    last_block_id: blockIdJson(block.previousHash),
    last_commit_hash: block.previousHash || HASH_OF_NOTHING,
    data_hash: block.dataHash,
    validators_hash: VALIDATOR_HASH,
    next_validators_hash: VALIDATOR_HASH,
    consensus_hash: HASH_OF_NOTHING,
    app_hash: block.appHash,
    last_results_hash: HASH_OF_NOTHING,
    evidence_hash: HASH_OF_NOTHING,
    proposer_address: VALIDATOR_ADDRESS,
  };
}

function commitJson(height: number, hash: string, timeUs: number): unknown {
  const signature = toBase64(new Uint8Array([...sha256(toUtf8(hash)), ...sha256(toUtf8(`${hash}.`))]));
  const signatures = [
    { block_id_flag: 2, validator_address: VALIDATOR_ADDRESS, timestamp: rfc3339(timeUs), signature },
  ];
  return { height: String(height), round: 0, block_id: blockIdJson(hash), signatures: hash === '' ? [] : signatures };
}

/** The block itself, without its id, as NewBlock events carry it. */
export function bareBlockJson(block: CommittedBlock, chainId: string): Record<string, unknown> {
  return {
    header: headerJson(block, chainId),
    data: { txs: block.txs.map(({ tx }) => toBase64(txBytes(tx))) },
    evidence: { evidence: [] },
    last_commit: commitJson(block.height - 1, block.previousHash, block.timeUs),
  };
}

/** A block with its id. */
export function blockJson(block: CommittedBlock, chainId: string): Record<string, unknown> {
  return { block_id: blockIdJson(block.hash), block: bareBlockJson(block, chainId) };
}

/** A block's entry in `blockchain`. */
export function blockMetaJson(block: CommittedBlock, chainId: string): Record<string, unknown> {
  const bytes = block.txs.reduce((sum, { tx }) => sum + txLength(tx), 0);
  return {
    block_id: blockIdJson(block.hash),
    block_size: String(600 + bytes),
    header: headerJson(block, chainId),
    num_txs: String(block.txs.length),
  };
}

/** `commit`: the header and its signatures. */
export function signedHeaderJson(block: CommittedBlock, chainId: string): Record<string, unknown> {
  const commit = commitJson(block.height, block.hash, block.timeUs);
  return { signed_header: { header: headerJson(block, chainId), commit }, canonical: true };
}

/** `block_results`: what each transaction and the block's end brought about. */
export function blockResultsJson(block: CommittedBlock): Record<string, unknown> {
  return {
    height: String(block.height),
    txs_results: block.txs.length === 0 ? null : block.txs.map((tx) => txResultJson(tx.result)),
    begin_block_events: null,
    end_block_events: eventsJson(block.events),
    validator_updates: null,
    consensus_param_updates: null,
  };
}

/** The `data` of a NewBlock event. */
export function newBlockEventJson(block: CommittedBlock, chainId: string): unknown {
  return {
    type: 'tendermint/event/NewBlock',
    value: {
      block: bareBlockJson(block, chainId),
      result_begin_block: {},
      result_end_block: { validator_updates: [], events: eventsJson(block.events) },
    },
  };
}

/** The `data` of a NewBlockHeader event. */
export function newHeaderEventJson(block: CommittedBlock, chainId: string): unknown {
  return {
    type: 'tendermint/event/NewBlockHeader',
    value: { header: headerJson(block, chainId), num_txs: String(block.txs.length) },
  };
}

/** The `data` of a Tx event. */
export function txEventJson(tx: CommittedTx): unknown {
  const { height, index, result } = tx;
  const TxResult = { height: String(height), index, tx: toBase64(txBytes(tx.tx)), result: txResultJson(result) };
  return { type: 'tendermint/event/Tx', value: { TxResult } };
}

const VALIDATOR = {
  address: VALIDATOR_ADDRESS,
  pub_key: { type: 'tendermint/PubKeyEd25519', value: toBase64(VALIDATOR_KEY) },
  voting_power: POWER,
};

/** `validators`: the one there is. */
export function validatorsJson(height: number): Record<string, unknown> {
  return {
    block_height: String(height),
    validators: [{ ...VALIDATOR, proposer_priority: '0' }],
    count: '1',
    total: '1',
  };
}

/** `genesis`; the state of accounts at the start is left out. */
export function genesisJson(chainId: string, timeUs: number): Record<string, unknown> {
  return {
    genesis: {
      genesis_time: rfc3339(timeUs),
      chain_id: chainId,
      initial_height: '1',
      consensus_params: {
        block: { max_bytes: '22020096', max_gas: '-1', time_iota_ms: '1000' },
        evidence: { max_age_num_blocks: '100000', max_age_duration: '172800000000000', max_bytes: '1048576' },
        validator: { pub_key_types: ['ed25519'] },
        version: {},
      },
      validators: [{ address: VALIDATOR_ADDRESS, pub_key: VALIDATOR.pub_key, power: POWER, name: 'devnet' }],
      app_hash: '',
      app_state: {},
    },
  };
}

/** `status`. @param latest the block the node claims to be its newest */
export function statusJson(producer: Producer, latest: CommittedBlock, address: string): Record<string, unknown> {
  const earliest = producer.block(producer.earliestHeight) ?? latest;
  return {
    node_info: {
      protocol_version: { p2p: '8', block: BLOCK_PROTOCOL, app: '0' },
      id: NODE_ID,
      listen_addr: `tcp://${address}`,
      network: producer.chain.chainId,
      version: NODE_VERSION,
      channels: '40202122233038606100',
      moniker: 'flashmm-devnet',
      other: { tx_index: 'on', rpc_address: `tcp://${address}` },
    },
    sync_info: {
      latest_block_hash: latest.hash,
      latest_app_hash: latest.appHash,
      latest_block_height: String(latest.height),
      latest_block_time: rfc3339(latest.timeUs),
      earliest_block_hash: earliest.hash,
      earliest_app_hash: earliest.appHash,
      earliest_block_height: String(earliest.height),
      earliest_block_time: rfc3339(earliest.timeUs),
      catching_up: false,
    },
    validator_info: VALIDATOR,
  };
}
