import { ByteWriter } from '../bytes/byte-writer.js';
import type { Image } from '../image/image.js';
import type { LayoutSegment } from '../image/image-layout.js';
import { ImageCursor, ImageReader } from '../image/image-reader.js';
import { movePlaces } from './move-places.js';
import type { TableContext } from './table-context.js';

// LC_DYLD_INFO's rebase program as Go's linker writes it: one pair of opcodes for each pointer, in the order in which the linker met
// them, not in that of their addresses.
//
//   11            pointers follow
//   2s offset     segment s, offset in it ULEB128
//   51            one pointer
//   ...
//   00, padding
//
// The pointers of old go where the covers that hold them lead, in old's order.

const SET_TYPE_POINTER = 0x11;
const SET_SEGMENT = 0x20;
const REBASE_ONCE = 0x51;
const POINTER_SIZE = 8;

export function rebuildRebaseProgram({
  source,
  origin,
  old,
  next,
  covers,
  range,
}: TableContext): Uint8Array | undefined {
  const places = readPlaces(new ImageReader(source, origin, old.size), old);
  if (places === undefined) return undefined;
  const out = new ByteWriter(range.size + 64);
  out.u8(SET_TYPE_POINTER);
  for (const place of movePlaces(covers, places, POINTER_SIZE)) {
    const segment = segmentOf(next.segments, place);
    if (segment < 0 || segment > 15) continue;
    out.u8(SET_SEGMENT | segment);
    out.varint(place - next.segments[segment]!.fileOffset);
    out.u8(REBASE_ONCE);
    if (out.size > range.size) break;
  }
  out.put(new Uint8Array(8 - (out.size % 8)));
  return out.take();
}

/** The first segment that holds the pointer at a place of the file, -1 for none. */
function segmentOf(segments: readonly LayoutSegment[], place: number): number {
  for (let i = 0; i < segments.length; i++) {
    const { fileOffset, fileSize } = segments[i]!;
    if (place >= fileOffset && place + POINTER_SIZE <= fileOffset + fileSize) return i;
  }
  return -1;
}

/** Offsets in old of its pointers, in the program's order; undefined when it has another form. */
function readPlaces(reader: ImageReader, old: Image): number[] | undefined {
  const table = old.tables.rebase;
  if (table === undefined) return undefined;
  const cursor = new ImageCursor(reader, table);
  if (cursor.u8() !== SET_TYPE_POINTER) return undefined;
  const places: number[] = [];
  while (cursor.at < cursor.end) {
    const opcode = cursor.u8();
    if (opcode === 0) return places;
    const segment = old.segments[opcode & 15];
    if ((opcode & 0xf0) !== SET_SEGMENT || segment === undefined) return undefined;
    places.push(segment.fileOffset + cursor.uleb());
    if (cursor.u8() !== REBASE_ONCE) return undefined;
  }
  return undefined;
}
