/** Bytes that can be read at any place, for instance an open file. Reads are synchronous. */
export interface RandomAccess {
  /** Size in bytes; must not change while the operation runs. */
  readonly size: number;
  /** Fills `into` from `offset` on; answers how many bytes were there (less only at the end). */
  read(offset: number, into: Uint8Array): number;
}

/** Random access to bytes in memory. */
export function bytesAccess(bytes: Uint8Array): RandomAccess & { readonly bytes: Uint8Array } {
  return {
    bytes,
    size: bytes.length,
    read(offset, into) {
      const piece = bytes.subarray(offset, offset + into.length);
      into.set(piece);
      return piece.length;
    },
  };
}
