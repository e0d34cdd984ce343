import { inspectPatch } from '../container/inspect-patch.js';
import type { ConvertSource, ConvertTarget } from './convert-options.js';

const KEEPS_OLD_DIGEST: readonly ConvertTarget[] = ['deltakit', 'dcb', 'dcz'];

/** What a patch says about its files, or holds besides the way to new, and the other format does not; in words. */
export function droppedBy(patch: Uint8Array, from: ConvertSource, to: ConvertTarget): string[] {
  switch (from) {
    case 'deltakit': {
      const { signers, metadata, reverseSize } = inspectPatch(patch);
      return [
        ...(to === 'deltakit'
          ? []
          : [KEEPS_OLD_DIGEST.includes(to) ? 'SHA-256 of new' : 'SHA-256 of old and new']),
        ...(signers.length > 0 ? ['signatures'] : []),
        ...(Object.keys(metadata).length > 0 ? ['metadata'] : []),
        ...(reverseSize > 0 ? ['the way back'] : []),
      ];
    }
    case 'dcb':
    case 'dcz':
      return KEEPS_OLD_DIGEST.includes(to) ? [] : ['SHA-256 of old'];
    case 'bxdiff':
      return bxdiffDigests(String.fromCharCode(...patch.subarray(0, 8)));
    case 'vcdiff':
      return hasApplicationHeader(patch) ? ['application header'] : [];
    case 'hdiff13':
    case 'hdiffsf20':
      return to === 'deltakit' ? [] : ['size of old'];
    default:
      return [];
  }
}

/** What xdelta3 writes of its files: names, and since 3.2 digests. */
function hasApplicationHeader(patch: Uint8Array): boolean {
  return (patch[4]! & 4) !== 0;
}

function bxdiffDigests(magic: string): string[] {
  if (magic === 'BXDIFF50') return ['SHA-1 of old and new'];
  return magic === 'BXDIFF41' ? ['SHA-1 of old'] : [];
}
