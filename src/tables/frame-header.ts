import { orderNumbers } from '../bytes/order-numbers.js';
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
// One pass over .eh_frame and a radix sort: O(n) for n records of 16 bytes or more.

const HEADER_SIZE = 12;
/** Distances of four bytes with sign from where they stand. */
const PC_RELATIVE = 0x1b;
/** Turned round, the order of numbers with sign is that of numbers without. */
const SIGN = 0x80000000;

export function rebuildFrameHeader({ next, early }: TableContext): Uint8Array | undefined {
  const frames = early('.eh_frame');
  const frameSection = sectionOf(next, '.eh_frame');
  const header = sectionOf(next, '.eh_frame_hdr');
  if (frames === undefined || frameSection === undefined || header === undefined) return undefined;
  const distance = frameSection.address - header.address;
  const pairs = listRecords(frames, distance);
  if (pairs === undefined) return undefined;
  const [starts, records] = pairs;
  const order = orderNumbers(starts.map((start) => start ^ SIGN));
  const table = new Uint8Array(HEADER_SIZE + 8 * order.length);
  const view = new DataView(table.buffer);
  table.set([1, PC_RELATIVE, 0x03, 0x3b]);
  view.setInt32(4, distance - 4, true);
  view.setUint32(8, order.length, true);
  for (let i = 0, at = HEADER_SIZE; i < order.length; i++, at += 8) {
    const record = order[i]!;
    view.setUint32(at, starts[record]!, true);
    view.setUint32(at + 4, records[record]!, true);
  }
  return table;
}

/** Distances from the header, modulo 2^32, of functions and of their records, in the order of the records; undefined for other forms of frames. */
function listRecords(frames: Uint8Array, distance: number): [Uint32Array, Uint32Array] | undefined {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  const most = Math.floor(frames.length / 16);
  const starts = new Uint32Array(most);
  const records = new Uint32Array(most);
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
      starts[count] = distance + at + 8 + view.getInt32(at + 8, true);
      records[count++] = distance + at;
    }
    at += 4 + size;
  }
  return [starts.subarray(0, count), records.subarray(0, count)];
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
