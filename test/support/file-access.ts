import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { RandomAccess } from '../../src/bytes/random-access.js';

/** Runs `use` with random access to a file, never holding more of it than a reader asks for. */
export function withFile<Result>(path: string, use: (source: RandomAccess) => Result): Result {
  const file = openSync(path, 'r');
  try {
    return use({
      size: fstatSync(file).size,
      read: (offset, into) => readSync(file, into, 0, into.length, offset),
    });
  } finally {
    closeSync(file);
  }
}
