import { ByteReader } from '../bytes/byte-reader.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { PREDICTOR } from '../container/format.js';
import type { PatchHeader } from '../container/patch-header.js';
import { patchError } from '../errors/patch-error.js';
import { readSideTable } from '../image/side-table.js';
import { listOldElements, type Prediction, predictElements, rawPrediction } from '../predict/prediction.js';

/** The prediction that a patch was made with, from old (whose digest was checked) and the `side` stream. */
export function readPrediction(
  old: RandomAccess,
  header: PatchHeader,
  side: Uint8Array | undefined,
): Prediction {
  const { oldSize, newSize } = header;
  if (header.predictorId === PREDICTOR.raw) {
    if (side !== undefined) throw patchError('BAD_STREAM', 'predict', 'plain bytes have no layout');
    return rawPrediction(oldSize, newSize);
  }
  const elements = listOldElements(old);
  const reader = new ByteReader(side ?? new Uint8Array(0), 'predict');
  const prediction = predictElements(old, elements, readSideTable(reader, newSize, elements));
  reader.done('the side table');
  if (prediction === undefined)
    throw patchError('BAD_STREAM', 'predict', 'the patch models an image, but pairs none with one of old');
  return prediction;
}
