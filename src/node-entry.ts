/** `deltakit/node`: the library on files. */
export * from './index.js';
export { AtomicFile } from './node/atomic-file.js';
export { FileReader } from './node/file-reader.js';
export {
  type ApplyPatchFileOptions,
  applyPatchFile,
  type CreatePatchFileOptions,
  createPatchFile,
} from './node/patch-files.js';
