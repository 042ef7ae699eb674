/**
 * The Sei devnet: a whole dex-era chain in this process, on its real wire protocol.
 *
 * What is modelled: signed transactions with the chain's checks and codes, CheckTx apart from DeliverTx, a bounded
 * mempool, bank and fees, the order-book module with its matching, its queries and its traps, block and transaction
 * events, Tendermint's RPC, WebSocket and the REST gateway. What is not: consensus (one validator, blocks by the
 * clock), Merkle proofs and hashes (block hashes are plain SHA-256), gRPC, staking, governance, contracts other than
 * one that clears spot trades, gas beyond a plain formula, history beyond the last 1,000 blocks, and state at past
 * heights except match results and the books of the last 20 blocks.
 */

import { sha256 } from '@cosmjs/crypto';
import { toBech32, toUtf8 } from '@cosmjs/encoding';
import { DirectSecp256k1HdWallet } from '@cosmjs/proto-signing';
import type { Market } from '../../streams/market/types.ts';
import { ADDRESS_PREFIX, type FeeParams } from './ante.ts';
import type { Amount } from './bank.ts';
import { Chain } from './chain.ts';
import { DevnetNode } from './node.ts';
import { type BeginBlockHook, type CommittedBlock, Producer } from './producer.ts';

/** How a devnet starts. All of it has defaults. */
export interface DevnetOptions {
  readonly chainId?: string;
  readonly markets?: readonly Market[];
  readonly fees?: FeeParams;
  /** Time between blocks; 0 makes none by itself: call {@link DevnetHandle.produceBlock}. */
  readonly blockIntervalMs?: number;
  /** How many nodes serve the chain. */
  readonly nodes?: number;
  /** Ports of the first node; further nodes take free ones. */
  readonly rpcPort?: number;
  readonly restPort?: number;
  /** Accounts with money from the start, by mnemonic; {@link DEVNET_MNEMONIC} is always among them. */
  readonly mnemonics?: readonly string[];
  /** Id of the first order. */
  readonly firstOrderId?: number;
  /** Places orders in process at the start of every block. */
  readonly onBeginBlock?: BeginBlockHook;
  /** Called once before the first block, to open the participants' accounts. */
  readonly onGenesis?: (chain: Chain) => void;
  /** Wall clock in microseconds. */
  readonly nowUs?: () => number;
}

/** A running devnet. */
export interface DevnetHandle {
  readonly chainId: string;
  readonly contractAddress: string;
  readonly markets: readonly Market[];
  /** Of the first node. */
  readonly rpcUrl: string;
  /** Of the first node; clients add `/websocket`. */
  readonly wsUrl: string;
  /** Of the first node. */
  readonly restUrl: string;
  readonly nodes: readonly DevnetNode[];
  readonly chain: Chain;
  readonly producer: Producer;
  /** Accounts with money: mnemonic and address. */
  readonly accounts: readonly { readonly mnemonic: string; readonly address: string }[];
  /** Gives money to any address. */
  faucet(address: string, amounts?: readonly Amount[]): void;
  /** Makes a block now. */
  produceBlock(): CommittedBlock;
  /** Stops making blocks by the clock, or goes on. */
  pause(paused: boolean): void;
  close(): Promise<void>;
}

/** Default time between blocks: Sei's are 220 to 400 ms apart. */
export const BLOCK_INTERVAL_MS = 400;

/** A well-known test mnemonic. Its account is rich on every devnet and worthless everywhere else. */
export const DEVNET_MNEMONIC =
  'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';

const CHAIN_ID = 'flashmm-devnet-1';
/** Some seconds of books by height: as long as a client may take to read one block's. */
const BOOK_HISTORY_BLOCKS = 20;
const NODES_MAX = 16;

/** Address of the one contract that every devnet has. */
export function devnetContract(): string {
  return toBech32(ADDRESS_PREFIX, sha256(toUtf8('flashmm devnet contract')));
}

