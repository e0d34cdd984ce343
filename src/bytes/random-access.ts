import { patchError } from '../errors/patch-error.js';

/** Bytes that can be read at any place, for instance an open file. Reads are synchronous. */
export interface RandomAccess {
  /** Size in bytes; must not change while the operation runs. */
  readonly size: number;
  /** Fills `into` from `offset` on; answers how many bytes were there (less only at the end). */
  read(offset: number, into: Uint8Array): number;
  /** Of an open file, which threads of this process can read by it too. */
  readonly descriptor?: number | undefined;
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

/** Fills `into` or throws StorageError: the source became shorter while it was read. */
export function readFully(source: RandomAccess, offset: number, into: Uint8Array): void {
  for (let done = 0; done < into.length; ) {
    const count = source.read(offset + done, into.subarray(done));
    if (!(count > 0)) {
      throw patchError(
        'READ_FAILED',
        'storage',
        `reading ended at offset ${offset + done} of ${source.size}`,
        {
          offset: offset + done,
          expected: source.size,
        },
      );
    }
    done += count;
  }
}

/** `size` bytes of a source from `offset` on: a view where the source has them in memory, else read into the front of `buffer`. */
export function viewBytes(
  source: RandomAccess,
  offset: number,
  size: number,
  buffer: Uint8Array = new Uint8Array(size),
): Uint8Array {
  const { bytes } = source as { readonly bytes?: unknown };
  if (bytes instanceof Uint8Array) return bytes.subarray(offset, offset + size);
  const view = buffer.subarray(0, size);
  readFully(source, offset, view);
  return view;
}
