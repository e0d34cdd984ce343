import { bytesAccess } from '../bytes/random-access.js';
import { detectElements } from '../image/detect-image.js';
import { findHashRuns } from '../image/find-hash-runs.js';
import { pairElements, writeSideTable } from '../image/side-table.js';
import { listOldElements, type Prediction, predictElements, RAW_PREDICTION } from '../predict/prediction.js';

/** How new is predicted, and what of it the applier must be told: the layout of new, as a difference from old's. */
export interface ChosenPrediction {
  readonly prediction: Prediction;
  readonly side: Uint8Array;
}

const RAW: ChosenPrediction = { prediction: RAW_PREDICTION, side: new Uint8Array(0) };

/** The image model for every image of new that old has one of the same sort for, plain bytes elsewhere. */
export function choosePrediction(
  oldBytes: Uint8Array,
  newBytes: Uint8Array,
  kind: 'auto' | 'raw',
): ChosenPrediction {
  if (kind === 'raw') return RAW;
  const source = bytesAccess(oldBytes);
  const newSource = bytesAccess(newBytes);
  const old = listOldElements(source);
  if (old.every(({ image }) => image === null)) return RAW;
  const next = pairElements(detectElements(newSource), old, ({ offset, image }) =>
    findHashRuns(newSource, offset, image),
  );
  const prediction = predictElements(source, old, next);
  return prediction === RAW_PREDICTION ? RAW : { prediction, side: writeSideTable(next, old) };
}
