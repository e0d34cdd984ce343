import { ByteReader } from '../bytes/byte-reader.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { PREDICTOR } from '../container/format.js';
import type { PatchHeader } from '../container/patch-header.js';
import { patchError } from '../errors/patch-error.js';
import { readSideTable } from '../image/side-table.js';
import { imagePrediction, type Prediction, RAW_PREDICTION, wholeImage } from '../predict/prediction.js';

/** The prediction that a patch was made with, from old (whose digest was checked) and the `side` stream. */
export function readPrediction(
  old: RandomAccess,
  header: PatchHeader,
  side: Uint8Array | undefined,
): Prediction {
  if (header.predictorId === PREDICTOR.raw) {
    if (side !== undefined) throw patchError('BAD_STREAM', 'predict', 'plain bytes have no layout');
    return RAW_PREDICTION;
  }
  const element = wholeImage(old);
  if (element === undefined)
    throw patchError('BAD_STREAM', 'predict', 'the patch models an image, but old is none');
  const reader = new ByteReader(side ?? new Uint8Array(0), 'predict');
  const [next, ...others] = readSideTable(reader, header.newSize, [element]);
  reader.done('the side table');
  if (next === undefined || others.length > 0 || next.oldIndex !== 0) {
    throw patchError('BAD_STREAM', 'predict', 'the patch models several images as one');
  }
  return imagePrediction(old, element.image, next.layout, next.hashRuns);
}
