/** `deltakit`: everything that works on bytes in memory, in every runtime. */
export type { ApplyOptions, ApplyReport } from './apply/apply-options.js';
export { applyPatch, applyPatchTo } from './apply/apply-patch.js';
export { applyPatchSync } from './apply/apply-patch-sync.js';
export { inspectSections, type SectionReport } from './apply/inspect-sections.js';
export { type OldReader, PatchStream, type PatchStreamOptions } from './apply/patch-stream.js';
export { verifyNew, verifyOld, verifyPatch } from './apply/verify-patch.js';
export type { ByteSink } from './bytes/byte-sink.js';
export { bytesAccess, type RandomAccess } from './bytes/random-access.js';
export { type SeekableSink, sinkStream } from './bytes/sink-stream.js';
export { FORMAT_VERSION } from './container/format.js';
export { inspectPatch, type PatchInfo } from './container/inspect-patch.js';
export type { PatchSignature, PatchVerifier } from './container/signature-block.js';
export type { CreateOptions, CreateReport, CreateResult, StreamReport } from './create/create-options.js';
export { createPatch, createPatchSync } from './create/create-patch.js';
export {
  type EstimateOptions,
  estimatePatch,
  estimatePatchSync,
  type PatchEstimate,
} from './create/estimate-patch.js';
export { createSha256, type Hasher, sha256 } from './digest/digest.js';
export * from './errors/index.js';
export { type Identity, identify } from './identify/identify.js';
export { provideModule } from './kernels/load-module.js';
export type { Effort, EffortLevel } from './progress/effort.js';
export type { OperationOptions, Progress } from './progress/operation-options.js';
