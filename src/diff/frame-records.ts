/** Records of a section of frames as columns; words are those of the section, of four bytes. */
export interface FrameRecords {
  readonly words: Uint32Array;
  readonly count: number;
  /** Where each record begins, in words. */
  readonly places: Uint32Array;
  /** Words of each record, its length among them. */
  readonly sizes: Uint32Array;
  /** Address of its function; -1 for a common part. */
  readonly starts: Float64Array;
  readonly ranges: Uint32Array;
}

const SMALLEST_WORDS = 4;

/** Lists records from the front of a section at `address`, up to the first that is malformed. */
export function listFrameRecords(section: Uint8Array, address: number): FrameRecords {
  const words = new Uint32Array(section.slice(0, section.length & ~3).buffer);
  const most = Math.floor(words.length / SMALLEST_WORDS);
  const [places, sizes, ranges] = [new Uint32Array(most), new Uint32Array(most), new Uint32Array(most)];
  const starts = new Float64Array(most).fill(-1);
  let count = 0;
  for (let at = 0; at + SMALLEST_WORDS <= words.length && count < most; ) {
    const length = words[at]!;
    const size = 1 + (length >>> 2);
    if (length % 4 !== 0 || size < SMALLEST_WORDS || at + size > words.length) break;
    places[count] = at;
    sizes[count] = size;
    if (words[at + 1] !== 0) {
      starts[count] = address + 4 * (at + 2) + (words[at + 2]! | 0);
      ranges[count] = words[at + 3]!;
    }
    count++;
    at += size;
  }
  return { words, count, places, sizes, starts, ranges };
}

/** Whether nearly all functions start where the one of the record before ends. */
export function areChained({ count, starts, ranges }: FrameRecords): boolean {
  let chained = 0;
  for (let i = 1; i < count; i++) if (starts[i - 1]! + ranges[i - 1]! === starts[i]) chained++;
  return 4 * chained > 3 * count;
}
