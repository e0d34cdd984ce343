/** `deltakit/node`: the library on files. */
export * from './index.js';
export { type ApplyPatchFileOptions, applyPatchFile } from './node/apply-patch-file.js';
export { AtomicFile } from './node/atomic-file.js';
export { type CreatePatchFileOptions, createPatchFile } from './node/create-patch-file.js';
export { readFileHandle, writeFileHandle } from './node/file-handle.js';
export { FileReader } from './node/file-reader.js';
