/** `deltakit/web`: applying patches to files of a browser's origin-private file system, in a worker. */
export * from './apply-entry.js';
export { type AccessHandle, readAccessHandle } from './web/access-handle.js';
export { AccessHandleFile } from './web/access-handle-file.js';
export {
  type ApplyInFolderOptions,
  applyPatchInFolder,
  type StoredFile,
  type StoredFolder,
} from './web/apply-patch-in-folder.js';
export {
  type ApplyToHandleOptions,
  applyPatchToHandle,
  type OldSource,
  type PatchSource,
} from './web/apply-patch-to-handle.js';
