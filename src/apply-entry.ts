/**
 * `deltakit/apply`: what an update agent embeds. Loads neither the matcher nor any encoder; what decodes a patch is loaded when one is
 * applied. `deltakit/apply-sync` is the same in one go.
 */
export type { ApplyOptions, ApplyReport } from './apply/apply-options.js';
export { applyPatch, applyPatchTo } from './apply/apply-patch.js';
export { type OldReader, PatchStream, type PatchStreamOptions } from './apply/patch-stream.js';
export { verifyNew, verifyOld, verifyPatch } from './apply/verify-patch.js';
export type { ByteSink } from './bytes/byte-sink.js';
export { bytesAccess, type RandomAccess } from './bytes/random-access.js';
export { type SeekableSink, sinkStream } from './bytes/sink-stream.js';
export { inspectPatch, type PatchInfo } from './container/inspect-patch.js';
export type { PatchSignature, PatchVerifier } from './container/signature-block.js';
export { createSha256, type Hasher, sha256 } from './digest/digest.js';
export * from './errors/index.js';
export { provideModule } from './kernels/load-module.js';
export type { OperationOptions, Progress } from './progress/operation-options.js';
