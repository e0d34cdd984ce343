import { applyImage } from '../apply/apply-image.js';
import type { ApplyOptions, ApplyReport } from '../apply/apply-options.js';
import { chooseWay, verifySignature } from '../apply/apply-patch.js';
import type { Decoders } from '../apply/decoders.js';
import { loadDecoders } from '../apply/load-decoders.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { inspectPatch } from '../container/inspect-patch.js';
import { StorageError } from '../errors/patch-error.js';
import { runAsync } from '../progress/run-steps.js';
import { AtomicFile } from './atomic-file.js';
import { findDestination } from './destination.js';
import { FileReader, readWholeFile } from './file-reader.js';
import { ResumableFile } from './resumable-file.js';

/** Where a new image goes. */
export interface NewFileOptions extends ApplyOptions {
  /** Path of the new image to write. */
  readonly new: string;
  /** Overwrite an existing file. */
  readonly force?: boolean | undefined;
  /**
   * Go on where an earlier call to the same path was killed, and leave what lets a later one go on: finished windows and a journal beside the
   * new file. They are removed when the file appears, and begun anew for another patch. Default: false, nothing is left.
   */
  readonly resume?: boolean | undefined;
}

/** What to apply to what, and where new goes. */
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

/** Applies a patch to an old image from anywhere; the new file appears whole or not at all. Errors as applyPatchFile. */
export async function applyToFile(
  old: RandomAccess,
  patch: Uint8Array,
  options: NewFileOptions,
): Promise<ApplyReport> {
  const { new: path, force } = options;
  const way = chooseWay(patch, options);
  let file: AtomicFile | ResumableFile | undefined;
  // Opened at the first byte of new: a refused patch touches nothing.
  const openNew = () => {
    file ??= options.resume
      ? new ResumableFile(path, way, force)
      : new AtomicFile(path, { force, expectedSize: inspectPatch(way).newSize });
    return file;
  };
  try {
    await verifySignature(patch, options);
    const decoders = await loadDecoders(way);
    const sink = { write: (bytes: Uint8Array, offset: number) => openNew().write(bytes, offset) };
    // The file is hashed as it is read back from the disk, before it appears: neither windows nor all of new need a digest on the way.
    const inFile = { checkWindows: false, ...options, sinkProvesNew: true };
    const report = await runAsync(applyImage(old, way, sink, decoders, inFile), options);
    options.signal?.throwIfAborted();
    await commitNew(openNew(), report.newDigest, () => proveNew(old, way, decoders, options));
    return report;
  } catch (error) {
    // What was right so far may be of use when the storage is back or the caller is; a wrong patch or result leaves nothing.
    if (file instanceof ResumableFile && isInterruption(error, options)) file.keep();
    throw error;
  } finally {
    file?.discard();
  }
}

/** Lets the file appear. When it holds other bytes than it should, `prove` tells whether these were made so or became so. */
async function commitNew(
  file: AtomicFile | ResumableFile,
  newDigest: string,
  prove: () => Promise<unknown>,
): Promise<void> {
  try {
    file.commit(newDigest);
  } catch (error) {
    if (error instanceof StorageError && error.data.found !== undefined) await prove();
    throw error;
  }
}

/** Decodes once more, to nowhere. Throws VerifyError when the patch makes another image than it names. */
function proveNew(
  old: RandomAccess,
  patch: Uint8Array,
  decoders: Decoders,
  options: NewFileOptions,
): Promise<ApplyReport> {
  const nowhere = { write() {} };
  return runAsync(applyImage(old, patch, nowhere, decoders, { ...options, checkWindows: false }), options);
}

function isInterruption(error: unknown, { signal }: NewFileOptions): boolean {
  return error instanceof StorageError || signal?.aborted === true;
}
