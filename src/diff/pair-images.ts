import { bytesAccess } from '../bytes/random-access.js';
import { detectElements } from '../image/detect-image.js';
import { findHashRuns } from '../image/find-hash-runs.js';
import { pairElements } from '../image/side-table.js';
import { listOldElements } from '../predict/prediction.js';
import { type ImagePairing, listCandidates } from './choose-tables.js';

/**
 * The images of new, each with the image of old of the same sort that it is predicted from; undefined where there is no such pair or
 * plain bytes are wanted.
 */
export function pairImages(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  kind: 'auto' | 'raw',
): ImagePairing | undefined {
  if (kind === 'raw') return undefined;
  const newSource = bytesAccess(newBytes);
  const old = listOldElements(bytesAccess(oldBytes));
  if (old.every(({ image }) => image === null)) return undefined;
  const images = detectElements(newSource);
  const next = pairElements(images, old, ({ offset, image }) => findHashRuns(newSource, offset, image));
  if (next.every(({ oldIndex }) => oldIndex < 0)) return undefined;
  const candidates = listCandidates({ oldBytes, newBytes }, old, next, images);
  return { old, next, newElements: images, candidates };
}
