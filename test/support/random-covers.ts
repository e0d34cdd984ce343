import type { ControlFrame } from '../../src/control/control-stream.js';
import type { SeededRandom } from './seeded-random.js';

export interface CoverCase {
  readonly covers: Uint32Array;
  readonly frame: ControlFrame & { readonly functionStarts: Uint32Array };
}

const MAX_SIZE = 0xffffffff;

/**
 * A valid list of covers as matchers make them: runs that go on at an earlier end, jumps to function starts, jumps
 * anywhere, aligned or not, some that copy the same bytes of old twice, some as big as sizes allow.
 */
export function randomCovers(random: SeededRandom, count: number, functionCount: number): CoverCase {
  const oldSize = random.oneIn(8) ? MAX_SIZE - random.below(3) : 1 + random.skewed(28);
  const functionStarts = randomStarts(random, functionCount, oldSize);
  const align = random.oneIn(2) ? 4 : 1;
  const fields: number[] = [];
  const ends = [0];
  let newEnd = 0;
  for (let i = 0; i < count && newEnd < MAX_SIZE; i++) {
    const gap = random.oneIn(3) ? Math.min(random.skewed(12), MAX_SIZE - 1 - newEnd) : 0;
    const oldOffset = Math.min(
      oldSize - 1,
      Math.max(0, chooseOld(random, ends, functionStarts, oldSize, align)),
    );
    let length = Math.ceil(random.skewed(random.oneIn(20) ? 32 : 12) / align) * align;
    if (random.oneIn(3)) length = toNextStart(random, functionStarts, oldOffset) - oldOffset;
    length = Math.min(length, oldSize - oldOffset, MAX_SIZE - newEnd - gap);
    if (length <= 0) length = 1;
    fields.push(newEnd + gap, oldOffset, length);
    newEnd += gap + length;
    ends.push(oldOffset + length);
  }
  const newSize = Math.min(MAX_SIZE, newEnd + random.below(3));
  return { covers: Uint32Array.from(fields), frame: { oldSize, newSize, functionStarts } };
}

function randomStarts(random: SeededRandom, count: number, oldSize: number): Uint32Array {
  const starts = new Set<number>();
  for (let i = 0; i < count; i++) starts.add(random.below(oldSize + 1));
  return Uint32Array.from(starts).sort();
}

function chooseOld(
  random: SeededRandom,
  ends: number[],
  starts: Uint32Array,
  oldSize: number,
  align: number,
): number {
  const how = random.below(4);
  if (how === 0) return random.below(oldSize);
  if (how === 1 && starts.length > 0) return starts[random.below(starts.length)]!;
  const end = ends[Math.max(0, ends.length - 1 - random.skewed(7))]!;
  return how === 2 ? end : end + align * (random.skewed(8) - random.skewed(8));
}

function toNextStart(random: SeededRandom, starts: Uint32Array, offset: number): number {
  const next = starts.findIndex((start) => start > offset);
  if (next < 0) return offset + random.skewed(10);
  return starts[Math.min(starts.length - 1, next + random.skewed(3) - 1)]!;
}
