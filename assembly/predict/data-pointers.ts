// Pointers of eight bytes in data.
//
//   marked   the bitmap says where (pointer-format.ts)
//   aligned  every aligned word whose value lies in the image is taken for a pointer: ELF data and symbol values,
//            Mach-O data without chained fixups. Only the words at `first`, `first + stride`, ... of the region,
//            so that tables of records have their address fields predicted and nothing else.

import { oldBase } from './bases';
import { isMapped, newImageBase, oldImageBase } from './image-facts';
import { POINTER, RELA } from './kinds';
import { mapAddress, mappedHow } from './map-address';
import { chooseField, ELF_POINTER, NO_FIELD, RELA_ADDEND, RELA_OFFSET } from './moved-fields';
import { markedTarget, marks, marksHigh, marksLow, NO_TARGET, withMarkedTarget } from './pointer-format';
import { ABSOLUTE, addReference, MARKED } from './reference-list';
import { regionStart, spanDelta, spanEnd } from './span';

/** Smallest value that is taken for an address: less is a count or a flag. */
const LEAST_POINTER: u64 = 0x1000;

/** First old offset behind the last pointer, so that marks inside a pointer are not taken for another. */
let nextMarked: u32 = 0;

/** Starts a span at old offset `at`. */
export function startMarked(at: u32): void {
  nextMarked = at;
}

export function predictMarked(newStart: u32, newEnd: u32): void {
  const end = newEnd - spanDelta;
  let at = newStart - spanDelta;
  if (at < nextMarked) at = nextMarked;
  if (at < marksLow) at = marksLow;
  const stop = end < marksHigh ? end : marksHigh;
  // The bits of up to 64 bytes, one load: bit 0 is the word at `at`.
  at = (at + 3) & ~3;
  if (at >= stop) return;
  const bit = (at - marksLow) >>> 2;
  let bits = load<u32>(marks + <usize>(bit >>> 3)) >>> (bit & 7);
  const words = (stop - at + 3) >>> 2;
  if (words < 32) bits &= ((<u32>1) << words) - 1;
  while (bits != 0) {
    const skipped = <u32>ctz<u32>(bits);
    const old = at + (skipped << 2);
    const place = old + spanDelta;
    if (place + 8 > spanEnd) return;
    predictMarkedWord(newStart, place, load<u64>(oldBase + <usize>old));
    nextMarked = old + 8;
    bits &= skipped > 29 ? 0 : ~(<u32>0) << (skipped + 2);
  }
}

function predictMarkedWord(newStart: u32, place: u32, word: u64): void {
  const distance = markedTarget(word, false);
  if (distance == NO_TARGET) return;
  const target = <u32>distance;
  const mapped = mapAddress(target);
  const predicted = withMarkedTarget(word, mapped);
  addReference(newStart, place, 8, POINTER, mappedHow, MARKED, NO_FIELD, target, mapped, 0, 0, predicted);
}

/** Whether the old word at `old` names an address of the image; if so its distance from the base. */
function pointerAt(old: u32): u64 {
  const word = load<u64>(oldBase + <usize>old);
  const distance = word - oldImageBase;
  if (word < LEAST_POINTER || distance >>> 32 != 0 || !isMapped(<u32>distance)) return NO_TARGET;
  return distance;
}

/** Aligned words every `stride` bytes from `first` in the region; `moved` says that they may move together. */
export function predictAligned(newStart: u32, newEnd: u32, stride: u32, first: u32, moved: bool): void {
  const from = newStart - spanDelta;
  const origin = (stride == 8 ? (regionStart + 7) & ~7 : regionStart) + first;
  const old = from <= origin ? origin : from + (stride - 1) - ((from - origin + stride - 1) % stride);
  for (let place = old + spanDelta; place < newEnd && place + 8 <= spanEnd; place += stride) {
    const distance = pointerAt(place - spanDelta);
    if (distance == NO_TARGET) continue;
    const target = <u32>distance;
    const mapped = mapAddress(target);
    const field = moved ? ELF_POINTER : NO_FIELD;
    const chosen = moved ? chooseField(field, target, mapped) : mapped;
    const predicted = <u64>chosen + newImageBase;
    addReference(newStart, place, 8, POINTER, mappedHow, ABSOLUTE, field, target, mapped, 0, 0, predicted);
  }
}

/** ELF relocations with addends: place u64, symbol and type u64, addend i64. */
export function predictRela(newStart: u32, newEnd: u32): void {
  const from = newStart - spanDelta;
  const old = from + ((8 - ((from - regionStart) & 7)) & 7);
  for (let place = old + spanDelta; place < newEnd && place + 8 <= spanEnd; place += 8) {
    const column = ((place - spanDelta - regionStart) >>> 3) % 3;
    if (column == 1) continue;
    const distance = pointerAt(place - spanDelta);
    if (distance == NO_TARGET) continue;
    const target = <u32>distance;
    const mapped = mapAddress(target);
    const field = column == 0 ? RELA_OFFSET : RELA_ADDEND;
    const predicted = <u64>chooseField(field, target, mapped) + newImageBase;
    addReference(newStart, place, 8, RELA, mappedHow, ABSOLUTE, field, target, mapped, 0, 0, predicted);
  }
}
