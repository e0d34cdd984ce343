import { bytesAccess, type RandomAccess, readFully } from '../bytes/random-access.js';

/** An image as it is told to a thread: the file of a descriptor, or bytes in shared memory. */
export type SharedSource = { readonly descriptor: number; readonly size: number } | SharedArrayBuffer;

/** A thread reads files itself; what is elsewhere is copied for all of them. */
export function shareSource(source: RandomAccess): SharedSource {
  const { descriptor, size } = source;
  if (descriptor !== undefined) return { descriptor, size };
  const shared = new SharedArrayBuffer(size);
  readFully(source, 0, new Uint8Array(shared));
  return shared;
}

/** The image in a thread. */
export function openShared(source: SharedSource): RandomAccess {
  if (source instanceof SharedArrayBuffer) return bytesAccess(new Uint8Array(source));
  const files = globalThis.process.getBuiltinModule('node:fs');
  const { descriptor, size } = source;
  return {
    size,
    read: (offset, into) => files.readSync(descriptor, into, 0, into.length, offset),
  };
}
