import { bytesAccess } from '../../src/bytes/random-access.js';
import { pairImages } from '../../src/diff/pair-images.js';
import { FIXUP_FORMATS } from '../../src/image/fixup-formats.js';
import { GO_SECTION } from '../../src/image/go-sections.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { findCovers } from '../../src/match/find-covers.js';
import { matchParameters } from '../../src/match/match-parameters.js';
import { predictElements } from '../../src/predict/prediction.js';
import { REGION_CLASS, type RegionClass } from '../../src/predict/region-class.js';
import type { Region } from '../../src/predict/regions.js';
import type { PredictionCase } from './prediction-run.js';
import type { SeededRandom } from './seeded-random.js';

/** A real pair: both images are read and matched as the diff wing does. */
export function imageCase(oldBytes: Uint8Array, newBytes: Uint8Array): PredictionCase {
  const pairing = pairImages(oldBytes, newBytes, 'auto');
  const prediction = pairing && predictElements(bytesAccess(oldBytes), pairing.old, pairing.next);
  const element = prediction?.elements[0];
  if (element === undefined) throw new Error('not a pair of images that is understood');
  const kernel = diffKernels();
  const pair = {
    oldPtr: kernel.put(oldBytes),
    oldSize: oldBytes.length,
    newPtr: kernel.put(newBytes),
    newSize: newBytes.length,
  };
  const covers = findCovers(kernel, pair, matchParameters(5));
  const { old, next, regions, marks, goRecords } = element;
  const { functionStarts } = prediction!;
  return { oldBytes, newBytes, old, next, regions, covers, marks, goRecords, functionStarts };
}

/** Absolute targets in 36 bits; here with a bit for signed ones. */
const GENERIC = FIXUP_FORMATS.get(2)!;
const OFFSET_OF_ADDRESS = 0x10000;

/**
 * Regions of every class over random bytes that look like code and tables often enough, with random covers: what no linker
 * makes, but a patch may claim.
 */
export function wildCase(random: SeededRandom, size: number): PredictionCase {
  const oldBytes = wildBytes(random, size);
  const newBytes = wildBytes(random, size);
  const regions: Region[] = [];
  for (let start = random.below(200); start < size; ) {
    const end = Math.min(size, start + 1 + random.below(900));
    const classes = Object.values(REGION_CLASS);
    regions.push({
      oldStart: start,
      oldEnd: end,
      regionClass: classes[random.below(classes.length)] as RegionClass,
      addressDelta: OFFSET_OF_ADDRESS,
    });
    start = end + (random.oneIn(2) ? 0 : random.below(100));
  }
  const covers: number[] = [];
  for (let at = random.below(100); at < size; ) {
    const length = Math.min(size - at, 1 + random.below(random.oneIn(3) ? 2000 : 90));
    const aligned = random.oneIn(4) ? 1 : 8;
    const oldOffset = Math.min(size - length, random.below(size));
    const moved = oldOffset - (oldOffset % aligned) + (at % aligned);
    covers.push(at, Math.min(moved, size - length), length);
    at += length + (random.oneIn(3) ? random.below(80) : 0);
  }
  const layout = (arch: 'arm64' | 'x86-64', base: number): PredictionCase['old'] => ({
    kind: 'elf',
    arch,
    base,
    segments: [
      { name: '', address: base + OFFSET_OF_ADDRESS, memorySize: size, fileOffset: 0, fileSize: size - 100 },
    ],
    sections: [
      ['.text', 0, size >> 1, true] as const,
      ['.gcc_except_table', size >> 1, size >> 3, false] as const,
      ['.eh_frame', (size >> 1) + (size >> 3), size >> 3, false] as const,
      ['.eh_frame_hdr', (size >> 1) + (size >> 2), size >> 3, false] as const,
      ...Object.values(GO_SECTION).map((name, i) => [name, 64 * i, size >> 2, false] as const),
    ].map(([name, offset, length, executable]) => ({
      name,
      address: base + OFFSET_OF_ADDRESS + offset,
      size: length,
      fileOffset: offset,
      executable,
      zeroFill: false,
    })),
  });
  return {
    oldBytes,
    newBytes,
    old: layout('arm64', 0x1000),
    next: layout('arm64', 0x3000),
    regions,
    covers: Uint32Array.from(covers),
    functionStarts: ascending(random, size, 60),
    goRecords: {
      textStart: 0x1000 + OFFSET_OF_ADDRESS + 40,
      records: ascending(random, size, 300),
      trees: ascending(random, size, 400),
      typeFields: ascending(random, size, 90).map((place) => place - (place % 4) + (place & 1)),
    },
    marks: {
      bitmap: random.bytes((size >> 5) + 8),
      low: 0,
      high: size - (size % 4),
      format: { ...GENERIC, signedBit: 1n << 62n, signedMask: 0xffffffffn },
    },
  };
}

/** An even number of different offsets. */
function ascending(random: SeededRandom, size: number, step: number): Uint32Array<ArrayBuffer> {
  const offsets: number[] = [];
  for (let at = random.below(step); at + 48 <= size; at += 1 + random.below(step)) offsets.push(at);
  return Uint32Array.from(offsets.slice(0, offsets.length - (offsets.length % 2)));
}

/** Words that refer to something near, pieces of x86-64 code, small numbers and noise. */
function wildBytes(random: SeededRandom, size: number): Uint8Array<ArrayBuffer> {
  const bytes = random.bytes(size + 8);
  const view = new DataView(bytes.buffer);
  const near = (): number => random.below(2 * size) - size;
  for (let at = 0; at + 8 <= size; at += 4) {
    const how = random.below(12);
    const register = random.below(3);
    if (how === 0) view.setUint32(at, (0x94000000 | ((near() >> 2) & 0x3ffffff)) >>> 0, true);
    else if (how === 1) view.setUint32(at, 0x14000000 | ((near() >> 2) & 0x3ffffff), true);
    else if (how === 2) view.setUint32(at, 0x54000000 | (((near() >> 2) & 0x7ffff) << 5), true);
    else if (how === 3) view.setUint32(at, (0x90000000 | (random.below(8) << 5) | register) >>> 0, true);
    else if (how === 4)
      view.setUint32(
        at,
        (0x91000000 | (random.below(4096) << 10) | (register << 5) | random.below(4)) >>> 0,
        true,
      );
    else if (how === 5)
      view.setUint32(
        at,
        (0xf9400000 | (random.below(512) << 10) | (register << 5) | random.below(4)) >>> 0,
        true,
      );
    else if (how === 6) bytes[at + random.below(4)] = 0xe8;
    else if (how === 7) bytes.set([0x48, 0x8d, 0x05 + 8 * random.below(8)], at + random.below(2));
    else if (how === 8) view.setInt32(at, near(), true);
    else if (how === 9) view.setUint32(at, 4 * random.below(16), true);
    else if (how === 10) view.setBigUint64(at, BigInt(0x11000 + random.below(size)), true);
  }
  return bytes.slice(0, size);
}
