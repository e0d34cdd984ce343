import type { DiffExports } from '../kernels/kernel-exports.js';
import type { KernelInstance } from '../kernels/kernel-instance.js';
import { COVER_FIELDS } from '../predict/slice-size.js';
import type { PairBytes } from './loaded-images.js';
import { wrongBytes } from './wrong-bytes.js';

// A cover that the matcher found goes on across stretches of wrong bytes when enough agrees behind them. In arm64 code a stretch of instructions of which
// hardly a byte agrees is better sent as a gap: a wrong unit there costs more than a word of a gap, if by less than a cover costs.
//
//   sum of gains                 .top
//                          .  .'    '.           .      the cover is cut at `top` once the sum fell by SWITCH below it,
//                        .' '         '.       .'       and goes on from `bottom` once it rose by SWITCH above it
//                      .'               '.   .'
//                                         '.'bottom
//
// GAIN tells what a word saves as one of a cover, by how many of its bytes agree. Of all ways to divide a cover, at the price of SWITCH for each end and each beginning,
// the one so found saves most (a path through two states, whose choices are settled when the sum has moved by SWITCH). A piece that saves less than LEAST, which a cover costs, is left out, so whole covers go too.
// Bytes are compared with every reference replaced by what it refers to. Runs of equal bytes are skipped by a kernel, so time follows the wrong words.
//
// Before borders are aligned: on bun 1.3.13-14 2,471,450 bytes become 2,432,348, with 114,218 covers instead of 115,334.

/** What a word saves that agrees in 0..4 bytes, in bits. */
const GAIN = [-9, -7, 1, 3, 9] as const;
const SWITCH = 20;
/** What a piece saves at least: three right words and a little. */
const LEAST = 28;
/** Pieces of equal runs that the kernel looks at; see assembly/README.md. */
const SLICE = 64 << 10;

/** Both images in linear memory. */
export interface SplitPair extends PairBytes {
  readonly oldPtr: number;
  readonly newPtr: number;
}

/** Covers, triples (new offset, old offset, size) in the order of new, without the stretches of code (of `wordRanges`, pairs { start, end } of new) that are better sent. */
export function splitCovers(
  kernel: KernelInstance<DiffExports>,
  pair: SplitPair,
  covers: Uint32Array,
  wordRanges: Uint32Array,
): Uint32Array {
  const pieces: number[] = [];
  const find = new PieceFinder(kernel, pair, pieces);
  let range = 0;
  for (let i = 0; i < covers.length; i += COVER_FIELDS) {
    const [start, oldStart, size] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    while (range < wordRanges.length && wordRanges[range + 1]! <= start) range += 2;
    const isCode =
      range < wordRanges.length && wordRanges[range]! <= start && start + size <= wordRanges[range + 1]!;
    if (isCode && (start - oldStart) % 4 === 0) find.pieces(start, oldStart, size);
    else pieces.push(start, oldStart, size);
  }
  return Uint32Array.from(pieces);
}

/** Appends the pieces of one cover after the other to a list. */
class PieceFinder {
  private readonly kernel: KernelInstance<DiffExports>;
  private readonly list: number[];
  private readonly oldBytes: Uint8Array;
  private readonly newBytes: Uint8Array;
  private readonly oldPtr: number;
  private readonly newPtr: number;
  /** From new to old. */
  private way = 0;
  private sum = 0;
  /** The piece at hand: its start, the place of the greatest sum, that sum and the sum at its start. */
  private isOpen = true;
  private start = 0;
  private top = 0;
  private topAt = 0;
  private base = 0;
  /** Between pieces: the least sum, and its place. */
  private bottom = 0;
  private bottomAt = 0;

  constructor(
    kernel: KernelInstance<DiffExports>,
    { oldPtr, newPtr, oldBytes, newBytes }: SplitPair,
    list: number[],
  ) {
    this.kernel = kernel;
    this.list = list;
    this.oldPtr = oldPtr;
    this.newPtr = newPtr;
    this.oldBytes = oldBytes;
    this.newBytes = newBytes;
  }

  pieces(start: number, oldStart: number, size: number): void {
    this.way = oldStart - start;
    this.sum = 0;
    this.open(start, 0, start);
    const end = start + size;
    const last = end - (end % 4);
    for (let place = start + (-start & 3); place < last; ) {
      const right = this.rightBytes(place, last);
      if (right > 0) {
        place += right;
        this.pass((right / 4) * GAIN[4], place);
      }
      if (place === last) break;
      const wrong = wrongBytes(this.oldBytes, this.newBytes, place, place + 4, this.way);
      this.pass(GAIN[4 - wrong]!, place + 4);
      place += 4;
    }
    if (this.isOpen) this.put(end, this.sum);
  }

  /** Bytes of whole words that agree from `place` on. */
  private rightBytes(place: number, last: number): number {
    const { exports } = this.kernel;
    let right = 0;
    for (;;) {
      const at = place + right;
      const most = Math.min(SLICE, last - at);
      const run = exports.matchLength(this.newPtr + at, this.oldPtr + at + this.way, most);
      right += run;
      if (run < most || at + run === last) return right - (right % 4);
    }
  }

  /** Takes words that save `gain` and end at `place`. */
  private pass(gain: number, place: number): void {
    this.sum += gain;
    if (this.isOpen) {
      if (this.sum > this.top) {
        this.top = this.sum;
        this.topAt = place;
      } else if (this.sum <= this.top - SWITCH) {
        this.put(this.topAt, this.top);
        this.isOpen = false;
        this.bottom = this.sum;
        this.bottomAt = place;
      }
    } else if (this.sum < this.bottom) {
      this.bottom = this.sum;
      this.bottomAt = place;
    } else if (this.sum >= this.bottom + SWITCH) this.open(this.bottomAt, this.bottom, place);
  }

  private open(start: number, base: number, place: number): void {
    this.isOpen = true;
    this.start = start;
    this.base = base;
    this.top = this.sum;
    this.topAt = place;
  }

  /** Ends the piece at `end`, where the sum is `sum`. */
  private put(end: number, sum: number): void {
    if (sum - this.base < LEAST) return;
    this.list.push(this.start, this.start + this.way, end - this.start);
  }
}
