import type { RandomAccess } from '../bytes/random-access.js';
import { detectElements } from '../image/detect-image.js';
import { listFunctionStarts } from '../image/function-starts.js';
import type { Image } from '../image/image.js';
import { type ImageLayout, RAW_LAYOUT } from '../image/image-layout.js';
import { listRegions, type Region } from './regions.js';

/** What is known of a pair of images before the first byte of new: the same on both sides. */
export interface Prediction {
  readonly old: ImageLayout;
  readonly next: ImageLayout;
  /** Stretches of old that are predicted as what they are. */
  readonly regions: readonly Region[];
  /** Offsets at which functions of old start; empty for plain bytes. */
  readonly functionStarts: Uint32Array;
}

/** The prediction of plain bytes: new is what old was. */
export const RAW_PREDICTION: Prediction = {
  old: RAW_LAYOUT,
  next: RAW_LAYOUT,
  regions: [],
  functionStarts: new Uint32Array(0),
};

/** The image that a file is as a whole; undefined for plain bytes, files of several images, and what is not understood. */
export function wholeImage(source: RandomAccess): Image | undefined {
  const [element, ...others] = detectElements(source);
  return others.length === 0 ? (element?.image ?? undefined) : undefined;
}

/** The prediction for an old image that was understood and the layout of new. `source` is old. */
export function imagePrediction(source: RandomAccess, old: Image, next: ImageLayout): Prediction {
  const symbols = old.tables.symbols;
  const hints = {
    hasMarks: false,
    ...(symbols === undefined
      ? {}
      : { symbolTable: { offset: symbols.offset, count: Math.floor(symbols.size / 16) } }),
  };
  return { old, next, regions: listRegions(old, hints), functionStarts: listFunctionStarts(source, 0, old) };
}
