import type { Book } from '../sei/node.ts';

/**
 * What is wrong with a node at present. Every figure is a sum, so that faults of one kind may overlap and each takes back its
 * own part when it ends; all are zero at first.
 */
export interface NodeFaults {
  /** Above zero: every call fails and every line is cut. */
  cuts: number;
  /** Above zero: nothing is answered and no news come, but nothing fails before its time is up. */
  stalls: number;
  /** Milliseconds that every answer and every news takes longer. */
  slowMs: number;
  /** Answers and news take between nothing and so many milliseconds longer, each its own, and so overtake each other. */
  jitterMs: number;
  /** The node claims to be so many blocks ahead of where it is. */
  aheadBlocks: number;
  /** The node is so many blocks behind the others, and knows nothing of later ones. */
  behindBlocks: number;
  /** Above zero: it says it serves another chain. */
  wrongChain: number;
  /** Books are those of so many blocks ago, whatever block was asked for. */
  staleBookBlocks: number;
  /** Resting orders are those of so many blocks ago. */
  staleOrderBlocks: number;
  /** Above zero: books are empty. */
  emptyBooks: number;
  /** Above zero: the bids of books are raised into the asks. */
  crossedBooks: number;
  /** The account's sequence is told so much too low. */
  staleSequence: number;
  /** So many of the next broadcasts are answered well, and forgotten. */
  losesBroadcasts: number;
  /** So many of the next broadcasts are taken, and not answered. */
  losesAnswers: number;
  /** So many of the next broadcasts are handed in twice, the second time when the first may be in a block already. */
  doublesBroadcasts: number;
  /** So many of the next broadcasts are refused, as if another transaction of the account had come first. */
  refusesSequence: number;
  /** So many of the next broadcasts are refused for a reason that the node alone knows; half of them it has passed on. */
  refusesFalsely: number;
  /** Broadcasts are kept out of so many blocks. */
  holdsBlocks: number;
  /** So many of the next news are not told, so many are told twice. */
  skipsNews: number;
  doublesNews: number;
  /** The index of transactions is so many blocks late. */
  indexLagBlocks: number;
}

/** A node without a fault. */
export function noNodeFaults(): NodeFaults {
  return {
    ...{ cuts: 0, stalls: 0, slowMs: 0, jitterMs: 0, aheadBlocks: 0, behindBlocks: 0, wrongChain: 0 },
    ...{ staleBookBlocks: 0, staleOrderBlocks: 0, emptyBooks: 0, crossedBooks: 0, staleSequence: 0 },
    ...{ losesBroadcasts: 0, losesAnswers: 0, doublesBroadcasts: 0, refusesSequence: 0, refusesFalsely: 0 },
    ...{ holdsBlocks: 0, skipsNews: 0, doublesNews: 0, indexLagBlocks: 0 },
  };
}

/** A book whose best bid is above its best ask. */
export function crossed({ bids, asks }: Book): Book {
  const [bid, ask] = [bids[0], asks[0]];
  if (bid === undefined || ask === undefined) return { bids, asks };
  return { bids: bids.map((value, i) => (i % 2 === 0 ? value + ask - bid + 1 : value)), asks };
}
