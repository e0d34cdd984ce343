import { ByteWriter } from '../bytes/byte-writer.js';
import { bytesAccess } from '../bytes/random-access.js';
import { writeLayout } from '../image/layout-delta.js';
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
  const old = wholeImage(source);
  const next = wholeImage(bytesAccess(newBytes));
  if (old === undefined || next === undefined || old.kind !== next.kind || old.arch !== next.arch) return RAW;
  const writer = new ByteWriter();
  writeLayout(writer, next, newBytes.length, old);
  return { prediction: imagePrediction(source, old, next), side: writer.take() };
}
