import { describe, expect, it } from 'vitest';
import { areChained, listFrameRecords } from '../../src/diff/frame-records.js';
import { pairImages } from '../../src/diff/pair-images.js';
import { realignFrames } from '../../src/diff/realign-frames.js';
import { sectionOf } from '../../src/image/rebuilt-tables.js';
import { applyPatchSync, createPatchSync } from '../../src/index.js';
import { exampleProgram } from '../support/built-images.js';
import { buildElf, type ElfOptions } from '../support/elf-builder.js';
import { SeededRandom } from '../support/seeded-random.js';

const OPTIONS: ElfOptions = { arch: 'arm64', relocations: 'rela', frames: 'frames-only' };

/** An image whose frame records hold instructions: eight bytes for each function, by its name. */
function withInstructions(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const { fileOffset, size } = framesOf(bytes);
  const made = bytes.slice();
  const records = listFrameRecords(made.subarray(fileOffset, fileOffset + size), 0);
  names.forEach((name, i) => {
    const place = fileOffset + 4 * (records.places[i + 1]! + 4) + 1;
    new SeededRandom(parseInt(name.replace(/\D/g, '') || '7', 10)).bytes(7).forEach((byte, k) => {
      made[place + k] = byte;
    });
  });
  return made;
}

function framesOf(bytes: Uint8Array) {
  return sectionOf(pairImages(bytes, bytes, 'auto')!.next[0]!.layout, '.eh_frame')!;
}

/** Old, and new with its functions in another order. */
function shuffledPair(count: number, block: number) {
  const program = exampleProgram(8, count, 20);
  const blocks = Array.from({ length: Math.ceil(count / block) }, (_, i) =>
    program.functions.slice(i * block, (i + 1) * block),
  );
  const functions = [...blocks.filter((_, i) => i % 2 === 1), ...blocks.filter((_, i) => i % 2 === 0)].flat();
  const make = (one: typeof program) =>
    withInstructions(
      buildElf(one, OPTIONS).bytes,
      one.functions.map(({ name }) => name),
    );
  return { oldBytes: make(program), newBytes: make({ ...program, functions }) };
}

function costIn(covers: Uint32Array, oldBytes: Uint8Array, newBytes: Uint8Array) {
  const { fileOffset, size } = framesOf(newBytes);
  const records = listFrameRecords(newBytes.subarray(fileOffset, fileOffset + size), 0);
  let [count, wrong] = [0, 4 * records.words.length];
  for (let i = 0; i < covers.length; i += 3) {
    const [at, from, length] = [covers[i]!, covers[i + 1]!, covers[i + 2]!];
    if (at < fileOffset || at >= fileOffset + size) continue;
    count++;
    for (let k = 0; k < length; k++) if (newBytes[at + k] === oldBytes[from + k]) wrong--;
  }
  return { count, wrong };
}

describe('covers of frame records', () => {
  const { oldBytes, newBytes } = shuffledPair(600, 6);
  const pairing = pairImages(oldBytes, newBytes, 'auto')!;
  const { fileOffset, size } = framesOf(newBytes);
  const from = framesOf(oldBytes).fileOffset;

  it('lead to the records of the same functions, block by block, wherever they led before', () => {
    // The text moves as it does, its frames are cut at random.
    const random = new SeededRandom(3);
    const cut: number[] = [];
    for (let at = 0; at < size; ) {
      const length = Math.min(size - at, 4 * (1 + random.below(20)));
      cut.push(fileOffset + at, from + Math.min(size - length, 4 * random.below(size / 4)), length);
      at += length;
    }
    const covers = Uint32Array.from([0, 0, 64, ...cut]);
    const realigned = realignFrames({ oldBytes, newBytes }, pairing, covers);
    const before = costIn(covers, oldBytes, newBytes);
    const after = costIn(realigned, oldBytes, newBytes);
    expect(before.count).toBeGreaterThan(300);
    expect(after.count).toBeLessThan(110);
    expect(after.wrong).toBeLessThan(before.wrong / 2);
    // Sorted, apart, inside both images, and the same elsewhere.
    expect([...realigned.subarray(0, 3)]).toEqual([0, 0, 64]);
    for (let i = 3; i < realigned.length; i += 3) {
      expect(realigned[i]!).toBeGreaterThanOrEqual(realigned[i - 3]! + realigned[i - 1]!);
      expect(realigned[i + 1]! + realigned[i + 2]!).toBeLessThanOrEqual(oldBytes.length);
    }
    expect(realigned.at(-3)! + realigned.at(-1)!).toBe(fileOffset + size);
  });

  it('stay as they are where they are few, or cost less', () => {
    const few = Uint32Array.of(0, 0, 64, fileOffset, from, size);
    expect(realignFrames({ oldBytes, newBytes }, pairing, few)).toBe(few);
    const same = pairImages(oldBytes, oldBytes, 'auto')!;
    const pieces: number[] = [];
    for (let at = 0; at < size; at += 4 * 64) pieces.push(from + at, from + at, Math.min(size - at, 4 * 64));
    const straight = Uint32Array.from(pieces);
    const joined = realignFrames({ oldBytes, newBytes: oldBytes }, same, straight);
    expect(costIn(joined, oldBytes, oldBytes).wrong).toBe(0);
  });

  it('give a patch that comes back whole', () => {
    const { patch } = createPatchSync(oldBytes, newBytes);
    expect(applyPatchSync(oldBytes, patch)).toEqual(newBytes);
  });

  it('are not asked for where functions do not lie one behind the other', () => {
    const section = oldBytes.slice(from, from + size);
    const records = listFrameRecords(section, 0x1000);
    expect(records.count).toBe(601);
    expect(areChained(records)).toBe(true);
    for (let i = 1; i < records.count; i += 2)
      new DataView(section.buffer).setUint32(4 * records.places[i]! + 12, 1, true);
    expect(areChained(listFrameRecords(section, 0x1000))).toBe(false);
    const random = new SeededRandom(1);
    for (let round = 0; round < 200; round++) {
      const bytes = random.bytes(random.below(400));
      for (let at = 0; at + 4 <= bytes.length; at += 4)
        if (random.oneIn(2)) bytes.set([8 + 4 * random.below(9), 0, 0, 0], at);
      const { count, places, sizes } = listFrameRecords(bytes, 0);
      for (let i = 0; i < count; i++) expect(4 * (places[i]! + sizes[i]!)).toBeLessThanOrEqual(bytes.length);
    }
  });
});
