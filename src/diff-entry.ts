/** `deltakit/diff`: what a build server uses. */
export type { CreateOptions, CreateReport, CreateResult, StreamReport } from './create/create-options.js';
export { createPatch, createPatchSync } from './create/create-patch.js';
export {
  type EstimateOptions,
  estimatePatch,
  estimatePatchSync,
  type PatchEstimate,
} from './create/estimate-patch.js';
export * from './errors/index.js';
export { provideModule } from './kernels/load-module.js';
export type { Effort, EffortLevel } from './progress/effort.js';
export type { OperationOptions, Progress } from './progress/operation-options.js';
