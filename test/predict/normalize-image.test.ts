import { describe, expect, test } from 'vitest';
import { bytesAccess } from '../../src/bytes/random-access.js';
import { detectElements } from '../../src/image/detect-image.js';
import type { Image } from '../../src/image/image.js';
import { findPointers } from '../../src/image/pointer-locations.js';
import { diffKernels } from '../../src/kernels/diff-kernels.js';
import { type NormalizeKernel, normalizeNew, normalizeOld } from '../../src/predict/normalize-image.js';
import { BUILT_IMAGES, exampleProgram } from '../support/built-images.js';
import { imageCase } from '../support/prediction-cases.js';
import { withInsertedFunction } from '../support/program.js';
import { SeededRandom } from '../support/seeded-random.js';

const SEED = 33;

function residentImage(kernel: NormalizeKernel, bytes: Uint8Array) {
  const source = bytesAccess(bytes);
  const layout = detectElements(source)[0]?.image as Image;
  const marks = layout.kind === 'mach-o' ? findPointers(source, 0, layout) : undefined;
  return {
    ptr: kernel.put(bytes),
    layout,
    hints: { hasMarks: marks !== undefined },
    ...(marks === undefined ? {} : { marks }),
  };
}

/** Bytes that covers bring over unchanged. */
function equalUnderCovers(oldBytes: Uint8Array, newBytes: Uint8Array, covers: Uint32Array): number {
  let equal = 0;
  for (let i = 0; i < covers.length; i += 3) {
    for (let k = 0; k < covers[i + 2]!; k++) {
      if (newBytes[covers[i]! + k] === oldBytes[covers[i + 1]! + k]) equal++;
    }
  }
  return equal;
}

const IMAGES = BUILT_IMAGES.filter(({ name }) => !/format [345]$/.test(name));

describe.each(IMAGES.map((image) => [image.name, image] as const))('%s', (_, { build }) => {
  const program = exampleProgram(SEED, 120, 400);
  const oldBytes = build(program).bytes;
  const newBytes = build(withInsertedFunction(program, new SeededRandom(SEED))).bytes;
  const { covers } = imageCase(oldBytes, newBytes);

  const normalized = (simd: boolean) => {
    const kernel = diffKernels({ simd });
    const old = residentImage(kernel, oldBytes);
    const next = residentImage(kernel, newBytes);
    normalizeOld(kernel, old);
    normalizeNew(kernel, next, old.layout, covers);
    return {
      old: kernel.take(old.ptr, oldBytes.length),
      next: kernel.take(next.ptr, newBytes.length),
    };
  };

  test('normalised images agree where the images differed in references', () => {
    const { old, next } = normalized(true);
    const before = equalUnderCovers(oldBytes, newBytes, covers);
    expect(equalUnderCovers(old, next, covers)).toBeGreaterThan(before + 100);
  });

  test('is the same with scalar kernels', () => {
    expect(normalized(false)).toEqual(normalized(true));
  });
});
