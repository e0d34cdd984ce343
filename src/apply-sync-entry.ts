/** `deltakit/apply-sync`: `deltakit/apply` with all that decodes patches loaded beforehand, for callers that cannot wait. */
export { applyPatchSync } from './apply/apply-patch-sync.js';
export * from './apply-entry.js';
