import { ByteWriter } from '../bytes/byte-writer.js';
import { ImageCursor, ImageReader } from '../image/image-reader.js';
import { movePlaces } from './move-places.js';
import type { TableContext } from './table-context.js';

// LC_FUNCTION_STARTS: distances in ULEB128 from each function to the next, the first from the image's first byte; then zeros. The functions
// of old go where the covers that hold their first bytes lead; those that are new are not known here.

export function rebuildFunctionStarts({ source, origin, old, covers }: TableContext): Uint8Array | undefined {
  const table = old.tables.functionStarts;
  if (table === undefined) return undefined;
  const cursor = new ImageCursor(new ImageReader(source, origin, old.size), table);
  const starts: number[] = [];
  for (let at = 0; cursor.at < cursor.end; ) {
    const distance = cursor.uleb();
    if (distance === 0) break;
    at += distance;
    if (at > old.size) return undefined;
    starts.push(at);
  }
  const places = movePlaces(covers, starts, 1).sort();
  const out = new ByteWriter(places.length + 8);
  let before = 0;
  for (const place of places) {
    if (place > before) out.varint(place - before);
    before = place;
  }
  out.put(new Uint8Array(8 - (out.size % 8)));
  return out.take();
}
