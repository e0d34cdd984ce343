import type { ApplyOptions, ApplyReport } from '../apply/apply-options.js';
import { applyPatchTo } from '../apply/apply-patch.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { inspectPatch } from '../container/inspect-patch.js';
import { AtomicFile } from './atomic-file.js';
import { findDestination } from './destination.js';
import { FileReader, readWholeFile } from './file-reader.js';

/** Where a new image goes. */
export interface NewFileOptions extends ApplyOptions {
  /** Path of the new image to write. */
  readonly new: string;
  /** Overwrite an existing file. */
  readonly force?: boolean | undefined;
}

export interface ApplyPatchFileOptions extends NewFileOptions {
  /** Path of the old image to read. `new` may be the same path: with `force` it is replaced. */
  readonly old: string;
  /** Path of the patch, or its bytes. */
  readonly patch: string | Uint8Array;
}

/**
 * `applyPatch` on files: old is read in pieces and held open, new appears whole, after what the disk holds was read back, or not
 * at all. Errors as applyPatch, and StorageError.
 */
export async function applyPatchFile(options: ApplyPatchFileOptions): Promise<ApplyReport> {
  // Told before the work begins; the destination is looked at again when the file is opened and when it appears.
  findDestination(options.new, options.force);
  const patch = typeof options.patch === 'string' ? readWholeFile(options.patch) : options.patch;
  const old = new FileReader(options.old);
  try {
    return await applyToFile(old, patch, options);
  } finally {
    old.close();
  }
}

/** Applies a patch to an old image from anywhere; the new file appears whole or not at all. */
export async function applyToFile(
  old: RandomAccess,
  patch: Uint8Array,
  options: NewFileOptions,
): Promise<ApplyReport> {
  const { new: path, force } = options;
  let file: AtomicFile | undefined;
  // Opened at the first byte of new: a refused patch touches nothing.
  const openNew = () => {
    file ??= new AtomicFile(path, { force, expectedSize: inspectPatch(patch).newSize });
    return file;
  };
  try {
    // The bytes appear only after the whole digest matched, so windows need no digest of their own.
    const report = await applyPatchTo(
      old,
      patch,
      { write: (bytes, offset) => openNew().write(bytes, offset) },
      { checkWindows: false, ...options },
    );
    options.signal?.throwIfAborted();
    openNew().commit(report.newDigest);
    return report;
  } finally {
    file?.discard();
  }
}
