/**
 * Ports of signing. A key in memory is one implementation (`createKeySigner`); a security module or a cloud key service that
 * signs with Ed25519 (RFC 8032, the plain variant) fits as well: it gets the bytes and answers 64.
 */
export interface Signer {
  /** The 32 bytes of the public key. */
  readonly publicKey: Uint8Array;
  /** 8 bytes by which minisign files name the key. */
  readonly keyId: Uint8Array;
  /** Ed25519 over `message`; 64 bytes. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A public key and the id by which files name it. */
export interface PublicKey {
  readonly keyId: Uint8Array;
  /** 32 bytes. */
  readonly bytes: Uint8Array;
}

/** A pair of keys. `seed` is the secret: 32 bytes that never leave in a message, a log or an error. */
export interface KeyPair extends PublicKey {
  readonly seed: Uint8Array;
}
