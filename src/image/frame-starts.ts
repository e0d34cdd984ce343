import type { TakeStart } from './function-starts.js';
import { type Image, ImageFault, sectionNamed } from './image.js';
import { ImageCursor, type ImageReader } from './image-reader.js';

// .eh_frame (Linux Standard Base 5.0, 10.6; DWARF exception header encodings): records {size u32, id u32, ...}. A
// record with id 0 describes how the entries behind it are written (CIE); in any other the id is the distance back
// to its description, and the address of its function follows.

/** How a CIE writes addresses; `undefined` when nobody here reads it. */
type ReadAddress = ((reader: ImageReader, at: number, address: number) => number) | undefined;

export function readFrameStarts(reader: ImageReader, image: Image, take: TakeStart): void {
  const section = sectionNamed(image, '.eh_frame', '__eh_frame');
  if (section === undefined) return;
  const descriptions = new Map<number, ReadAddress>();
  const end = section.fileOffset + section.size;
  for (let at = section.fileOffset; at + 8 <= end; ) {
    const size = reader.u32(at);
    // 0 ends the table; 0xffffffff would begin a record of 4 GiB.
    if (size < 4 || size > end - at - 4) return;
    const id = reader.u32(at + 4);
    if (id === 0) descriptions.set(at, readDescription(reader, at, size));
    else {
      const readAddress = descriptions.get(at + 4 - id);
      const address = section.address + (at + 8 - section.fileOffset);
      if (size >= 12 && readAddress !== undefined && !take(readAddress(reader, at + 8, address))) return;
    }
    at += 4 + size;
  }
}

function readDescription(reader: ImageReader, at: number, size: number): ReadAddress {
  const cursor = new ImageCursor(reader, { offset: at + 8, size: size - 4 });
  const version = cursor.u8();
  let augmentation = '';
  for (let byte = cursor.u8(); byte !== 0; byte = cursor.u8()) {
    if (augmentation.length === 16) throw new ImageFault(`no augmentation ends at offset ${cursor.at}`);
    augmentation += String.fromCharCode(byte);
  }
  cursor.uleb();
  // The data alignment is signed; as a number of bytes it is the same.
  while (cursor.u8() >= 128);
  if (version === 1) cursor.u8();
  else cursor.uleb();
  return addressReader(augmentation.startsWith('z') ? encodingOf(cursor, augmentation) : 0);
}

/** DW_EH_PE number in the augmentation's data. */
function encodingOf(cursor: ImageCursor, augmentation: string): number {
  cursor.uleb();
  for (const letter of augmentation.slice(1)) {
    if (letter === 'R') return cursor.u8();
    if (letter === 'L') cursor.u8();
    else if (letter === 'P') cursor.at += pointerSize(cursor.u8());
    else if (letter !== 'S' && letter !== 'B' && letter !== 'G') break;
  }
  return 0;
}

function pointerSize(encoding: number): number {
  const format = encoding & 7;
  if (format === 2) return 2;
  return format === 3 ? 4 : 8;
}

function addressReader(encoding: number): ReadAddress {
  if (encoding === 0x1b) return (reader, at, address) => address + reader.i32(at);
  // Eight bytes: their lower half says it all for images below 4 GiB, with its sign when relative.
  if (encoding === 0x10 || encoding === 0x1c) return (reader, at, address) => address + reader.i32(at);
  return encoding === 0 || encoding === 4 ? (reader, at) => reader.u64(at) : undefined;
}
