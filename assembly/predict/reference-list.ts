// References of the block that may stand at any byte: x86-64 operands, pointers, fields of tables.
//
// One record of 32 bytes for each, in order of place:
//
//   0  place     u32  new offset of its first byte
//   4  size      u8   4 or 8
//   5  kind      u8   kinds.ts
//   6  meaning   u8   how its value names a target, below
//   7  field     u8   which moved field it is (moved-fields.ts), NO_FIELD otherwise
//   8  target    u32  old target
//   12 mapped    u32  what the map said
//   16 origin    u32  new address that distances count from
//   20 opcode    u32  bytes of opcode before it that must be unchanged for it to teach; of a start in a frame record: where the one before ended
//   24 predicted u64
//
// A reference may cross into the next block: its last bytes spill behind PREDICTED and are taken over by the next
// block of the span, and its record waits until all its bytes are known. It never leaves its span.

import { newBase, oldBase } from './bases';
import { CONFIDENCE, clearKinds, copyBlock, KIND, PREDICTED } from './block-buffers';
import { teachRange, teachStart } from './frame-chain';
import { isPlausible, newImageBase } from './image-facts';
import { learnTarget } from './map-address';
import { FRAME_RANGE, FRAME_START, NO_FIELD, updateField } from './moved-fields';
import { markedTarget, NO_TARGET } from './pointer-format';
import { spanDelta, spanStart } from './span';

/** target = origin + value. */
export const DISTANCE: u8 = 0;
/** target = origin - value. */
export const BACKWARD: u8 = 1;
/** target = value - base of new; eight bytes. */
export const ABSOLUTE: u8 = 2;
/** As the image's pointer format says; eight bytes. */
export const MARKED: u8 = 3;
/** Not to be learnt from. */
export const SILENT: u8 = 4;

const RECORD: usize = 32;
/** 13 operands of code and 16 entries of a table that overlaps it start in a block, two wait from the one before. */
const CAPACITY: u32 = 32;
const LIST: usize = memory.data(1024, 16);

let count: u32 = 0;
let spillPlace: u32 = 0;
let spillSize: u32 = 0;
let waitingWrong: i32 = 0;

/** Forgets references of an earlier span. */
export function clearReferences(): void {
  count = 0;
  spillSize = 0;
  waitingWrong = 0;
}

/** Forgets the references of the block just predicted, which will not be taught; its spill stays. */
export function dropReferences(): void {
  count = 0;
}

/** Copies the old bytes of the block and lays the spill of the block before over them. */
export function openBlock(newStart: u32, newEnd: u32): void {
  const bytes = load<u64>(PREDICTED, 64);
  const kinds = load<u16>(KIND, 16);
  const hows = load<u16>(CONFIDENCE, 16);
  clearKinds();
  copyBlock(oldBase + <usize>(newStart - spanDelta), newStart & 63, newEnd - newStart);
  if (spillSize == 0 || newStart != spillPlace) return;
  const mask = ~(<u64>0) << ((<u64>spillSize) << 3);
  store<u64>(PREDICTED, (bytes & ~mask) | (load<u64>(PREDICTED) & mask));
  store<u16>(KIND, kinds);
  store<u16>(CONFIDENCE, hows);
  spillSize = 0;
}

/** Adds a reference that starts in the open block [newStart, ...) and writes its prediction. */
export function addReference(
  newStart: u32,
  place: u32,
  size: u32,
  kind: u8,
  how: u8,
  meaning: u8,
  field: u8,
  target: u32,
  mapped: u32,
  origin: u32,
  opcode: u32,
  predicted: u64,
): void {
  if (count == CAPACITY) return;
  const record = LIST + <usize>count * RECORD;
  count++;
  store<u32>(record, place);
  store<u8>(record, <u8>size, 4);
  store<u8>(record, kind, 5);
  store<u8>(record, meaning, 6);
  store<u8>(record, field, 7);
  store<u32>(record, target, 8);
  store<u32>(record, mapped, 12);
  store<u32>(record, origin, 16);
  store<u32>(record, opcode, 20);
  store<u64>(record, predicted, 24);
  const offset = place - (newStart & ~63);
  if (size == 8) store<u64>(PREDICTED + <usize>offset, predicted);
  else store<u32>(PREDICTED + <usize>offset, <u32>predicted);
  const last = (offset + size - 1) >>> 2;
  for (let unit = offset >>> 2; unit <= last; unit++) {
    store<u8>(KIND + <usize>unit, kind);
    store<u8>(CONFIDENCE + <usize>unit, how);
  }
  if (offset + size > 64) {
    spillPlace = (newStart & ~63) + 64;
    spillSize = offset + size - 64;
  }
}

/** Teaches every reference whose bytes are all known, that is, those that end in the block. */
export function teachReferences(newEnd: u32, wrong: i32): void {
  let done: u32 = 0;
  for (; done < count; done++) {
    const record = LIST + <usize>done * RECORD;
    if (load<u32>(record) + <u32>load<u8>(record, 4) > newEnd) break;
    const field = load<u8>(record, 7);
    if (field != NO_FIELD || (wrong | waitingWrong) != 0) teachReference(record, field);
  }
  if (done > 0) memory.copy(LIST, LIST + <usize>done * RECORD, <usize>(count - done) * RECORD);
  count -= done;
  waitingWrong = count > 0 ? wrong : 0;
}

function teachReference(record: usize, field: u8): void {
  const meaning = load<u8>(record, 6);
  if (meaning == SILENT) return;
  const place = load<u32>(record);
  const at = newBase + <usize>place;
  const target = load<u32>(record, 8);
  const predicted = load<u64>(record, 24);
  let actual: u32;
  if (meaning == ABSOLUTE) {
    const distance = load<u64>(at) - newImageBase;
    if (distance >>> 32 != 0) return;
    actual = <u32>distance;
  } else if (meaning == MARKED) {
    if (load<u64>(at) == predicted) return;
    const distance = markedTarget(load<u64>(at), true);
    if (distance == NO_TARGET) return;
    actual = <u32>distance;
  } else {
    const value = load<u32>(at);
    const origin = load<u32>(record, 16);
    actual = meaning == DISTANCE ? origin + value : origin - value;
  }
  if (!isPlausible(actual)) return;
  if (field != NO_FIELD) {
    const mapped = load<u32>(record, 12);
    if (field == FRAME_RANGE) teachRange(target, mapped, actual);
    else updateField(field, target, mapped, actual);
    if (field == FRAME_START) teachStart(mapped, load<u32>(record, 20), actual);
    return;
  }
  const same = load<u8>(record, 4) == 8 ? load<u64>(at) == predicted : load<u32>(at) == <u32>predicted;
  if (same || !opcodeKept(place, load<u32>(record, 20))) return;
  learnTarget(target, actual);
}

/** Whether the `size` bytes before the reference are in new as they were in old. */
function opcodeKept(place: u32, size: u32): bool {
  if (place - spanStart < size) return false;
  for (let back: u32 = 1; back <= size; back++) {
    const at = place - back;
    if (load<u8>(newBase + <usize>at) != load<u8>(oldBase + <usize>(at - spanDelta))) return false;
  }
  return true;
}
