import {
  Bip39,
  EnglishMnemonic,
  type HdPath,
  Secp256k1,
  Slip10,
  Slip10Curve,
  Slip10RawIndex,
  sha256,
} from '@cosmjs/crypto';
import { toBech32 } from '@cosmjs/encoding';
import { rawSecp256k1PubkeyToRawAddress } from '@cosmjs/tendermint-rpc';
import { signDoc } from '../codec/cosmos.ts';

/** The key of one account. It signs; it shows nothing of itself. */
export interface Wallet {
  readonly address: string;
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** Signs a transaction in DIRECT mode: 64 bytes, r and s. */
  sign(document: {
    bodyBytes: Uint8Array;
    authInfoBytes: Uint8Array;
    chainId: string;
    accountNumber: bigint;
  }): Uint8Array;
}

/** Prefix of every Sei address. */
const PREFIX = 'sei';

/** m/44'/118'/0'/0/0, the path of Cosmos wallets. */
const PATH: HdPath = [
  Slip10RawIndex.hardened(44),
  Slip10RawIndex.hardened(118),
  Slip10RawIndex.hardened(0),
  Slip10RawIndex.normal(0),
  Slip10RawIndex.normal(0),
];

/**
 * The wallet of a mnemonic.
 *
 * cosmjs's own wallet encodes what it signs with a library that writes some 64-bit numbers wrongly, so the document is
 * encoded by our codec and only the cryptography is cosmjs's.
 *
 * @throws Error when the words are no BIP-39 mnemonic; it does not repeat them
 */
export async function walletOf(mnemonic: string): Promise<Wallet> {
  const words = mnemonic.trim().split(/\s+/);
  let seed: Uint8Array;
  try {
    seed = await Bip39.mnemonicToSeed(new EnglishMnemonic(words.join(' ')));
  } catch {
    throw new Error(
      `sei.mnemonic: ${words.length} words that are no BIP-39 mnemonic: expected 12 to 24 English words with a valid checksum`,
    );
  }
  const { privkey } = Slip10.derivePath(Slip10Curve.Secp256k1, seed, PATH);
  const publicKey = Secp256k1.compressPubkey((await Secp256k1.makeKeypair(privkey)).pubkey);
  return {
    address: toBech32(PREFIX, rawSecp256k1PubkeyToRawAddress(publicKey)),
    publicKey,
    sign: (document) => {
      const digest = sha256(signDoc.encode(document));
      const signature = Secp256k1.createSignature(digest, privkey);
      return Uint8Array.from([...signature.r(32), ...signature.s(32)]);
    },
  };
}
