import { ripemd160, Secp256k1, Secp256k1Signature, sha256 } from '@cosmjs/crypto';
import { toBech32, toHex } from '@cosmjs/encoding';
import { SignMode, signDoc } from '../sei/codec/cosmos.ts';
import type { Amount } from './bank.ts';
import { Code, type DecodedTx, TxRefusal } from './tx.ts';

/** What the ante handler asks of an account; CheckTx answers from its own state, DeliverTx from the chain's. */
export interface AccountsView {
  find(
    address: string,
  ): { readonly number: number; readonly sequence: number; readonly publicKey: Uint8Array } | undefined;
  /** Raises the sequence by one and remembers the key, unless it is empty. */
  advance(address: string, publicKey: Uint8Array): void;
  balance(address: string, denom: string): bigint;
  /** Moves a fee to the collector; the balance must suffice. */
  payFee(address: string, denom: string, amount: bigint): void;
}

/** What a transaction costs. Prices are in millionths of usei a gas. */
export interface FeeParams {
  /** Least ordinary price; sei-chain's default of 0.1 usei. */
  readonly gasPriceMicro: bigint;
  /** Gas that the contract's hooks need for each placed order and dependency: 55,000 at 0.1 usei make 5,500 usei. */
  readonly gasPerOrder: bigint;
  /** The same for a cancel: 0 in v3.7, 53,000 in later releases. */
  readonly gasPerCancel: bigint;
  /** The same for a byte of an order's data: 0 in v3.7, 30 in later releases. */
  readonly gasPerOrderDataByte: bigint;
}

/** Fees of v3.7.0, the chain that was measured. */
export const DEFAULT_FEES: FeeParams = {
  gasPriceMicro: 100_000n,
  gasPerOrder: 55_000n,
  gasPerCancel: 0n,
  gasPerOrderDataByte: 0n,
};

/** What fees are paid in. */
export const FEE_DENOM = 'usei';
/** Prefix of every bech32 address. */
export const ADDRESS_PREFIX = 'sei';

/** The SDK's default limit of a memo, in bytes. */
const MEMO_MAX_BYTES = 256;

/**
 * Half the order of secp256k1. Signatures above it are refused: else anybody could give a transaction a second hash.
 */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** How much of the checks to do: a recheck after a block skips the signature, as the SDK does. */
export type AnteMode = 'check' | 'recheck' | 'deliver' | 'simulate';

/**
 * Everything that is demanded of a transaction before its messages run: timeout height, memo, fee, sequence, signature
 * and the dex fee, in the SDK's order. Changes nothing: {@link applyAnte} does, once nothing more can be refused.
 *
 * @throws TxRefusal
 */
export function checkAnte(
  tx: DecodedTx,
  accounts: AccountsView,
  chain: { readonly chainId: string; readonly height: number; readonly fees: FeeParams },
  mode: AnteMode,
): void {
  // In CheckTx the height is the last block's, in DeliverTx that of the block being made.
  if (tx.timeoutHeight !== 0n && BigInt(chain.height) > tx.timeoutHeight) {
    const heights = `block height: ${chain.height}, timeout height: ${tx.timeoutHeight}`;
    throw new TxRefusal(Code.TX_TIMEOUT_HEIGHT, `${heights}: tx timeout height`);
  }
  const memoBytes = Buffer.byteLength(tx.memo);
  if (memoBytes > MEMO_MAX_BYTES) {
    const lengths = `maximum number of characters is ${MEMO_MAX_BYTES} but received ${memoBytes} characters`;
    throw new TxRefusal(Code.MEMO_TOO_LARGE, `${lengths}: memo too large`);
  }
  const account = accounts.find(tx.signer);
  if (account === undefined) {
    throw new TxRefusal(Code.UNKNOWN_ADDRESS, `account ${tx.signer} does not exist: unknown address`);
  }
  if (mode !== 'simulate') demandFee(tx, accounts, chain.fees, mode);
  if (tx.sequence !== BigInt(account.sequence)) {
    const numbers = `account sequence mismatch, expected ${account.sequence}, got ${tx.sequence}`;
    throw new TxRefusal(Code.WRONG_SEQUENCE, `${numbers}: incorrect account sequence`);
  }
  if (mode !== 'check' && mode !== 'deliver') return;
  verifySignature(tx, tx.publicKey.length > 0 ? tx.publicKey : account.publicKey, account, chain.chainId);
  demandDexFee(tx, chain.fees);
}

