import { bytesAccess } from '../bytes/random-access.js';
import { detectElements } from '../image/detect-image.js';
import { findHashRuns } from '../image/find-hash-runs.js';
import { pairElements, writeSideTable } from '../image/side-table.js';
import { imagePrediction, type Prediction, RAW_PREDICTION, wholeImage } from '../predict/prediction.js';

/** How new is predicted, and what of it the applier must be told: the layout of new, as a difference from old's. */
export interface ChosenPrediction {
  readonly prediction: Prediction;
  readonly side: Uint8Array;
}

const RAW: ChosenPrediction = { prediction: RAW_PREDICTION, side: new Uint8Array(0) };

/** The image model where both files are images of one kind and processor, plain bytes elsewhere. */
export function choosePrediction(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  kind: 'auto' | 'raw',
): ChosenPrediction {
  if (kind === 'raw') return RAW;
  const source = bytesAccess(oldBytes);
  const newSource = bytesAccess(newBytes);
  const old = wholeImage(source);
  if (old === undefined) return RAW;
  const [next, ...others] = pairElements(detectElements(newSource), [old], ({ offset, image }) =>
    findHashRuns(newSource, offset, image),
  );
  if (next === undefined || others.length > 0 || next.oldIndex < 0) return RAW;
  const prediction = imagePrediction(source, old.image, next.layout, next.hashRuns);
  return { prediction, side: writeSideTable([next], [old]) };
}
