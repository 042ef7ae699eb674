import { coin } from './dex.ts';
import {
  bytes,
  enumeration,
  type MessageOf,
  message,
  nested,
  repeated,
  repeatedBytes,
  string,
  uint64,
} from './message.ts';
import { pageRequest, pageResponse } from './query.ts';

/**
 * The few messages of the Cosmos SDK (0.45) that placing an order needs: transactions and what is signed, account and
 * balance queries, simulation. Field numbers from cosmos-sdk's `proto/cosmos/{tx,auth,bank,base/abci}/v1beta1`.
 */

/** A message with its type (`google.protobuf.Any`). */
export const any = message('google.protobuf.Any', { typeUrl: string(1, 'type_url'), value: bytes(2) });
/** Value of {@link any}. */
export type Any = MessageOf<typeof any>;

/** A transaction's messages and terms. From `timeoutHeight` + 1 on the transaction can't be included; 0 means never. */
export const txBody = message('cosmos.tx.v1beta1.TxBody', {
  messages: repeated(1, any),
  memo: string(2),
  timeoutHeight: uint64(3, 'timeout_height'),
});
/** Value of {@link txBody}. */
export type TxBody = MessageOf<typeof txBody>;

/** How a transaction was signed. */
export const SignMode = { SIGN_MODE_UNSPECIFIED: 0, SIGN_MODE_DIRECT: 1, SIGN_MODE_LEGACY_AMINO_JSON: 127 } as const;

/** A single signature’s mode. */
export const modeInfoSingle = message('cosmos.tx.v1beta1.ModeInfo.Single', { mode: enumeration(1, SignMode) });
/** One signature's mode; multisignatures are not covered. */
export const modeInfo = message('cosmos.tx.v1beta1.ModeInfo', { single: nested(1, modeInfoSingle) });
/** A signer's key, mode and account sequence. */
export const signerInfo = message('cosmos.tx.v1beta1.SignerInfo', {
  publicKey: nested(1, any, 'public_key'),
  modeInfo: nested(2, modeInfo, 'mode_info'),
  sequence: uint64(3),
});
/** What the sender pays and the gas he allows. */
export const fee = message('cosmos.tx.v1beta1.Fee', {
  amount: repeated(1, coin),
  gasLimit: uint64(2, 'gas_limit'),
  payer: string(3),
  granter: string(4),
});
/** Who signs a transaction, and what is paid for it. */
export const authInfo = message('cosmos.tx.v1beta1.AuthInfo', {
  signerInfos: repeated(1, signerInfo, 'signer_infos'),
  fee: nested(2, fee),
});
/** Value of {@link authInfo}. */
export type AuthInfo = MessageOf<typeof authInfo>;

/** A signed transaction as it travels: body and auth info as the very bytes that were signed. */
export const txRaw = message('cosmos.tx.v1beta1.TxRaw', {
  bodyBytes: bytes(1, 'body_bytes'),
  authInfoBytes: bytes(2, 'auth_info_bytes'),
  signatures: repeatedBytes(3),
});
/** Value of {@link txRaw}. */
export type TxRaw = MessageOf<typeof txRaw>;

/** What SIGN_MODE_DIRECT signs. */
export const signDoc = message('cosmos.tx.v1beta1.SignDoc', {
  bodyBytes: bytes(1, 'body_bytes'),
  authInfoBytes: bytes(2, 'auth_info_bytes'),
  chainId: string(3, 'chain_id'),
  accountNumber: uint64(4, 'account_number'),
});

/** A compressed secp256k1 public key, 33 bytes. */
export const secp256k1PubKey = message('cosmos.crypto.secp256k1.PubKey', { key: bytes(1) });

/** An account's number and next sequence. */
export const baseAccount = message('cosmos.auth.v1beta1.BaseAccount', {
  address: string(1),
  pubKey: nested(2, any, 'pub_key'),
  accountNumber: uint64(3, 'account_number'),
  sequence: uint64(4),
});
/** Asks for an account by its bech32 address, at `/cosmos.auth.v1beta1.Query/Account`. */
export const queryAccountRequest = message('cosmos.auth.v1beta1.QueryAccountRequest', { address: string(1) });
/** The account, a {@link baseAccount} inside. */
export const queryAccountResponse = message('cosmos.auth.v1beta1.QueryAccountResponse', { account: nested(1, any) });

/** Asks for one balance, at `/cosmos.bank.v1beta1.Query/Balance`. */
export const queryBalanceRequest = message('cosmos.bank.v1beta1.QueryBalanceRequest', {
  address: string(1),
  denom: string(2),
});
/** The balance, zero for a denom the account never held. */
export const queryBalanceResponse = message('cosmos.bank.v1beta1.QueryBalanceResponse', { balance: nested(1, coin) });
/** Asks for all balances, at `/cosmos.bank.v1beta1.Query/AllBalances`. */
export const queryAllBalancesRequest = message('cosmos.bank.v1beta1.QueryAllBalancesRequest', {
  address: string(1),
  pagination: nested(2, pageRequest),
});
/** All balances above zero, by denom. */
export const queryAllBalancesResponse = message('cosmos.bank.v1beta1.QueryAllBalancesResponse', {
  balances: repeated(1, coin),
  pagination: nested(2, pageResponse),
});

/** One message's answer; the responses of a transaction are in `data` of its result (`TxMsgData`, SDK 0.45 form). */
export const msgData = message('cosmos.base.abci.v1beta1.MsgData', { msgType: string(1, 'msg_type'), data: bytes(2) });
/** The answers to a transaction’s messages, in their order. */
export const txMsgData = message('cosmos.base.abci.v1beta1.TxMsgData', { data: repeated(1, msgData) });

/** Gas allowed and gas used. */
export const gasInfo = message('cosmos.base.abci.v1beta1.GasInfo', {
  gasWanted: uint64(1, 'gas_wanted'),
  gasUsed: uint64(2, 'gas_used'),
});
/** What the messages of a simulated transaction gave. */
export const abciResult = message('cosmos.base.abci.v1beta1.Result', { data: bytes(1), log: string(2) });
/** A transaction to try without committing it; `txBytes` is a {@link txRaw}, its signature unchecked. */
export const simulateRequest = message('cosmos.tx.v1beta1.SimulateRequest', { txBytes: bytes(2, 'tx_bytes') });
/** Answer of `/cosmos.tx.v1beta1.Service/Simulate`. */
export const simulateResponse = message('cosmos.tx.v1beta1.SimulateResponse', {
  gasInfo: nested(1, gasInfo, 'gas_info'),
  result: nested(2, abciResult),
});

/** The bank transfer, which faucets use. */
export const msgSend = message('cosmos.bank.v1beta1.MsgSend', {
  fromAddress: string(1, 'from_address'),
  toAddress: string(2, 'to_address'),
  amount: repeated(3, coin),
});
