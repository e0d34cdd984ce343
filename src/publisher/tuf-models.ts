import { patchError } from '../errors/patch-error.js';

export type TufModels = typeof import('@tufjs/models');

/** The package that makes TUF metadata; optional, loaded when a repository is written. */
export async function loadTufModels(): Promise<TufModels> {
  try {
    return await import('@tufjs/models');
  } catch (cause) {
    throw patchError(
      'REFUSED',
      'publisher',
      'repositories need the package @tufjs/models: npm install @tufjs/models@4.1.0',
      {},
      cause,
    );
  }
}
