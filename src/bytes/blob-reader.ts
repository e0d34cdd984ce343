import { webFileError, withWebFile } from './web-file-error.js';

/** Reads a Blob in pieces, which only workers can do; typed here because not every set of types has it. */
declare const FileReaderSync:
  | (new () => {
      readAsArrayBuffer(blob: Blob): ArrayBuffer;
    })
  | undefined;

/**
 * Reads a Blob at any place: at once in a worker of a browser, which has `FileReaderSync`, so that a Blob of any size is read in pieces; as a promise
 * elsewhere. Throws, or rejects with, StorageError(READ_FAILED) when the file behind the Blob changed or is gone.
 */
export function readBlob(blob: Blob): {
  readonly size: number;
  read(offset: number, into: Uint8Array): number | Promise<number>;
} {
  const pieceOf = (offset: number, size: number) => blob.slice(offset, offset + size);
  const take = (buffer: ArrayBuffer, into: Uint8Array) => {
    into.set(new Uint8Array(buffer));
    return buffer.byteLength;
  };
  if (typeof FileReaderSync === 'function') {
    const reader = new FileReaderSync();
    return {
      size: blob.size,
      read: (offset, into) =>
        take(
          withWebFile('the Blob', 'READ_FAILED', () =>
            reader.readAsArrayBuffer(pieceOf(offset, into.length)),
          ),
          into,
        ),
    };
  }
  return {
    size: blob.size,
    async read(offset, into) {
      try {
        return take(await pieceOf(offset, into.length).arrayBuffer(), into);
      } catch (cause) {
        throw webFileError('the Blob', 'READ_FAILED', cause);
      }
    },
  };
}
