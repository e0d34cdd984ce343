import { blake2b } from '@noble/hashes/blake2.js';

/** BLAKE2b (RFC 7693) of a message, 1 to 64 bytes of it. */
export function blake2bDigest(message: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(blake2b(message, { dkLen: size }));
}
