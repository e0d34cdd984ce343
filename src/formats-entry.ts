/** `deltakit/formats`: patches of other tools. */
export {
  CONVERT_TARGETS,
  type ConvertOptions,
  type ConvertReport,
  type ConvertResult,
  type ConvertSource,
  type ConvertTarget,
} from './convert/convert-options.js';
export { convertPatch, convertPatchSync } from './convert/convert-patch.js';
export * from './errors/index.js';
export { type ApplyForeignOptions, applyForeign, applyForeignSync } from './formats/apply-foreign.js';
export type { ExpectedDigests } from './formats/expect-results.js';
export { type ForeignFormat, foreignFormat } from './formats/foreign-format.js';
export type { BrotliDecoder, BrotliDictionaryDecoder, ReadOptions } from './formats/foreign-options.js';
export {
  type CreateForeignOptions,
  createForeign,
  createForeignSync,
  WRITABLE_FORMATS,
  type WritableFormat,
} from './formats-diff/create-foreign.js';
export {
  type NodeRequest,
  type NodeResponse,
  type PatchResponse,
  PatchServer,
  type PatchSource,
  type RequestHeaders,
  type ServedVersion,
  type ServeOptions,
} from './formats-diff/serve-patches.js';
export { type Identity, identify } from './identify/identify.js';
