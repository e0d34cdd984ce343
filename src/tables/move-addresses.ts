import { orderNumbers } from '../bytes/order-numbers.js';
import { partitionPoint } from '../bytes/partition-point.js';
import { AddressLookup } from '../image/address-lookup.js';
import type { LayoutSection, LayoutSegment } from '../image/image-layout.js';
import { mapLongest, NOT_COVERED } from './map-longest.js';
import type { TableContext } from './table-context.js';

// Where addresses of old went, for tables that are made with their addresses in them: the kernel's map (assembly/predict/map-address.ts) is not to be
// had while tables are made.
//
//   1. to where the longest cover that holds the byte leads;
//   2. as far as the cover that begins before it in old, if that stays in the section;
//   3. as far as its section: what has no bytes in the file goes this way alone;
//   4. nowhere: what lies in no section stays.
//
// O(c log c + n log n + n log c) for c covers and n addresses.

/** Where each of the addresses went. */
export function moveAddresses(
  { covers, old, next }: Pick<TableContext, 'covers' | 'old' | 'next'>,
  addresses: ArrayLike<number>,
): Float64Array {
  const lookup = new AddressLookup(old);
  const sections = new SectionMoves(old.sections, next.sections);
  const segments = new OffsetLookup(next.segments);
  const offsets = Float64Array.from(addresses, (address) => lookup.offsetOf(address));
  const inFile = Array.from(offsets.keys()).filter((i) => offsets[i]! >= 0);
  const places = mapLongest(
    covers,
    inFile.map((i) => offsets[i]!),
  );
  const moved = Float64Array.from(addresses, (address) => sections.move(address));
  const below = new CoversBelow(covers);
  inFile.forEach((i, k) => {
    const [place, isExact] =
      places[k] === NOT_COVERED ? [below.move(offsets[i]!), false] : [places[k]!, true];
    const address = segments.addressOf(place);
    if (address >= 0 && (isExact || sections.isInNext(addresses[i]!, address))) moved[i] = address;
  });
  return moved;
}

/** Which section of new each section of old became: the n-th of a name the n-th of that name; -1 for none. */
export function pairSections(old: readonly LayoutSection[], next: readonly LayoutSection[]): Int32Array {
  const places = new Map<string, number[]>();
  next.forEach(({ name }, i) => {
    const list = places.get(name);
    if (list === undefined) places.set(name, [i]);
    else list.push(i);
  });
  const taken = new Map<string, number>();
  return Int32Array.from(old, ({ name }) => {
    const rank = taken.get(name) ?? 0;
    taken.set(name, rank + 1);
    return places.get(name)?.[rank] ?? -1;
  });
}

interface SectionMove {
  readonly old: LayoutSection;
  readonly next: LayoutSection;
}

/** Sections of old by address, with those of new that they became. */
class SectionMoves {
  private readonly moves: readonly SectionMove[];

  constructor(old: readonly LayoutSection[], next: readonly LayoutSection[]) {
    const pairs = pairSections(old, next);
    this.moves = old
      .flatMap((section, i) => (pairs[i]! < 0 ? [] : [{ old: section, next: next[pairs[i]!]! }]))
      .sort((a, b) => a.old.address - b.old.address || a.old.size - b.old.size);
  }

  /** The address moved as its section did. */
  move(address: number): number {
    const found = this.find(address);
    return found === undefined ? address : address - found.old.address + found.next.address;
  }

  /** Whether an address of new lies in the section that an address of old lies in. */
  isInNext(address: number, moved: number): boolean {
    const next = this.find(address)?.next;
    return next !== undefined && moved >= next.address && moved <= next.address + next.size;
  }

  /** The section that holds an address; its end belongs to it when no other begins there. */
  private find(address: number): SectionMove | undefined {
    const count = partitionPoint(this.moves.length, (i) => this.moves[i]!.old.address <= address);
    const found = this.moves[count - 1];
    return found !== undefined && address - found.old.address <= found.old.size ? found : undefined;
  }
}

/** Addresses of file offsets. */
class OffsetLookup {
  private readonly segments: readonly LayoutSegment[];

  constructor(segments: readonly LayoutSegment[]) {
    this.segments = segments
      .filter(({ fileSize }) => fileSize > 0)
      .sort((a, b) => a.fileOffset - b.fileOffset || a.address - b.address);
  }

  /** The address of the byte at an offset; -1 when it has none. */
  addressOf(offset: number): number {
    const count = partitionPoint(this.segments.length, (i) => this.segments[i]!.fileOffset <= offset);
    const found = this.segments[count - 1];
    if (found === undefined || offset - found.fileOffset >= found.fileSize) return -1;
    return offset - found.fileOffset + found.address;
  }
}

/** Covers in the order of old. */
class CoversBelow {
  private readonly covers: Uint32Array;
  private readonly order: Uint32Array;

  constructor(covers: Uint32Array) {
    this.covers = covers;
    const starts = new Uint32Array(covers.length / 3);
    for (let i = 0; i < starts.length; i++) starts[i] = covers[3 * i + 1]!;
    this.order = orderNumbers(starts).map((i) => 3 * i);
  }

  /** The offset moved as far as the last cover that begins at or before it; itself when there is none. */
  move(offset: number): number {
    const count = partitionPoint(this.order.length, (i) => this.covers[this.order[i]! + 1]! <= offset);
    if (count === 0) return offset;
    const cover = this.order[count - 1]!;
    return offset - this.covers[cover + 1]! + this.covers[cover]!;
  }
}