/** What an account of the genesis holds of each asset: a million USDC, and as many SEI for fees and trading. */
export function genesisAmounts(chain: Chain): Amount[] {
  const amounts = new Map<string, bigint>([['usei', 10n ** 12n]]);
  for (const { baseDenom, quoteDenom } of chain.markets) {
    amounts.set(quoteDenom, 10n ** 12n);
    if (baseDenom !== 'usei') amounts.set(baseDenom, GENESIS_BASE[baseDenom] ?? 10n ** 12n);
  }
  return [...amounts].map(([denom, amount]) => ({ denom, amount }));
}

/** 20 BTC, 400 ETH, 100,000 ATOM in millionths. */
const GENESIS_BASE: Readonly<Record<string, bigint>> = {
  ubtc: 20_000_000n,
  ueth: 400_000_000n,
  uatom: 100_000_000_000n,
};

/**
 * Starts a devnet on loopback, with a first block made.
 *
 * @throws Error when a port is taken, naming it
 * @throws RangeError for options out of range
 */
export async function startDevnet(options: DevnetOptions = {}): Promise<DevnetHandle> {
  const nowUs = options.nowUs ?? (() => Date.now() * 1_000);
  const intervalMs = options.blockIntervalMs ?? BLOCK_INTERVAL_MS;
  const nodeCount = options.nodes ?? 1;
  if (!(intervalMs >= 0)) throw new RangeError(`blockIntervalMs ${intervalMs}: expected zero or more`);
  if (!(nodeCount >= 1 && nodeCount <= NODES_MAX))
    throw new RangeError(`nodes ${nodeCount}: expected 1 to ${NODES_MAX}`);
  const chain = new Chain({
    chainId: options.chainId ?? CHAIN_ID,
    contractAddress: devnetContract(),
    bookHistoryBlocks: BOOK_HISTORY_BLOCKS,
    ...(options.markets && { markets: options.markets }),
    ...(options.fees && { fees: options.fees }),
    ...(options.firstOrderId !== undefined && { firstOrderId: options.firstOrderId }),
  });
  const accounts = await openAccounts(chain, [DEVNET_MNEMONIC, ...(options.mnemonics ?? [])]);
  options.onGenesis?.(chain);
  const producer = new Producer(chain, options.onBeginBlock);
  const holdTx = (hash: string, blocks: number): void => producer.holdTx(hash, blocks);
  const nodes: DevnetNode[] = [];
  try {
    for (let i = 0; i < nodeCount; i += 1) {
      const ports = i === 0 ? { rpc: options.rpcPort ?? 0, rest: options.restPort ?? 0 } : { rpc: 0, rest: 0 };
      nodes.push(await DevnetNode.open(producer, ports, holdTx));
    }
  } catch (error) {
    await Promise.all(nodes.map((node) => node.close()));
    throw error;
  }
  producer.produce(nowUs());
  let paused = false;
  const timer = intervalMs > 0 ? setInterval(() => paused || producer.produce(nowUs()), intervalMs) : undefined;
  return {
    chainId: chain.chainId,
    contractAddress: chain.contractAddress,
    markets: (options.markets ?? chain.markets).map(plainMarket),
    rpcUrl: nodes[0]!.rpcUrl,
    wsUrl: nodes[0]!.wsUrl,
    restUrl: nodes[0]!.restUrl,
    nodes,
    chain,
    producer,
    accounts,
    faucet: (address, amounts = genesisAmounts(chain)) => chain.fund(address, amounts),
    produceBlock: () => producer.produce(nowUs()),
    pause: (value) => {
      paused = value;
    },
    close: async () => {
      clearInterval(timer);
      await Promise.all(nodes.map((node) => node.close()));
    },
  };
}

async function openAccounts(
  chain: Chain,
  mnemonics: readonly string[],
): Promise<{ mnemonic: string; address: string }[]> {
  const accounts: { mnemonic: string; address: string }[] = [];
  for (const mnemonic of new Set(mnemonics)) {
    const wallet = await DirectSecp256k1HdWallet.fromMnemonic(mnemonic, { prefix: ADDRESS_PREFIX });
    const [account] = await wallet.getAccounts();
    chain.fund(account!.address, genesisAmounts(chain));
    accounts.push({ mnemonic, address: account!.address });
  }
  return accounts;
}

function plainMarket({ symbol, venue, base, quote, tickSize, lotSize, contract, contractSize }: Market): Market {
  return { symbol, venue, base, quote, tickSize, lotSize, contract, contractSize };
}
