/**
 * Covers of a table of records along one that was made for it, whole records with the same key, a u32 at their front that names each but
 * for a few: so that records which are new in between, and fields that are all wrong, mislead nobody. Of several with a key the
 * one that goes on with the row before is taken, else the first.
 */
export function alignRecords(made: Uint8Array, actual: Uint8Array, size: number): Uint32Array {
  const from = new DataView(made.buffer, made.byteOffset, made.byteLength);
  const to = new DataView(actual.buffer, actual.byteOffset, actual.byteLength);
  const places = new Map<number, number>();
  for (let at = made.length - (made.length % size) - size; at >= 0; at -= size) {
    places.set(from.getUint32(at, true), at);
  }
  const rows: number[] = [];
  for (let at = 0; at + size <= actual.length; at += size) {
    const key = to.getUint32(at, true);
    const last = rows.length - 3;
    const goesOn = last >= 0 && rows[last]! + rows[last + 2]! === at ? rows[last + 1]! + rows[last + 2]! : -1;
    if (goesOn >= 0 && goesOn + size <= made.length && from.getUint32(goesOn, true) === key) {
      rows[last + 2] = rows[last + 2]! + size;
      continue;
    }
    const place = places.get(key);
    if (place !== undefined) rows.push(at, place, size);
  }
  return Uint32Array.from(rows);
}
