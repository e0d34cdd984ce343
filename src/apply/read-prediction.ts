import { ByteReader } from '../bytes/byte-reader.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { PREDICTOR } from '../container/format.js';
import type { PatchHeader } from '../container/patch-header.js';
import { patchError } from '../errors/patch-error.js';
import { readLayout } from '../image/layout-delta.js';
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
  const image = wholeImage(old);
  if (image === undefined || side === undefined) {
    throw patchError(
      'BAD_STREAM',
      'predict',
      'the patch models an image, but old is none or the layout of new is missing',
    );
  }
  const reader = new ByteReader(side, 'predict');
  const next = readLayout(reader, header.newSize, image);
  reader.done('the layout of new');
  return imagePrediction(old, image, next);
}
