/** What a process that comes after has to know of a transaction to find out what became of it. */
export interface SignedRecord {
  readonly txHash: string;
  readonly sequence: string;
  /** No later block takes it. */
  readonly timeoutHeight: number;
  /** The last block told when it was signed: no block up to this one has it. */
  readonly signedHeight: number;
}

/** A transaction that a former process signed, and of which it may not have learnt the fate. */
export interface FormerTx extends SignedRecord {
  readonly batchId: number;
}

/** Called before a transaction's bytes leave; these wait for a promise, and stay here when it fails. */
export type OnSigned = (batchId: number, record: SignedRecord) => void | Promise<void>;