/** Takes the fee and raises the sequence, after {@link checkAnte} has passed. */
export function applyAnte(tx: DecodedTx, accounts: AccountsView): void {
  for (const [denom, amount] of sumByDenom(tx.fee)) accounts.payFee(tx.signer, denom, amount);
  accounts.advance(tx.signer, tx.publicKey);
}

/** The bech32 address that a compressed secp256k1 key controls. */
export function addressOf(publicKey: Uint8Array): string {
  return toBech32(ADDRESS_PREFIX, ripemd160(sha256(publicKey)));
}

/** Only placing is free of ordinary gas; one other message in the transaction and all of it costs. */
export function isGasless(tx: DecodedTx): boolean {
  return tx.messages.every((message) => message.kind === 'place');
}

function demandFee(tx: DecodedTx, accounts: AccountsView, fees: FeeParams, mode: AnteMode): void {
  const offered = sumByDenom(tx.fee);
  const required = (tx.gasLimit * fees.gasPriceMicro + 999_999n) / 1_000_000n;
  const paid = offered.get(FEE_DENOM) ?? 0n;
  if (mode === 'check' && !isGasless(tx) && paid < required) refuseFee(paid, required);
  for (const [denom, amount] of offered) {
    const held = accounts.balance(tx.signer, denom);
    if (held >= amount) continue;
    throw new TxRefusal(
      Code.INSUFFICIENT_FUNDS,
      `${held}${denom} is smaller than ${amount}${denom}: insufficient funds`,
    );
  }
}

/** Amounts of the same denom added up. */
export function sumByDenom(amounts: readonly Amount[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { denom, amount } of amounts) sums.set(denom, (sums.get(denom) ?? 0n) + amount);
  return sums;
}

function demandDexFee(tx: DecodedTx, fees: FeeParams): void {
  let gas = 0n;
  for (const message of tx.messages) {
    if (message.kind === 'cancel') gas += fees.gasPerCancel * BigInt(message.value.cancellations.length);
    if (message.kind !== 'place') continue;
    for (const order of message.value.orders) {
      gas += fees.gasPerOrder + fees.gasPerOrderDataByte * BigInt(Buffer.byteLength(order.data));
    }
  }
  const required = gas / 10n;
  const offered = sumByDenom(tx.fee).get(FEE_DENOM) ?? 0n;
  if (offered < required) refuseFee(offered, required);
}

function refuseFee(offered: bigint, required: bigint): never {
  const amounts = `got: ${offered}${FEE_DENOM} required: ${required}${FEE_DENOM}`;
  throw new TxRefusal(Code.INSUFFICIENT_FEE, `insufficient fees; ${amounts}: insufficient fee`);
}

function verifySignature(
  tx: DecodedTx,
  publicKey: Uint8Array,
  account: { readonly number: number; readonly sequence: number },
  chainId: string,
): void {
  // Below wire and signatures there is none.
  if (tx.raw === undefined) return;
  if (publicKey.length !== 33 || addressOf(publicKey) !== tx.signer) {
    throw new TxRefusal(Code.INVALID_PUBKEY, `pubKey does not match signer address ${tx.signer}: invalid pubkey`);
  }
  const document = signDoc.encode({
    bodyBytes: tx.raw.bodyBytes,
    authInfoBytes: tx.raw.authInfoBytes,
    chainId,
    accountNumber: BigInt(account.number),
  });
  const [signature] = tx.raw.signatures;
  if (tx.signMode === SignMode.SIGN_MODE_DIRECT && signature?.length === 64) {
    try {
      const parsed = Secp256k1Signature.fromFixedLength(signature);
      const low = BigInt(`0x${toHex(parsed.s())}`) <= HALF_ORDER;
      if (low && Secp256k1.verifySignature(parsed, sha256(document), publicKey)) return;
    } catch {
      // A signature or key that is no valid number or point throws; to the chain that is a wrong signature like any other.
    }
  }
  const hint = `account number (${account.number}), sequence (${account.sequence}) and chain-id (${chainId})`;
  throw new TxRefusal(Code.UNAUTHORIZED, `signature verification failed; please verify ${hint}: unauthorized`);
}
