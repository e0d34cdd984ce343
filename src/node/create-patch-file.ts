import type { CreateOptions, CreateReport } from '../create/create-options.js';
import { assertInputSizes, createPatch } from '../create/create-patch.js';
import { writeFileAtomically } from './atomic-file.js';
import { findDestination } from './destination.js';
import { FileReader } from './file-reader.js';

export interface CreatePatchFileOptions extends CreateOptions {
  /** Paths: the two images to read and the patch to write. */
  readonly old: string;
  readonly new: string;
  readonly patch: string;
  /** Overwrite an existing patch. */
  readonly force?: boolean | undefined;
}

/** `createPatch` on files. The patch appears whole or not at all. Errors as createPatch, and StorageError. */
export async function createPatchFile(options: CreatePatchFileOptions): Promise<CreateReport> {
  // Told before minutes are spent, not after.
  findDestination(options.patch, options.force);
  const { oldBytes, newBytes } = readImages(options.old, options.new);
  const { patch, report } = await createPatch(oldBytes, newBytes, options);
  writeFileAtomically(options.patch, patch, options.force);
  return report;
}

/** The bytes of both images, which are not read when either is too large. Throws LimitError(INPUT_SIZE_LIMIT), StorageError. */
function readImages(oldPath: string, newPath: string) {
  const old = new FileReader(oldPath);
  try {
    const next = new FileReader(newPath);
    try {
      assertInputSizes(old.size, next.size);
      return { oldBytes: old.readAll(), newBytes: next.readAll() };
    } finally {
      next.close();
    }
  } finally {
    old.close();
  }
}
