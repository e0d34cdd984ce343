// Normalising: makes the same code look the same wherever it stands, for a second matching pass.
//
// In old every reference is rewritten to its absolute target; in new to its target's place in old, by the covers of
// the first pass turned round. Where the covers were right, the two then agree byte for byte, and the matcher finds
// longer and truer covers (40,040 -> 32,676 covers and gap bytes -26 % on an 88.7 MB pair). Nothing of this
// travels: it only has to be near enough.
//
// It is the predictor run over an image as if it were both old and new (delta 0), with an identity map (old) or the
// map from new to old (new), and with distances that count from address 0 instead of their own place. Branches within
// NEAR bytes keep their distance. One span a region, in slices, in place: `out` may be the image itself, since a
// block is written after the words ahead of it were read.

import { PREDICTED } from './block-buffers';
import { setSlack } from './near-targets';
import { beginSpan, predictBlock } from './predict-block';
import { dropReferences } from './reference-list';
import { setCovers, setEmptyCover, setOriginMask } from './span';

/** Branches of functions of usual size: they move with their target. */
const NEAR: u32 = 16384;

/** Begins a region of the image at the bases. */
export function beginNormalizing(start: u32, end: u32, regionClass: i32, addressDelta: u32): void {
  setOriginMask(0);
  setCovers(0, 0);
  setSlack(NEAR);
  beginSpan(start, end, 0, regionClass, start, end, addressDelta, addressDelta);
}

/** Writes the normalised bytes of image [start, end) to `out` + start; slices end at multiples of 64. */
export function normalizeSlice(start: u32, end: u32, out: usize): void {
  while (start < end) {
    const next = (start & ~63) + 64;
    const stop = next < end ? next : end;
    setEmptyCover(start);
    predictBlock(start, stop);
    dropReferences();
    memory.copy(out + <usize>start, PREDICTED + <usize>(start & 63), <usize>(stop - start));
    start = stop;
  }
}
