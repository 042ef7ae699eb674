import { MICROS_PER_SECOND } from '../../streams/clock/clock.ts';
import type { Market } from '../../streams/market/types.ts';
import { Chain } from '../devnet/chain.ts';
import { DEVNET_MNEMONIC, devnetContract, genesisAmounts } from '../devnet/devnet.ts';
import { DEFAULT_MARKETS } from '../devnet/market.ts';
import { populate } from '../devnet/participants/crowds.ts';
import { type FundamentalPath, PATH_STEP_US } from '../devnet/participants/fundamental.ts';
import type { Crowd, CrowdParameters } from '../devnet/participants/participants.ts';
import { Producer } from '../devnet/producer.ts';
import { seededRandom } from '../runtime/random.ts';
import type { Timers } from '../runtime/timers.ts';
import { msgSend } from '../sei/codec/cosmos.ts';
import type { Network, Signer } from '../sei/node.ts';
import { type TradingContext, walletSigner } from '../sei/rpc/signing.ts';
import { walletOf } from '../sei/rpc/wallet.ts';
import { SeiVenue, type SeiVenueOptions } from '../sei/venue.ts';
import { ChainNode, plainPayload, plainSigner } from './chain_node.ts';
import { ProcessTimers, VirtualTimers } from './virtual_time.ts';
import { type BroadcastWatch, VirtualNode } from './virtual_world_node.ts';
import { wireNode } from './wire_node.ts';

/** A world in virtual time. All of it follows from the seed. */
export interface VirtualWorldOptions {
  readonly seed: number;
  /** Those of the devnet unless told otherwise. */
  readonly markets?: readonly Market[];
  /** Nodes that serve the chain, one to three. */
  readonly nodes?: number;
  /** Mean time between blocks, and by which share of it a block may come earlier or later. */
  readonly blockMs?: number;
  readonly blockJitter?: number;
  /** A message's way to a node and back. */
  readonly latencyMs?: { readonly least: number; readonly most: number };
  readonly requestTimeoutMs?: number;
  /** With signed bytes and JSON texts, instead of below them. */
  readonly wire?: boolean;
  /** First instant, integer microseconds since the epoch. */
  readonly startUs?: number;
  /** What fundamental prices follow; random walks drawn from the seed unless given. */
  readonly paths?: readonly FundamentalPath[];
  readonly crowd?: Partial<Omit<CrowdParameters, 'startPrice' | 'pathOffset'>>;
}

/** A process in a virtual world, from its start to its end: it can be killed at any instant, and another one started. */
export interface VirtualProcess {
  readonly timers: ProcessTimers;
  readonly network: Network;
  /** A venue of this process; what the world does not know (`onSigned`, `resume` …) is given. */
  venue(options?: Partial<Omit<SeiVenueOptions, 'network' | 'timers' | 'markets'>>): SeiVenue;
  /** From here on nothing of it happens: no timer fires, no answer comes. What it has sent off arrives. */
  kill(): void;
}

/** A chain with its people, its nodes, and the time that all of it goes by. */
export interface VirtualWorld extends BroadcastWatch {
  readonly timers: VirtualTimers;
  readonly chain: Chain;
  readonly producer: Producer;
  readonly nodes: readonly VirtualNode[];
  /** The other people, by symbol of the market. */
  readonly crowds: ReadonlyMap<string, Crowd>;
  readonly markets: readonly Market[];
  /** Address of the account that trades. */
  readonly account: string;
  /** Above zero: no block is made. */
  halts: number;
  /** Has somebody else use the account: its next sequence is gone, and it has paid nothing. */
  useSequence(): void;
  process(): VirtualProcess;
  /** Lets everything happen up to an instant. */
  runTo(timeUs: number): Promise<void>;
}

const NODES_MOST = 3;
const BLOCK_MS = 400;
const BLOCK_JITTER = 0.2;
/** A node in the same region. */
const LATENCY_MS = { least: 2, most: 12 };
const REQUEST_TIMEOUT_MS = 2_000;
/** 21 November 2026, 08:00 UTC: any instant does, as long as it is always the same. */
const START_US = 1_795_248_000_000_000;
/** As the devnet keeps. */
const BOOK_HISTORY_BLOCKS = 20;
/** What the nodes refuse broadcasts with when they have no reason: insufficient funds, fee too low, mempool full. */
const SICK_CODES = [5, 13, 20] as const;
/** Reconciliation as configured unless told otherwise. */
const RECONCILE_EVERY_MS = 10_000;
const GAS = { basePriceUsei: 0.1, urgency: 'normal' } as const;

/** Seeds of what has to be independent of each other are this far apart. */
const SEED_STEP = 7_919;

