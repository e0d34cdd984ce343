import { ByteWriter } from '../bytes/byte-writer.js';
import type { ImageRange } from '../image/image.js';
import { ImageCursor, ImageReader } from '../image/image-reader.js';
import { movePlaces } from './move-places.js';
import type { TableContext } from './table-context.js';

// LC_FUNCTION_STARTS: distances in ULEB128 from each function to the next, the first from the image's first byte; then zeros. The functions
// of old go where the covers that hold their first bytes lead; those that are new are not known here.

export function rebuildFunctionStarts({ source, origin, old, covers }: TableContext): Uint8Array | undefined {
  const table = old.tables.functionStarts;
  if (table === undefined) return undefined;
  const starts = readStarts(new ImageReader(source, origin, old.size), table);
  if ((starts.at(-1) ?? 0) > old.size) return undefined;
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

/** Offsets of functions; behind one beyond the image's end there are no more. Counted first: a growing list of hundreds of thousands takes thrice the memory. */
function readStarts(reader: ImageReader, table: ImageRange): Float64Array {
  const starts = new Float64Array(walkStarts(reader, table, () => {}));
  walkStarts(reader, table, (start, i) => {
    starts[i] = start;
  });
  return starts;
}

function walkStarts(
  reader: ImageReader,
  table: ImageRange,
  take: (start: number, index: number) => void,
): number {
  const cursor = new ImageCursor(reader, table);
  let count = 0;
  for (let at = 0; cursor.at < cursor.end && at <= reader.size; count++) {
    const distance = cursor.uleb();
    if (distance === 0) break;
    at += distance;
    take(at, count);
  }
  return count;
}
