import type { ImageLayout, LayoutSegment } from './image-layout.js';

/** File offsets of addresses; those that mostly ascend cost one comparison, others a binary search. */
export class AddressLookup {
  private readonly segments: readonly LayoutSegment[];
  private last: LayoutSegment | undefined;

  constructor({ segments }: ImageLayout) {
    const inFile = segments.filter(({ fileSize }) => fileSize > 0);
    this.segments = inFile.sort((a, b) => a.address - b.address || a.fileOffset - b.fileOffset);
    this.last = this.segments[0];
  }

  /** Offset of the byte that the file has for an address; -1 when it has none. */
  offsetOf(address: number): number {
    if (!isIn(this.last, address)) {
      const found = this.find(address);
      if (!isIn(found, address)) return -1;
      this.last = found;
    }
    return address - this.last!.address + this.last!.fileOffset;
  }

  /** Where the segment of the address found last ends in the file. */
  get segmentEnd(): number {
    return this.last === undefined ? 0 : this.last.fileOffset + this.last.fileSize;
  }

  /** The last segment that starts at or before an address. */
  private find(address: number): LayoutSegment | undefined {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.segments[middle]!.address <= address) low = middle + 1;
      else high = middle;
    }
    return this.segments[low - 1];
  }
}

function isIn(segment: LayoutSegment | undefined, address: number): boolean {
  return segment !== undefined && address >= segment.address && address - segment.address < segment.fileSize;
}
