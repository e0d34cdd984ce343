import type { Image, ImageRange } from './image.js';
import { ImageCursor, type ImageReader } from './image-reader.js';
import type { TakePointer } from './pointer-locations.js';

// The program of LC_DYLD_INFO that says which words to rebase (Apple's public <mach-o/loader.h>): each opcode has its
// number in the upper and a small operand in the lower half of a byte; ULEB128 operands follow.

const DONE = 0x00;
const SET_TYPE = 0x10;
const SET_SEGMENT_AND_OFFSET = 0x20;
const ADD_ADDRESS = 0x30;
const ADD_ADDRESS_SCALED = 0x40;
const REBASE_TIMES = 0x50;
const REBASE_MANY_TIMES = 0x60;
const REBASE_AND_ADD = 0x70;
const REBASE_TIMES_SKIPPING = 0x80;

const TYPE_POINTER = 1;
const POINTER_SIZE = 8;

/** Runs the program and takes the place of each pointer. */
export function markRebases(reader: ImageReader, image: Image, table: ImageRange, take: TakePointer): void {
  const cursor = new ImageCursor(reader, table);
  let segment = image.segments[0];
  let at = 0;
  let isPointer = true;

  /** `count` pointers, `skip` bytes between each and the next; false when no more are wanted. */
  const rebase = (count: number, skip: number): boolean => {
    for (let i = 0; i < count; i++) {
      const isInside = segment !== undefined && at + POINTER_SIZE <= segment.fileSize;
      if (!take(isInside && isPointer ? segment!.fileOffset + at : -1)) return false;
      at += POINTER_SIZE + skip;
    }
    return true;
  };

  while (cursor.at < cursor.end) {
    const byte = cursor.u8();
    const operand = byte & 15;
    let goesOn = true;
    switch (byte & 0xf0) {
      case SET_TYPE:
        isPointer = operand === TYPE_POINTER;
        break;
      case SET_SEGMENT_AND_OFFSET:
        segment = image.segments[operand];
        at = cursor.uleb();
        break;
      case ADD_ADDRESS:
        at += cursor.uleb();
        break;
      case ADD_ADDRESS_SCALED:
        at += operand * POINTER_SIZE;
        break;
      case REBASE_TIMES:
        goesOn = rebase(operand, 0);
        break;
      case REBASE_MANY_TIMES:
        goesOn = rebase(cursor.uleb(), 0);
        break;
      case REBASE_AND_ADD:
        goesOn = rebase(1, cursor.uleb());
        break;
      case REBASE_TIMES_SKIPPING: {
        const count = cursor.uleb();
        goesOn = rebase(count, cursor.uleb());
        break;
      }
      case DONE:
        // Padding; another program may not follow, but some linkers end each segment's part so.
        break;
      default:
        return;
    }
    if (!goesOn) return;
  }
}
