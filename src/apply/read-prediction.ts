import { ByteReader } from '../bytes/byte-reader.js';
import type { RandomAccess } from '../bytes/random-access.js';
import { PREDICTOR } from '../container/format.js';
import type { PatchHeader } from '../container/patch-header.js';
import { patchError } from '../errors/patch-error.js';
import { readSideTable } from '../image/side-table.js';
import { readModuleMap } from '../predict/module-map.js';
import { listOldElements, type Prediction, predictElements, rawPrediction } from '../predict/prediction.js';
import { RewrittenModule, readGoModule } from '../predict/rewrite-module.js';

/** How new is predicted, and the bytes that it is predicted from: old, or old rewritten. */
export interface ReadPrediction {
  readonly prediction: Prediction;
  readonly source: RandomAccess;
}

/** The prediction that a patch was made with, from old (whose digest was checked) and the `side` stream. */
export function readPrediction(
  old: RandomAccess,
  header: PatchHeader,
  side: Uint8Array | undefined,
): ReadPrediction {
  const { oldSize, newSize } = header;
  if (header.predictorId === PREDICTOR.module) {
    const source = readRewritten(old, side ?? new Uint8Array(0));
    return { prediction: rawPrediction(oldSize, newSize), source };
  }
  if (header.predictorId === PREDICTOR.raw) {
    if (side !== undefined) throw patchError('BAD_STREAM', 'predict', 'plain bytes have no layout');
    return { prediction: rawPrediction(oldSize, newSize), source: old };
  }
  const elements = listOldElements(old);
  const reader = new ByteReader(side ?? new Uint8Array(0), 'predict');
  const prediction = predictElements(old, elements, readSideTable(reader, newSize, elements));
  reader.done('the side table');
  if (prediction === undefined)
    throw patchError('BAD_STREAM', 'predict', 'the patch models an image, but pairs none with one of old');
  return { prediction, source: old };
}

function readRewritten(old: RandomAccess, side: Uint8Array): RandomAccess {
  const map = readModuleMap(new ByteReader(side, 'predict'));
  const module = readGoModule(old);
  if (module === undefined)
    throw patchError(
      'BAD_STREAM',
      'predict',
      'the patch rewrites a module, but old is none that is understood',
    );
  return new RewrittenModule(old, module, map);
}
