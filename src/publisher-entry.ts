/** `deltakit/publisher`: makes improvement levels and the repository they are served from. Needs the package `@tufjs/models`. */
export * from './errors/index.js';
export { displayVersion, levelLetters } from './levels/level-label.js';
export type {
  Advisory,
  BaseRelease,
  Level,
  LevelManifest,
  ProductName,
  Severity,
} from './levels/level-manifest.js';
export { readLevelManifest } from './levels/level-manifest.js';
export type { TreeApplier, TreeDiffer } from './levels/tree-port.js';
export { buildTrees } from './publisher/build-trees.js';
export { type Publication, readManifest } from './publisher/level-index.js';
export {
  type LevelBuild,
  type PlannedObject,
  type PublishReport,
  type PublishRequest,
  publishLevels,
  setRollout,
  withdrawLevel,
} from './publisher/publish-levels.js';
export {
  DEFAULT_LIFETIMES,
  type Lifetimes,
  type RepositorySigners,
  type RoleSigners,
  sameSignersForAll,
} from './publisher/repository-keys.js';
export { TufRepository } from './publisher/tuf-repository.js';
export { createKeySigner, generateKeyPair } from './signature/ed25519.js';
export { readSecretKey, writePublicKey, writeSecretKey } from './signature/minisign-key.js';
export type { KeyPair, PublicKey, Signer } from './signature/signer.js';
