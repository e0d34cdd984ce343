/** `deltakit/bundle`: patches of whole folders. */
export { isBundlePatch } from './bundle/bundle-patch.js';
export {
  type BundleFileInfo,
  type BundleInfo,
  type BundlePartInfo,
  inspectBundle,
} from './bundle/inspect-bundle.js';
export { type TreeEntry, type TreeFile, type TreeFolder, type TreeLink, treeDigest } from './bundle/tree.js';
export { type FolderTree, readFolderTree, readTreeFile, writeTreeFile } from './bundle/tree-file.js';
export {
  type ApplyBundleOptions,
  applyBundle,
  type BundleApplyReport,
  type BundlePatchOptions,
} from './bundle-apply/apply-bundle.js';
export type { Fallback, FetchFile } from './bundle-apply/bundle-source.js';
export {
  applyBundleInPlace,
  type HealOptions,
  type HealReport,
  healBundle,
  type InPlaceOptions,
  type InPlaceReport,
} from './bundle-apply/in-place.js';
export { recoverBundle } from './bundle-apply/journal.js';
export { switchLink } from './bundle-apply/switch-link.js';
export { checkTree, type Damage, type TreeCheck, verifyBundle } from './bundle-apply/verify-bundle.js';
export {
  type BundleReport,
  type CreateBundleOptions,
  type CreateBundleResult,
  createBundlePatch,
  type FileReport,
} from './bundle-diff/create-bundle-patch.js';
export * from './errors/index.js';
