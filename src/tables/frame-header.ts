import { sectionOf } from '../image/rebuilt-tables.js';
import type { TableContext } from './table-context.js';

// .eh_frame_hdr (Linux Standard Base 5.0, 10.6.2): where .eh_frame lies, how many functions it describes, and a table to search them by
// address. All of it follows from .eh_frame:
//
//   +0   1, 1b, 03, 3b       version, forms of what follows
//   +4   i32                 .eh_frame, from here
//   +8   u32                 count
//   +12  (i32, i32) each     a function and its record, from the header's start, sorted by the function's address
//
// One pass over .eh_frame and a sort: O(n log n) for n records of 16 bytes or more.

const HEADER_SIZE = 12;
/** Distances of four bytes with sign from where they stand. */
const PC_RELATIVE = 0x1b;

export function rebuildFrameHeader({ next, early }: TableContext): Uint8Array | undefined {
  const frames = early('.eh_frame');
  const frameSection = sectionOf(next, '.eh_frame');
  const header = sectionOf(next, '.eh_frame_hdr');
  if (frames === undefined || frameSection === undefined || header === undefined) return undefined;
  const distance = frameSection.address - header.address;
  const records = listRecords(frames, distance);
  if (records === undefined) return undefined;
  const order = Array.from({ length: records.length / 2 }, (_, i) => i);
  order.sort((a, b) => records[2 * a]! - records[2 * b]! || a - b);
  const table = new Uint8Array(HEADER_SIZE + 8 * order.length);
  const view = new DataView(table.buffer);
  table.set([1, PC_RELATIVE, 0x03, 0x3b]);
  view.setInt32(4, distance - 4, true);
  view.setUint32(8, order.length, true);
  order.forEach((record, i) => {
    view.setInt32(HEADER_SIZE + 8 * i, records[2 * record]!, true);
    view.setInt32(HEADER_SIZE + 8 * i + 4, records[2 * record + 1]!, true);
  });
  return table;
}

/** Pairs (function, record) of distances from the header, in the order of the records; undefined for other forms of frames. */
function listRecords(frames: Uint8Array, distance: number): Int32Array | undefined {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  const pairs = new Int32Array(2 * Math.floor(frames.length / 16));
  let known = -1;
  let count = 0;
  for (let at = 0; at + 8 <= frames.length; ) {
    const size = view.getUint32(at, true);
    if (size < 4 || size > frames.length - at - 4) break;
    const id = view.getUint32(at + 4, true);
    if (id !== 0 && size >= 12) {
      const common = at + 4 - id;
      if (common !== known) {
        if (!isPcRelative(frames, common)) return undefined;
        known = common;
      }
      pairs[2 * count] = distance + at + 8 + view.getInt32(at + 8, true);
      pairs[2 * count + 1] = distance + at;
      count++;
    }
    at += 4 + size;
  }
  return pairs.subarray(0, 2 * count);
}

/** Whether the common part at `at` says that addresses are written as four bytes from where they stand. */
function isPcRelative(frames: Uint8Array, at: number): boolean {
  if (at < 0 || at + 16 > frames.length) return false;
  let end = at + 9;
  while (end < frames.length && frames[end] !== 0) end++;
  const augmentation = String.fromCharCode(...frames.subarray(at + 9, Math.min(end, at + 25)));
  if (!augmentation.startsWith('z')) return false;
  // Code alignment, data alignment, return address and the size of what follows are one byte each in every ELF for these processors.
  let data = end + 5;
  for (const letter of augmentation.slice(1)) {
    if (letter === 'R') return frames[data] === PC_RELATIVE;
    if (letter === 'L') data++;
    else if (letter === 'P') data += (frames[data]! & 7) === 3 ? 5 : 9;
    else if (letter !== 'S' && letter !== 'B' && letter !== 'G') return false;
  }
  return false;
}
