// Pointers of eight bytes that are marked by a bitmap over old: Mach-O chained fixups. The host has walked the
// chains (src/image); here a format is six numbers, enough for every 64-bit and arm64e format of
// mach-o/fixup-chains.h:
//
//   skip      bits of which any makes the word no rebase (bind): kept from old
//   signed    bit that makes it a signed pointer (arm64e authenticated), 0 for none
//   plainMask, plainOld, plainNew       target bits of a plain pointer; what distance 0 from the image's base is
//   signedMask, (always a distance)     target bits of a signed pointer
//
// Every other bit (next, high8, key, diversity) stays as in old. Where absolute targets are stored, plainOld and
// plainNew are the images' base addresses, otherwise 0.
//
//   format          skip   signed  plain target            signed target
//   64, 64 offset   63     -       36 bits, address / distance
//   arm64e          62     63      43 bits, address        32 bits, distance
//   arm64e kernel, userland, userland 24
//                   62     63      43 bits, distance       32 bits, distance
//
//   arm64e segmented
//                   -      -       upper 4 of 32 bits: a segment; lower 28: distance from it; signed or not
//
// Segmented targets need a table of segments, pairs (old, new distance from the image's base) of u32; a segment that
// an image lacks is at 0xffffffff.
//
// Bitmap: bit (offset - marksLow) / 4 of old, for marksLow <= offset < marksHigh, four bytes of slack behind.

/** What markedTarget answers for a word that names no target. */
export const NO_TARGET: u64 = 0xffffffffffffffff;

let skip: u64 = 0;
let signed: u64 = 0;
let plainMask: u64 = 0;
let plainOld: u64 = 0;
let plainNew: u64 = 0;
let signedMask: u64 = 0;

let segments: usize = 0;
/** 0: targets are not segmented. */
let segmentCount: u32 = 0;
const SEGMENT_BITS: u32 = 28;

export let marks: usize = 0;
export let marksLow: u32 = 0;
export let marksHigh: u32 = 0;

export function setPointerFormat(
  skipBits: u64,
  signedBit: u64,
  plainTarget: u64,
  plainOldBase: u64,
  plainNewBase: u64,
  signedTarget: u64,
): void {
  skip = skipBits;
  signed = signedBit;
  plainMask = plainTarget;
  plainOld = plainOldBase;
  plainNew = plainNewBase;
  signedMask = signedTarget;
}

/** `count` is 16 at most. */
export function setPointerSegments(table: usize, count: u32): void {
  segments = table;
  segmentCount = count;
}

export function setPointerMarks(bitmap: usize, low: u32, high: u32): void {
  marks = bitmap;
  marksLow = low;
  marksHigh = high;
}

/** Distance from the image's base that a word names, or NO_TARGET. */
export function markedTarget(word: u64, isNew: bool): u64 {
  if ((word & skip) != 0) return NO_TARGET;
  if (segmentCount != 0) return segmentedTarget(<u32>word, isNew);
  const distance =
    (word & signed) != 0 ? word & signedMask : (word & plainMask) - (isNew ? plainNew : plainOld);
  return distance >>> 32 == 0 ? distance : NO_TARGET;
}

/** `word` of old with the target at `distance` in new. */
export function withMarkedTarget(word: u64, distance: u32): u64 {
  if (segmentCount != 0) return (word & ~(<u64>0xffffffff)) | <u64>withSegmentedTarget(<u32>word, distance);
  if ((word & signed) != 0) return (word & ~signedMask) | (<u64>distance & signedMask);
  return (word & ~plainMask) | ((<u64>distance + plainNew) & plainMask);
}

function segmentedTarget(word: u32, isNew: bool): u64 {
  const index = word >>> SEGMENT_BITS;
  if (index >= segmentCount) return NO_TARGET;
  const start = load<u32>(segments + ((<usize>index) << 3) + (isNew ? 4 : 0));
  const distance = <u64>start + <u64>(word & ((1 << SEGMENT_BITS) - 1));
  return distance >>> 32 == 0 ? distance : NO_TARGET;
}

/** The target named from the last segment that begins at or before it; `word` itself when there is none. */
function withSegmentedTarget(word: u32, distance: u32): u32 {
  let best = word;
  let least: u32 = 1 << SEGMENT_BITS;
  for (let index: u32 = 0; index < segmentCount; index++) {
    const start = load<u32>(segments + ((<usize>index) << 3), 4);
    const offset = distance - start;
    if (start > distance || offset >= least) continue;
    least = offset;
    best = (index << SEGMENT_BITS) | offset;
  }
  return best;
}
