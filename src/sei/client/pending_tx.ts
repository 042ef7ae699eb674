import type { OrderBatch } from '../../../streams/orders/types.ts';
import type { CheckedTx, IncludedTx, NodePort, SignedTx } from '../node.ts';
import type { FormerTx, SignedRecord } from './signed_record.ts';

/** A transaction under way, and what is known of it. */
export interface Pending extends Omit<SignedRecord, 'sequence'> {
  readonly batchId: number;
  readonly sequence: bigint;
  /** What to sign again with another sequence, and the bytes to send; a former process's can only be looked for. */
  readonly own: { readonly batch: OrderBatch; readonly tx: SignedTx } | undefined;
  readonly repairs: number;
  /** A node has answered for it. */
  accepted: boolean;
  /** A copy may be under way though nobody answered for it: a refusal of another copy then means nothing. */
  doubtful: boolean;
  sending: boolean;
  /** What nodes said that refused it, for another reason than its sequence. */
  readonly refusals: Map<NodePort, CheckedTx>;
  /** The chain's next sequence after a block, which is beyond this one's: known to that block, it can be in none any more. */
  overtaken: { readonly sequence: bigint; readonly height: number } | undefined;
  /** A block is missing that could have had it. */
  blocksMissing: boolean;
  indexLooks: number;
}

const NEW = {
  accepted: false,
  doubtful: false,
  sending: false,
  overtaken: undefined,
  blocksMissing: false,
  indexLooks: 0,
};

/** One that was just signed, at a height, for the so manieth time. */
export function signedTx(batch: OrderBatch, tx: SignedTx, signedHeight: number, repairs: number): Pending {
  const { hash: txHash, sequence, timeoutHeight } = tx;
  const { batchId } = batch;
  return {
    batchId,
    txHash,
    sequence,
    timeoutHeight,
    signedHeight,
    own: { batch, tx },
    repairs,
    refusals: new Map(),
    ...NEW,
  };
}

/** One of a former process: it can only be looked for. */
export function formerTx({ sequence, ...former }: FormerTx): Pending {
  return { ...former, sequence: BigInt(sequence), own: undefined, repairs: 0, refusals: new Map(), ...NEW };
}

/**
 * Takes in that a node refuses it for another reason than its sequence. Two nodes with one reason make it `certain` that no node has
 * it, unless a copy was left in doubt; after the first, another is to be asked; and when all were, nothing is sure.
 */
export function refusedBy(
  { refusals, doubtful }: Pending,
  node: NodePort,
  checked: CheckedTx,
): 'certain' | 'ask-another' | 'unsure' {
  const askedBefore = refusals.has(node);
  refusals.set(node, checked);
  const same = [...refusals.values()].filter(
    ({ code, codespace }) => code === checked.code && codespace === checked.codespace,
  );
  if (same.length > 1 && !doubtful) return 'certain';
  return askedBefore ? 'unsure' : 'ask-another';
}

/** Who refused it, and why, for people. */
export function refusalsText({ refusals }: Pending): string {
  return [...refusals].map(([{ name }, { code, log }]) => `${name} refused it with code ${code}: ${log}`).join('; ');
}

/** What a block says of the transaction under way. */
export interface Found {
  readonly pending: Pending;
  readonly result: IncludedTx;
}
