import type { ApplyOptions, ApplyReport } from '../apply/apply-options.js';
import { applyPatchTo } from '../apply/apply-patch.js';
import { toHex } from '../bytes/hex.js';
import { inspectPatch } from '../container/inspect-patch.js';
import type { CreateOptions, CreateReport } from '../create/create-options.js';
import { createPatch } from '../create/create-patch.js';
import { sha256 } from '../digest/digest.js';
import { AtomicFile } from './atomic-file.js';
import { FileReader, readWholeFile } from './file-reader.js';

export interface CreatePatchFileOptions extends CreateOptions {
  /** Paths: the two images to read and the patch to write. */
  readonly old: string;
  readonly new: string;
  readonly patch: string;
  /** Overwrite an existing patch. */
  readonly force?: boolean | undefined;
}

export interface ApplyPatchFileOptions extends ApplyOptions {
  /** Paths: the old image and the patch to read, the new image to write. `new` may be `old`: it is replaced. */
  readonly old: string;
  readonly patch: string;
  readonly new: string;
  /** Overwrite an existing file. */
  readonly force?: boolean | undefined;
}

/** `createPatch` on files. The patch appears whole or not at all. Errors as createPatch, and StorageError. */
export async function createPatchFile(options: CreatePatchFileOptions): Promise<CreateReport> {
  const { patch, report } = await createPatch(
    readWholeFile(options.old),
    readWholeFile(options.new),
    options,
  );
  writeFileAtomically(options.patch, patch, options.force);
  return report;
}

/**
 * `applyPatch` on files: old is read in pieces and held open, new appears whole, after what the disk holds was read back, or not
 * at all. Errors as applyPatch, and StorageError.
 */
export async function applyPatchFile(options: ApplyPatchFileOptions): Promise<ApplyReport> {
  const patch = readWholeFile(options.patch);
  const { newSize } = inspectPatch(patch);
  const old = new FileReader(options.old);
  let file: AtomicFile | undefined;
  try {
    // Opened at the first byte of new: a refused patch touches nothing.
    const sink = {
      write(bytes: Uint8Array, offset: number) {
        file ??= openNew(options, newSize);
        file.write(bytes, offset);
      },
    };
    const report = await applyPatchTo(old, patch, sink, { checkWindows: false, ...options });
    file ??= openNew(options, newSize);
    file.commit(report.newDigest);
    return report;
  } finally {
    file?.discard();
    old.close();
  }
}

function openNew({ new: path, force }: ApplyPatchFileOptions, expectedSize: number): AtomicFile {
  return new AtomicFile(path, { force, expectedSize });
}

/** Writes bytes to a file that appears whole or not at all. */
export function writeFileAtomically(path: string, bytes: Uint8Array, force?: boolean): void {
  const file = new AtomicFile(path, { force, expectedSize: bytes.length });
  try {
    file.write(bytes, 0);
    file.commit(toHex(sha256(bytes)));
  } finally {
    file.discard();
  }
}
