import { bytesAccess } from '../bytes/random-access.js';
import { sameBytes } from '../bytes/same-bytes.js';
import type { Element } from '../image/detect-image.js';
import type { ImageRange } from '../image/image.js';
import { type EarlyTable, factsOf, type RebuiltTable } from '../image/rebuilt-tables.js';
import { runRule } from '../tables/rebuild-table.js';

/**
 * A table of new in the form in which its rule makes it of new itself, when nothing moves: linkers lay some tables out in several ways, and
 * change between old and new. Undefined where no form does; the table itself where its kind has none. `next` is the element of new.
 */
export function findForm(
  table: RebuiltTable,
  newBytes: Uint8Array,
  { offset, image }: Element,
): RebuiltTable | undefined {
  const { forms } = factsOf(table.kind);
  if (forms === undefined) return table;
  if (image === null) return undefined;
  const slice = (range: ImageRange) =>
    newBytes.subarray(offset + range.offset, offset + range.offset + range.size);
  for (let form = 0; form < forms; form++) {
    const made = runRule(table.kind, {
      source: bytesAccess(newBytes),
      origin: offset,
      old: image,
      next: image,
      covers: Uint32Array.of(0, 0, image.size),
      early: (name) => {
        const place = table.from?.[name as EarlyTable];
        return place && slice(place);
      },
      range: { ...table, form },
    });
    if (made !== undefined && isWithZeros(slice(table), made)) return { ...table, form };
  }
  return undefined;
}

/** Whether a table is what was made, with zeros behind: those are added where a table is made for a patch. */
function isWithZeros(table: Uint8Array, made: Uint8Array): boolean {
  const front = table.subarray(0, made.length);
  return sameBytes(made, front) && table.subarray(front.length).every((byte) => byte === 0);
}