/** @throws RangeError for options out of range */
export async function virtualWorld(options: VirtualWorldOptions): Promise<VirtualWorld> {
  const { seed, nodes: nodeCount = 1, wire = false, startUs = START_US, latencyMs = LATENCY_MS } = options;
  if (!(nodeCount >= 1 && nodeCount <= NODES_MOST))
    throw new RangeError(`nodes ${nodeCount}: expected 1 to ${NODES_MOST}`);
  const timers = new VirtualTimers(startUs);
  const random = (stream: number): (() => number) => seededRandom(seed * 16 + stream * SEED_STEP);
  const markets = options.markets ?? DEFAULT_MARKETS;
  const contractAddress = devnetContract();
  const chain = new Chain({ chainId: 'virtual-1', contractAddress, markets, bookHistoryBlocks: BOOK_HISTORY_BLOCKS });
  const paths = options.paths ?? markets.map((_, i) => randomPath(random(8 + i)));
  const people = populate(paths, random(1), options.crowd);
  const context = { contract: contractAddress, markets: new Map(markets.map((one) => [one.symbol, one])), gas: GAS };
  const signer = await signerOf(wire, context);
  chain.fund(signer.address, genesisAmounts(chain));
  people.onGenesis(chain);
  const producer = new Producer(chain, people.onBeginBlock, wire);
  const requestTimeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  const watch: BroadcastWatch = {};
  const nodes = Array.from({ length: nodeCount }, (_, i) => {
    const name = `node-${i + 1}`;
    const inner = wire
      ? wireNode(name, producer, contractAddress, markets)
      : new ChainNode(`http://${name}`, producer, markets);
    const holdTx = (hash: string, blocks: number): void => producer.holdTx(hash, blocks);
    return new VirtualNode({
      inner,
      timers,
      random: random(2 + i),
      latencyMs,
      requestTimeoutMs,
      holdTx,
      watch,
      sickCode: SICK_CODES[i]!,
    });
  });
  producer.onBlock(({ height }) => {
    for (const node of nodes) node.produced(height);
  });
  const account = signer.address;
  const world: VirtualWorld = Object.assign(watch, {
    ...{ timers, chain, producer, nodes, crowds: people.crowds, markets, account, halts: 0 },
    useSequence: () => takeSequence(chain, account),
    process: () => startProcess({ timers, nodes, signer, markets, random: random(6) }),
    runTo: (timeUs: number) => timers.runTo(timeUs),
  });
  produceForEver(world, options, random(5));
  return world;
}

/** A transaction without a limit of gas: it fails for want of it, after its sequence was taken and nothing paid. */
function takeSequence(chain: Chain, account: string): void {
  const sequence = BigInt(chain.account(account)!.sequence);
  const value = { fromAddress: account, toAddress: account, amount: [] };
  const content = { messages: [{ kind: 'send', typeUrl: msgSend.typeUrl, value }], fee: [], gasLimit: 0n } as const;
  chain.deliverTx(plainPayload(account, { sequence, timeoutHeight: 0 }, { ...content, byteLength: 0 }, ''));
}

/** A random walk in logarithms over an hour, there and back again for ever. @param volatility standard deviation of a year */
export function randomPath(random: () => number, volatility = 0.6, hours = 1): FundamentalPath {
  const steps = Math.round((hours * 3_600 * MICROS_PER_SECOND) / PATH_STEP_US);
  const relative = new Float64Array(steps + 1);
  const stepsAYear = (365 * 24 * 3_600 * MICROS_PER_SECOND) / PATH_STEP_US;
  const deviation = volatility / Math.sqrt(stepsAYear);
  let log = 0;
  relative[0] = 1;
  for (let i = 1; i <= steps; i += 1) {
    // The sum of twelve uniform numbers less six is as good as normal here, and always the same (Irwin–Hall).
    let normal = -6;
    for (let n = 0; n < 12; n += 1) normal += random();
    log += deviation * normal;
    relative[i] = Math.exp(log);
  }
  return { stepUs: PATH_STEP_US, relative };
}

async function signerOf(wire: boolean, context: TradingContext): Promise<Signer> {
  if (!wire) return plainSigner('sei1flashmm', context);
  return walletSigner(await walletOf(DEVNET_MNEMONIC), context);
}

function produceForEver(world: VirtualWorld, options: VirtualWorldOptions, random: () => number): void {
  const { timers, producer } = world;
  const { blockMs = BLOCK_MS, blockJitter = BLOCK_JITTER } = options;
  const produce = (): void => {
    if (world.halts === 0) producer.produce(timers.nowUs());
    timers.after(blockMs * (1 + blockJitter * (2 * random() - 1)), produce);
  };
  produce();
}

function startProcess(world: {
  readonly timers: VirtualTimers;
  readonly nodes: readonly VirtualNode[];
  readonly signer: Signer;
  readonly markets: readonly Market[];
  readonly random: () => number;
}): VirtualProcess {
  const timers = new ProcessTimers(world.timers);
  const clients = world.nodes.map((node) => node.client(timers));
  const network: Network = {
    nodes: clients,
    sources: clients,
    signer: async () => world.signer,
    close: () => {},
  };
  return {
    timers,
    network,
    venue: (options = {}) =>
      new SeiVenue({
        network,
        timers: timers satisfies Timers,
        markets: world.markets,
        chainId: 'virtual-1',
        reconcileEveryMs: RECONCILE_EVERY_MS,
        random: world.random,
        ...options,
      }),
    kill: () => timers.kill(),
  };
}
