import type { ApplyReport } from '../apply/apply-options.js';
import { type OldReader, PatchStream, type PatchStreamOptions } from '../apply/patch-stream.js';
import { type SeekableSink, sinkStream } from '../bytes/sink-stream.js';
import { type AccessHandle, readAccessHandle } from './access-handle.js';
import { AccessHandleFile } from './access-handle-file.js';

/** An old image: bytes, a Blob, a file of the private file system, or whatever reads at any place. */
export type OldSource = Uint8Array | Blob | AccessHandle | OldReader;

/** A patch: bytes, a Blob, or the body of an answer as it arrives. */
export type PatchSource = Uint8Array | Blob | ReadableStream<Uint8Array>;

/** What to apply to what, by handles that the caller opened and closes. */
export interface ApplyToHandleOptions extends PatchStreamOptions {
  /** Old; a handle is read where it stands and stays open. */
  readonly old: OldSource;
  readonly patch: PatchSource;
  /** The file that becomes new, which is not that of old; it stays open. */
  readonly new: AccessHandle;
}

/**
 * Applies a patch to a file that a worker holds open. At the end the file is new, was flushed, and was read back; after an error it is empty, or as it was
 * when the error came before the first byte of new. A tab that dies in between leaves the beginning of new: only what this function said is whole
 * may be used, or use `applyPatchInFolder`, where the name tells. Errors as `applyPatch`, and StorageError.
 */
export async function applyPatchToHandle(options: ApplyToHandleOptions): Promise<ApplyReport> {
  const { old, patch, new: handle } = options;
  if ((old as unknown) === handle)
    throw new TypeError('new: it is the handle of old, which is read while new is written');
  const file = new AccessHandleFile(handle);
  try {
    const report = await pipePatch(openOld(old), patch, file, options);
    options.signal?.throwIfAborted();
    await file.commit(report.newDigest);
    return report;
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** Old as `PatchStream` reads it. */
export function openOld(old: OldSource): Uint8Array | Blob | OldReader {
  return 'getSize' in old ? readAccessHandle(old) : old;
}

/** Runs a patch from where it comes from into a sink. */
export async function pipePatch(
  old: Uint8Array | Blob | OldReader,
  patch: PatchSource,
  sink: SeekableSink,
  options: PatchStreamOptions,
): Promise<ApplyReport> {
  const stream = new PatchStream(old, options);
  await bodyOf(patch).pipeThrough(stream).pipeTo(sinkStream(sink));
  return stream.report;
}

function bodyOf(patch: PatchSource): ReadableStream<Uint8Array> {
  if (patch instanceof Blob) return patch.stream();
  if (!(patch instanceof Uint8Array)) return patch;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(patch);
      controller.close();
    },
  });
}
