// .eh_frame and .eh_frame_hdr (Linux Standard Base 5, "Exception Frames").
//
// A frame record of .eh_frame, found by its shape at any multiple of four bytes:
//
//   +0  length u32     multiple of 4, room for the fields, less than 64 KiB
//   +4  CIE    u32     distance back to the record's common part, which lies in the section
//   +8  start  i32     distance to the function: executable          (or the low half of 64 bits, same reading)
//   +12 range  u32      length of the function (frame-chain.ts)
//   +16 size   u8      of the augmentation; 4 when a language-specific area follows as a distance
//   +17 area   i32     distance into .gcc_except_table
//
// The next record follows at +4 + length. Where the shape does not fit, the search goes on four bytes later, so a
// cover may start anywhere; it looks LOOK_BACK bytes back for the record that it starts in.
//
// .eh_frame_hdr: twelve bytes, then pairs (start, record), distances from the section's start.

import { oldBase } from './bases';
import {
  chainedStart,
  chooseRange,
  chooseStart,
  isMeasured,
  measuredRange,
  openFrameChain,
} from './frame-chain';
import { isExceptionTable, isExecutable, isFrame, newHeaderAddress, oldHeaderAddress } from './image-facts';
import { EXACT, PC32, PLAIN } from './kinds';
import { mapAddress, mappedHow } from './map-address';
import {
  chooseField,
  FRAME_CIE,
  FRAME_LSDA,
  FRAME_RANGE,
  FRAME_START,
  HEADER_FRAME,
  HEADER_START,
} from './moved-fields';
import { addReference, BACKWARD, DISTANCE } from './reference-list';
import { oldAddressDelta, originOf, regionEnd, regionStart, spanDelta, spanEnd, spanStart } from './span';

const LOOK_BACK: u32 = 20;
const LARGEST_RECORD: u32 = 65536;

/** Old offset of the next record to look at. */
let nextRecord: u32 = 0;

/** Starts a span at old offset `at`. */
export function startFrames(at: u32): void {
  const back = at - regionStart > LOOK_BACK ? at - LOOK_BACK : regionStart;
  nextRecord = (back + 3) & ~3;
  openFrameChain(spanStart, spanEnd);
}

/** Length of the frame record at old offset `at`, or 0 when there is none. */
function frameLength(at: u32): u32 {
  const record = oldBase + <usize>at;
  const length = load<u32>(record);
  if (length - 12 >= LARGEST_RECORD || (length & 3) != 0) return 0;
  const back = load<u32>(record, 4);
  if (back < 4 || (back & 3) != 0 || back > at + 4 - regionStart) return 0;
  return isExecutable(at + 8 + oldAddressDelta + load<u32>(record, 8)) ? length : 0;
}

/** One field of a record, if it lies in the span and starts in the block. */
function addFrameField(newStart: u32, newEnd: u32, old: u32, meaning: u8, field: u8): void {
  const place = old + spanDelta;
  if (place - spanStart >= spanEnd - spanStart || place + 4 > spanEnd) return;
  if (place < newStart || place >= newEnd) return;
  const value = load<u32>(oldBase + <usize>old);
  const origin = old + oldAddressDelta;
  const target = meaning == DISTANCE ? origin + value : origin - value;
  const mapped = mapAddress(target);
  const moved = chooseField(field, target, mapped);
  const chained = field == FRAME_START ? chainedStart() : 0;
  const chosen = field == FRAME_START ? chooseStart(moved) : moved;
  const newOrigin = originOf(place);
  const predicted = meaning == DISTANCE ? chosen - newOrigin : newOrigin - chosen;
  addReference(
    newStart,
    place,
    4,
    PC32,
    mappedHow,
    meaning,
    field,
    target,
    mapped,
    newOrigin,
    chained,
    <u64>predicted,
  );
}

/** The range of a record, if it lies in the span and the block. */
function addRange(newStart: u32, newEnd: u32, old: u32): void {
  const place = old + spanDelta;
  if (place - spanStart >= spanEnd - spanStart || place + 4 > spanEnd) return;
  if (place < newStart || place >= newEnd) return;
  const range = load<u32>(oldBase + <usize>old);
  const measured = measuredRange(range);
  const predicted = chooseRange(range, measured);
  addReference(
    newStart,
    place,
    4,
    isMeasured() ? PC32 : PLAIN,
    EXACT,
    DISTANCE,
    FRAME_RANGE,
    range,
    measured,
    0,
    0,
    <u64>predicted,
  );
}

export function predictFrames(newStart: u32, newEnd: u32): void {
  const end = newEnd - spanDelta;
  while (nextRecord < end && nextRecord + 12 <= regionEnd) {
    const at = nextRecord;
    const length = frameLength(at);
    if (length == 0) {
      nextRecord = at + 4;
      continue;
    }
    addFrameField(newStart, newEnd, at + 4, BACKWARD, FRAME_CIE);
    addFrameField(newStart, newEnd, at + 8, DISTANCE, FRAME_START);
    addRange(newStart, newEnd, at + 12);
    if (length > 16 && load<u8>(oldBase + <usize>at, 16) == 4 && at + 21 <= regionEnd) {
      const area = at + 17 + oldAddressDelta + load<u32>(oldBase + <usize>at, 17);
      if (isExceptionTable(area)) addFrameField(newStart, newEnd, at + 17, DISTANCE, FRAME_LSDA);
    }
    // A record that goes on behind the block is looked at again by the next block for its later fields.
    if (at + (length > 16 ? 21 : length + 4) > end) return;
    nextRecord = at + 4 + length;
  }
}

export function predictFrameHeader(newStart: u32, newEnd: u32): void {
  const from = newStart - spanDelta;
  let place = newStart + ((4 - ((from - regionStart) & 3)) & 3);
  for (; place < newEnd && place + 4 <= spanEnd; place += 4) {
    const index = (place - spanDelta - regionStart) >>> 2;
    if (index < 3) continue;
    const target = oldHeaderAddress + load<u32>(oldBase + <usize>(place - spanDelta));
    const isStart = (index & 1) != 0;
    if (isStart ? !isExecutable(target) : !isFrame(target)) continue;
    const field = isStart ? HEADER_START : HEADER_FRAME;
    const mapped = mapAddress(target);
    const predicted = chooseField(field, target, mapped) - newHeaderAddress;
    addReference(
      newStart,
      place,
      4,
      PC32,
      mappedHow,
      DISTANCE,
      field,
      target,
      mapped,
      newHeaderAddress,
      0,
      <u64>predicted,
    );
  }
}
