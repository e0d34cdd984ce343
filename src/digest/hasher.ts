/** A running digest of bytes that arrive in pieces. */
export interface Hasher {
  update(bytes: Uint8Array): this;
  /** The digest of all bytes so far, in memory of its own; the hasher is used up. */
  digest(): Uint8Array<ArrayBuffer>;
}

/** Bytes of a SHA-256 digest. */
export const SHA256_SIZE = 32;
