import type { CreateOptions, CreateReport } from '../create/create-options.js';
import { createPatchFrom } from '../create/create-patch.js';
import { writeFileAtomically } from './atomic-file.js';
import { findDestination } from './destination.js';
import { FileReader, useUnchanged } from './file-reader.js';

/** Beside the options of `createPatch`, the paths. */
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
  const old = new FileReader(options.old);
  try {
    const next = new FileReader(options.new);
    try {
      const make = () => createPatchFrom({ old, next }, options);
      const { patch, report } = await useUnchanged([old, next], make);
      writeFileAtomically(options.patch, patch, options.force);
      return report;
    } finally {
      next.close();
    }
  } finally {
    old.close();
  }
}
